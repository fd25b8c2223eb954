/* An upstream's answer, head and body: what its content is, and where it ends, does not depend on how
 * its bytes come. The first byte says in what pieces. */
#include "egress/body.h"
#include "fuzz.h"

struct answer {
    enum err err;
    struct buf content;
    size_t left; /* bytes behind it */
};

static enum err head_of(struct head *h, struct slice *in)
{
    enum err e = ERR_OK;
    struct slice line;

    while (!e && !h->complete)
        e = body_line(in, &line) ? head_line(h, line) : ERR_AGAIN;
    return e;
}

static struct answer read_in(const struct head *h, struct slice all, size_t piece)
{
    struct answer a = {.content = BUF_INIT(1 << 20), .err = ERR_AGAIN};
    struct buf rest = BUF_INIT(1 << 20);
    struct body b;

    body_init(&b, h);
    do {
        struct slice in, part = SLICE_EMPTY;

        buf_put(&rest, slice_take(&all, piece));
        in = buf_slice(&rest);
        while ((a.err = body_next(&b, &in, &part)) == ERR_OK && part.n > 0) {
            MUST(part.n <= in.n && part.p == in.p);
            buf_put(&a.content, part);
            body_took(&b, &in, part.n);
        }
        buf_consume(&rest, rest.n - in.n);
    } while (a.err == ERR_AGAIN && all.n > 0);
    MUST(a.err == ERR_OK || a.err == ERR_AGAIN || a.err == ERR_UPSTREAM_ANSWER);
    a.left = rest.n + all.n;
    buf_free(&rest);
    return a;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size), piece = slice_take(&in, 1);
    struct head h;

    head_init(&h);
    if (piece.n > 0 && size < 100000 && head_of(&h, &in) == ERR_OK) {
        struct answer whole = read_in(&h, in, in.n + 1);
        struct answer pieces = read_in(&h, in, piece.p[0] + 1u);

        MUST(whole.err == pieces.err);
        MUST(slice_eq(buf_slice(&whole.content), buf_slice(&pieces.content)));
        MUST(whole.err == ERR_UPSTREAM_ANSWER || whole.left == pieces.left);
        MUST(!h.has_length || whole.content.n <= h.length);
        buf_free(&whole.content);
        buf_free(&pieces.content);
    }
    head_free(&h);
    return 0;
}
