/* Reading the audit log. Run by audit when it starts, and by the command, on a file that anybody
 * may have changed. */
#include "audit/lines.h"

#include <errno.h>
#include <unistd.h>

#include "audit/line.h"

enum { CHUNK = 65536 };

void lines_init(struct lines *l, int fd)
{
    *l = (struct lines){.fd = fd, .b = BUF_INIT(CHUNK + LINE_BYTES)};
}

void lines_done(struct lines *l)
{
    buf_free(&l->b);
}

/* One more chunk; *ret_end at the end of the file. */
static enum err fill(struct lines *l, bool *ret_end)
{
    uint8_t *p;
    ssize_t n;

    buf_consume(&l->b, l->at);
    l->at = 0;
    p = buf_room(&l->b, CHUNK);
    BUG_IF(!p);
    do
        n = read(l->fd, p, CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return ERR_IO;
    buf_added(&l->b, (size_t)n);
    *ret_end = n == 0;
    return ERR_OK;
}

static struct slice give(struct lines *l, size_t n, size_t used)
{
    struct slice s = slice_sub(buf_slice(&l->b), l->at, l->at + n);

    l->at += used;
    l->offset = l->next;
    l->next += used;
    return s;
}

enum err lines_next(struct lines *l, struct slice *ret)
{
    bool end = false;

    for (;;) {
        struct slice left = slice_sub(buf_slice(&l->b), l->at, l->b.n);
        size_t feed = slice_find_byte(slice_sub(left, 0, LINE_BYTES), '\n');
        enum err e;

        if (feed < left.n && feed < LINE_BYTES) {
            *ret = give(l, feed, feed + 1);
            return ERR_OK;
        }
        if (left.n >= LINE_BYTES) {
            *ret = give(l, LINE_BYTES, LINE_BYTES);
            return ERR_OK;
        }
        if (end) {
            *ret = give(l, left.n, left.n);
            return ERR_NOT_FOUND;
        }
        e = fill(l, &end);
        if (e)
            return e;
    }
}
