/* An opened box. The first byte is how many fields the upstream has; what is taken as typed for
 * this form is written by surface's rules as the same bytes. */
#include "base/chars.h"
#include "fuzz.h"
#include "keeper/typed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size), head = slice_sub(in, 0, 1);
    static const uint8_t wants[LIM_FIELDS] = {0, CHARS_ASCII, CHARS_NO_COLON, 3};
    struct typed_for want = {.user_name = "ann", .wants = wants};
    struct vault_values values;
    struct buf again = BUF_INIT(SIZE_MAX);
    size_t packed = 0;

    in = slice_sub(in, 1, in.n);
    want.fields = head.n == 0 ? 0 : head.p[0] % (LIM_FIELDS + 1);
    slice_copy(SLICE_LIT("0123456789abcdef"), want.handoff.b, sizeof(want.handoff.b));
    if (typed_parse(in, &want, &values)) {
        MUST(values.n == want.fields);
        buf_put(&again, ID_SLICE(want.handoff));
        buf_put_u8(&again, 3);
        buf_put_str(&again, want.user_name);
        for (size_t i = 0; i < values.n; i++) {
            MUST(chars_check(values.value[i], wants[i]) == CHARS_FIT);
            MUST(values.value[i].n > 0 && values.value[i].n <= LIM_FIELD_BYTES);
            buf_put_u8(&again, (uint8_t)i);
            buf_put_u8(&again, (uint8_t)(values.value[i].n >> 8));
            buf_put_u8(&again, (uint8_t)values.value[i].n);
            buf_put(&again, values.value[i]);
            packed += 2 + values.value[i].n;
        }
        MUST(packed <= LIM_CREDENTIAL_BYTES);
        MUST(slice_eq(buf_slice(&again), in));
    }
    buf_free(&again);
    return 0;
}
