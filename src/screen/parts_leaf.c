/* Where taking a typed value apart ends: what is told of a piece, and which other forms the same key
 * has. Run by egress; pure. */
#include "screen/parts_in.h"

#include "base/planted.h"
#include "screen/keys.h"
#include "screen/screen.h"

void parts_tell_range(struct parts *p, enum parts_kind kind, struct slice s, struct range secret)
{
    const struct parts_part part = {s, secret.from, secret.to, kind};
    if (s.n < SCREEN_VALUE_MIN || (PLANTED(part_left_out) && kind == PARTS_OWN && s.n < p->whole.n))
        return;
    p->n++;
    p->has_whole |= s.p == p->whole.p && s.n == p->whole.n;
    if (p->fn)
        p->fn(p->ctx, &part);
}

void parts_tell(struct parts *p, enum parts_kind kind, struct slice s, size_t from)
{
    parts_tell_range(p, kind, s, (struct range){from, s.n});
}

static void tell_number(struct parts *p, struct slice digits)
{
    struct buf out = BUF_INIT(SIZE_MAX);
    keys_put_plain_number(digits, &out);
    if (out.n < digits.n)
        parts_tell(p, PARTS_FORM, buf_slice(&out), 0);
    buf_clear(&out);
    keys_put_mantissa(digits, &out);
    parts_tell(p, PARTS_FORM, buf_slice(&out), 0);
    buf_free(&out);
}

static void tell_uuid(struct parts *p, struct slice bytes, struct slice as_typed)
{
    for (int upper = 0; upper < 2; upper++) {
        struct buf out = BUF_INIT(SIZE_MAX);
        keys_put_uuid(bytes, upper, &out);
        if (!slice_eq(buf_slice(&out), as_typed))
            parts_tell(p, PARTS_FORM, buf_slice(&out), 0);
        buf_free(&out);
    }
}

/* The other usual forms of the same key: those that the screen makes of every value (encodings.def)
 * of what it stands for, and what it does not make. from: where what is secret begins. */
static void tell_forms(struct parts *p, struct slice s, size_t from)
{
    struct slice code = slice_sub(s, from, s.n);
    struct buf bytes = BUF_INIT(SIZE_MAX);
    if (keys_is_number(s)) {
        tell_number(p, s);
    } else if (keys_hex(code, &bytes)) {
        parts_tell(p, PARTS_FORM, buf_slice(&bytes), 0);
        if (bytes.n == 16)
            tell_uuid(p, buf_slice(&bytes), s);
    } else {
        buf_clear(&bytes);
        if (from == 0 && keys_base64(code, &bytes))
            parts_tell(p, PARTS_FORM, buf_slice(&bytes), 0);
    }
    buf_free(&bytes);
}

bool parts_is_key(struct slice s, bool known_only)
{
    size_t from = keys_beginning(s);
    return (!known_only || from > 0) && keys_random(slice_sub(s, from, s.n));
}

void parts_leaf(struct parts *p, struct slice s, enum name_hint hint)
{
    size_t from;
    bool secret = hint == NAME_SECRET || (hint == NAME_UNKNOWN && p->eager) ||
                  parts_is_key(s, hint == NAME_PUBLIC);
    if (s.n < SCREEN_VALUE_MIN || (!secret && !PLANTED(public_looked_for)))
        return;
    from = keys_beginning(s);
    parts_tell(p, PARTS_OWN, s, from);
    tell_forms(p, s, from);
}

void parts_leave(struct parts *p, struct slice s, enum name_hint hint)
{
    if ((parts_is_key(s, hint == NAME_PUBLIC) && !PLANTED(key_left_out)) ||
        PLANTED(public_looked_for))
        parts_leaf(p, s, NAME_SECRET);
}
