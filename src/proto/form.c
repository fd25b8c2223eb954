/*
 * Posted forms, WHATWG URL 5.1, strictly. Run by surface on bytes from browsers; what is decoded
 * may be a password, so it stays in one buffer that wipes itself.
 */
#include "proto/form.h"

#include "base/limits.h"
#include "proto/url.h"
#include "proto/utf8.h"

void form_init(struct form *f)
{
    *f = (struct form){.text = BUF_INIT(LIM_FORM_BYTES)};
}

void form_free(struct form *f)
{
    buf_free(&f->text);
    f->n = 0;
}

/* Decodes one name or value behind what is in the buffer. */
static enum err decode(struct form *f, struct slice s, uint32_t *ret_at, uint32_t *ret_n)
{
    size_t at = f->text.n;
    enum err e = ERR_OK;
    while (s.n && !e) {
        size_t k = slice_find_byte(s, '+');
        e = url_unescape(slice_sub(s, 0, k), &f->text);
        if (k < s.n)
            buf_put_u8(&f->text, ' ');
        s = slice_sub(s, k + 1, s.n);
    }
    if (!e)
        e = buf_err(&f->text);
    if (e)
        return e;
    struct slice out = slice_sub(buf_slice(&f->text), at, f->text.n);
    if (!utf8_valid(out) || slice_find_byte(out, 0) != out.n)
        return ERR_SYNTAX;
    *ret_at = (uint32_t)at;
    *ret_n = (uint32_t)out.n;
    return ERR_OK;
}

static struct slice piece(const struct form *f, uint32_t at, uint32_t n)
{
    return slice_sub(buf_slice(&f->text), at, (size_t)at + n);
}

static enum err add_pair(struct form *f, struct slice pair)
{
    size_t eq = slice_find_byte(pair, '=');
    if (f->n == FORM_FIELDS)
        return ERR_TOO_LARGE;
    enum err e = decode(f, slice_sub(pair, 0, eq), &f->f[f->n].name_at, &f->f[f->n].name_n);
    if (e)
        return e;
    struct slice name = piece(f, f->f[f->n].name_at, f->f[f->n].name_n);
    for (size_t i = 0; i < f->n; i++) {
        if (slice_eq(name, piece(f, f->f[i].name_at, f->f[i].name_n)))
            return ERR_DUPLICATE_KEY;
    }
    e = decode(f, slice_sub(pair, eq + 1, pair.n), &f->f[f->n].value_at, &f->f[f->n].value_n);
    if (!e)
        f->n++;
    return e;
}

enum err form_parse(struct form *f, struct slice body)
{
    enum err e = body.n > LIM_FORM_BYTES ? ERR_TOO_LARGE : ERR_OK;
    buf_clear(&f->text);
    f->n = 0;
    while (body.n && !e) {
        struct slice pair = slice_until(&body, '&');
        if (pair.n > 0)
            e = add_pair(f, pair);
    }
    if (e) {
        buf_clear(&f->text);
        f->n = 0;
    }
    return e;
}

struct slice form_get(const struct form *f, const char *name, bool *ret_there)
{
    for (size_t i = 0; i < f->n; i++) {
        if (slice_eq_str(piece(f, f->f[i].name_at, f->f[i].name_n), name)) {
            if (ret_there)
                *ret_there = true;
            return piece(f, f->f[i].value_at, f->f[i].value_n);
        }
    }
    if (ret_there)
        *ret_there = false;
    return SLICE_EMPTY;
}
