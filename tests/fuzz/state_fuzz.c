/* The plain form of a requestState: what is read is written again byte for byte. */
#include "fuzz.h"
#include "keeper/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf again = BUF_INIT(SIZE_MAX);
    struct state s = {.leg = 0};

    if (state_parse(slice_of(data, size), &s)) {
        MUST(slice_str(s.upstream).n < sizeof(s.upstream));
        state_put(&s, &again);
        MUST(slice_eq(buf_slice(&again), slice_of(data, size)));
    }
    buf_free(&again);
    return 0;
}
