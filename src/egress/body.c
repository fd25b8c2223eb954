/*
 * The framing of an upstream's answer body. Egress runs it on bytes of an upstream that it does not
 * trust: two readers must not see two messages in them, so what a lenient one would mend is refused.
 */
#include "egress/body.h"

enum { SIZE_DIGITS = 16 }; /* hexadecimal, of 64 bits */

void body_init(struct body *b, const struct head *h)
{
    const bool none = h->status == 204 || h->status == 304;

    *b = (struct body){.is_chunked = !none && h->has_coding,
                       .to_end = !none && !h->has_coding && !h->has_length,
                       .left = none || !h->has_length ? 0 : h->length};
}

bool body_line(struct slice *in, struct slice *ret_line)
{
    size_t end = slice_find_byte(*in, '\n');

    if (end == in->n)
        return false;
    *ret_line = slice_take(in, end + 1);
    return true;
}

/* --- chunks ----------------------------------------------------------------------------------- */

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "1a", "1a;name=value". White space in front of an extension, or of the end, is allowed as many
 * servers write it (RFC 9112 7.1.1). */
static enum err on_size(struct body *b, struct slice line)
{
    struct slice size = slice_until(&line, ';');
    uint64_t n = 0;

    while (size.n > 0 && (size.p[size.n - 1] == ' ' || size.p[size.n - 1] == '\t'))
        size.n--;
    if (size.n == 0 || size.n > SIZE_DIGITS)
        return ERR_UPSTREAM_ANSWER;
    for (size_t i = 0; i < size.n; i++) {
        int v = digit(size.p[i]);
        if (v < 0)
            return ERR_UPSTREAM_ANSWER;
        n = n << 4 | (unsigned)v;
    }
    for (size_t i = 0; i < line.n; i++)
        if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
            return ERR_UPSTREAM_ANSWER;
    b->left = n;
    b->part = n > 0 ? BODY_CHUNK : BODY_TRAILERS;
    return ERR_OK;
}

static enum err on_trailer(struct body *b, struct slice line)
{
    b->trailers += line.n + 2; /* with its end */
    if (line.n == 0)
        b->part = BODY_WHOLE;
    return b->trailers > LIM_HEADER_BYTES ? ERR_UPSTREAM_ANSWER : ERR_OK;
}

static enum err on_line(struct body *b, struct slice line)
{
    if (!slice_ends(line, SLICE_LIT("\r\n")))
        return ERR_UPSTREAM_ANSWER;
    line = slice_sub(line, 0, line.n - 2);
    if (b->part == BODY_SIZE)
        return on_size(b, line);
    if (b->part == BODY_TRAILERS)
        return on_trailer(b, line);
    b->part = BODY_SIZE;
    return line.n == 0 ? ERR_OK : ERR_UPSTREAM_ANSWER; /* the end of a chunk */
}

/* Up to content, or to the end. */
static enum err pass_framing(struct body *b, struct slice *in)
{
    enum err e = ERR_OK;
    struct slice line;

    while (!e && b->part != BODY_CHUNK && b->part != BODY_WHOLE) {
        size_t most = b->part == BODY_TRAILERS ? LIM_HEADER_BYTES : LIM_CHUNK_LINE;

        if (slice_find_byte(slice_sub(*in, 0, most), '\n') >= most)
            e = ERR_UPSTREAM_ANSWER;
        else
            e = body_line(in, &line) ? on_line(b, line) : ERR_AGAIN;
    }
    return e;
}

/* --- content ---------------------------------------------------------------------------------- */

enum err body_next(struct body *b, struct slice *in, struct slice *ret_content)
{
    enum err e = b->is_chunked ? pass_framing(b, in) : ERR_OK;

    if (e)
        return e;
    if (in->n == 0 && (b->left > 0 || b->to_end))
        return ERR_AGAIN;
    *ret_content = b->to_end || in->n < b->left ? *in : slice_sub(*in, 0, (size_t)b->left);
    return ERR_OK;
}

void body_took(struct body *b, struct slice *in, size_t n)
{
    (void)slice_take(in, n);
    if (b->to_end)
        return;
    BUG_IF(n > b->left);
    b->left -= n;
    if (b->is_chunked && b->left == 0)
        b->part = BODY_CHUNK_END;
}

bool body_may_end(const struct body *b)
{
    return b->to_end;
}
