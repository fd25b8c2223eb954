/* An upstream's answer head, line by line: whatever is taken keeps its promises. */
#include "egress/head.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size);
    struct head h;
    enum err e = ERR_OK;

    head_init(&h);
    while (in.n > 0 && e == ERR_OK) {
        size_t n = slice_find_byte(in, '\n');
        n += n < in.n;
        e = head_line(&h, slice_sub(in, 0, n));
        in = slice_sub(in, n, in.n);
        MUST(e == ERR_OK || e == ERR_UPSTREAM_ANSWER);
    }
    if (h.complete) {
        MUST(h.status >= 200 && h.status <= 599);
        MUST(!(h.has_length && h.has_coding));
        MUST(h.session.n <= LIM_UPSTREAM_SESSION_BYTES);
        for (size_t i = 0; i < h.session.n; i++)
            MUST(h.session.p[i] > 0x20 && h.session.p[i] < 0x7f);
    }
    head_free(&h);
    return 0;
}
