/* An event stream read in one piece and in pieces whose sizes the first byte chooses: the same
 * events. */
#include "fuzz.h"
#include "proto/sse.h"
#include "proto/utf8.h"

#define MAX_EVENT 512

static enum err read_all(struct slice in, unsigned seed, struct buf *out)
{
    struct sse_reader r;
    enum err e = ERR_OK;
    sse_reader_init(&r, MAX_EVENT);
    while (in.n && e == ERR_OK) {
        seed = seed * 1103515245u + 12345u;
        size_t step = seed == 0 ? in.n : 1 + (seed >> 16) % 7;
        struct slice piece = slice_sub(in, 0, step);
        in = slice_sub(in, step, in.n);
        while (piece.n && e == ERR_OK) {
            struct slice event;
            bool got = false;
            size_t before = piece.n;
            e = sse_read(&r, &piece, &event, &got);
            MUST(e != ERR_OK || piece.n < before);
            if (e == ERR_OK && got) {
                MUST(utf8_valid(event) && event.n <= MAX_EVENT);
                buf_printf(out, "%zu:", event.n);
                buf_put(out, event);
            }
        }
    }
    sse_reader_free(&r);
    return e;
}

/* What the writer writes comes back as one event with the same data, line ends apart. */
static void check_writer(struct slice data)
{
    struct buf out = BUF_INIT(SIZE_MAX);
    struct sse_reader r;
    struct slice event;
    bool got = false;
    if (!utf8_valid(data) || data.n > MAX_EVENT / 2)
        return;
    sse_put_event(&out, SLICE_EMPTY, SLICE_LIT("1"), data);
    struct slice in = buf_slice(&out);
    sse_reader_init(&r, MAX_EVENT);
    MUST(sse_read(&r, &in, &event, &got) == ERR_OK && got && in.n == 0);
    MUST(event.n <= data.n);
    if (slice_find_byte(data, '\r') == data.n)
        MUST(slice_eq(event, data));
    sse_reader_free(&r);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole = BUF_INIT(SIZE_MAX), pieces = BUF_INIT(SIZE_MAX);
    if (size == 0)
        return 0;
    struct slice in = slice_of(data + 1, size - 1);
    enum err a = read_all(in, 3645876429u /* the next is 0: one piece */, &whole);
    enum err b = read_all(in, data[0], &pieces);
    MUST(a == b && slice_eq(buf_slice(&whole), buf_slice(&pieces)));
    check_writer(in);
    buf_free(&whole);
    buf_free(&pieces);
    return 0;
}
