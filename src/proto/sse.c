/*
 * Event streams, WHATWG HTML 9.2. The reader runs in egress on bytes of upstreams, the writer in
 * the gateway. Everything is bounded by the maximum given at the start.
 */
#include "proto/sse.h"

#include <inttypes.h>

#include "proto/utf8.h"

void sse_reader_init(struct sse_reader *r, size_t max_event)
{
    *r = (struct sse_reader){
        /* A field name and its colon stand before the value. */
        .line = BUF_INIT(max_event + 16),
        .data = BUF_INIT(max_event),
    };
}

void sse_reader_free(struct sse_reader *r)
{
    buf_free(&r->line);
    buf_free(&r->data);
}

static enum err line_done(struct sse_reader *r)
{
    struct slice s = buf_slice(&r->line);
    size_t colon = slice_find_byte(s, ':');
    struct slice name = slice_sub(s, 0, colon), value = slice_sub(s, colon + 1, s.n);
    if (colon == 0)
        return ERR_OK; /* a comment */
    if (value.n && value.p[0] == ' ')
        value = slice_sub(value, 1, value.n);
    if (!utf8_valid(s))
        return ERR_SYNTAX;
    if (!slice_eq_str(name, "data"))
        return ERR_OK;
    if (r->has_data)
        buf_put_u8(&r->data, '\n');
    buf_put(&r->data, value);
    r->has_data = true;
    return buf_err(&r->data);
}

/* One line end, or a piece of a line, from the front of *in. *ret_line: a line is complete. */
static enum err take(struct sse_reader *r, struct slice *in, bool *ret_line)
{
    size_t k = 0;
    *ret_line = false;
    if (r->after_cr && in->p[0] == '\n') {
        r->after_cr = false;
        *in = slice_sub(*in, 1, in->n);
        return ERR_OK;
    }
    r->after_cr = false;
    while (k < in->n && in->p[k] != '\n' && in->p[k] != '\r')
        k++;
    buf_put(&r->line, slice_sub(*in, 0, k));
    if (k < in->n) {
        r->after_cr = in->p[k] == '\r';
        *ret_line = true;
        k++;
    }
    *in = slice_sub(*in, k, in->n);
    return buf_err(&r->line);
}

/* One byte order mark at the very start of the stream. */
static void skip_bom(struct sse_reader *r)
{
    if (r->started)
        return;
    r->started = true;
    if (slice_starts(buf_slice(&r->line), SLICE_LIT("\xef\xbb\xbf")))
        buf_consume(&r->line, 3);
}

static enum err read_on(struct sse_reader *r, struct slice *in, bool *ret_got)
{
    if (r->reported)
        buf_clear(&r->data);
    r->has_data &= !r->reported;
    r->reported = false;
    while (in->n && !*ret_got) {
        bool line;
        enum err e = take(r, in, &line);
        if (e)
            return e;
        if (!line)
            continue;
        skip_bom(r);
        if (r->line.n > 0)
            e = line_done(r);
        else
            r->reported = *ret_got = r->has_data; /* an empty line ends the event */
        buf_clear(&r->line);
        if (e)
            return e;
    }
    return ERR_OK;
}

enum err sse_read(struct sse_reader *r, struct slice *in, struct slice *ret_data, bool *ret_got)
{
    bool got = false;
    if (r->broken != ERR_OK)
        return r->broken;
    r->broken = read_on(r, in, &got);
    if (r->broken == ERR_OK) {
        *ret_data = buf_slice(&r->data);
        *ret_got = got;
    }
    return r->broken;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void put_field(struct buf *out, const char *name, struct slice value)
{
    for (size_t i = 0; i < value.n; i++)
        BUG_IF(value.p[i] == '\r' || value.p[i] == '\n' || value.p[i] == 0);
    buf_put_str(out, name);
    buf_put_str(out, ": ");
    buf_put(out, value);
    buf_put_u8(out, '\n');
}

void sse_put_event(struct buf *out, struct slice type, struct slice id, struct slice data)
{
    if (type.n)
        put_field(out, "event", type);
    if (id.n)
        put_field(out, "id", id);
    for (;;) {
        size_t k = 0;
        while (k < data.n && data.p[k] != '\r' && data.p[k] != '\n')
            k++;
        buf_put_str(out, "data: ");
        buf_put(out, slice_sub(data, 0, k));
        buf_put_u8(out, '\n');
        if (k == data.n)
            break;
        bool crlf = data.p[k] == '\r' && k + 1 < data.n && data.p[k + 1] == '\n';
        data = slice_sub(data, k + 1 + crlf, data.n);
    }
    buf_put_u8(out, '\n');
}

void sse_put_comment(struct buf *out)
{
    buf_put_str(out, ":\n\n");
}

void sse_put_retry(struct buf *out, uint64_t ms)
{
    buf_printf(out, "retry: %" PRIu64 "\n\n", ms);
}
