/*
 * Parts of a typed value: first byte how many there may be, the rest the value. Each lies in the
 * value, or is shorter than what it was decoded from or written out from; the whole is told once
 * and is the only one that may be made of others; the same value has the same parts. A screen that
 * was told of them as egress tells it finds the value, and each part by itself. Whatever of the
 * value looks like a key is in a part with a secret, unless a name that may be public stands before
 * it, or the head of PEM, or it is text in another code.
 */
#include "base/ascii.h"
#include "base/limits.h"
#include "fuzz.h"
#include "proto/utf8.h"
#include "screen/keys.h"
#include "screen/names.h"
#include "screen/parts.h"
#include "screen/screen.h"

struct seen {
    struct slice value;
    struct screen *screen;
    struct buf all;    /* every part, for comparing */
    struct buf secret; /* those with a secret, and a NUL behind each */
    size_t n, wholes, forms_of;
};

static bool is_inside(struct slice s, struct slice of)
{
    return s.p >= of.p && s.p + s.n <= of.p + of.n;
}

static void on_part(void *ctx, const struct parts_part *p)
{
    static const size_t uuid = 36; /* what 32 digits are written out to */
    struct seen *seen = ctx;
    MUST(p->from <= p->to && p->to <= p->bytes.n && p->bytes.n >= SCREEN_VALUE_MIN);
    MUST(is_inside(p->bytes, seen->value) || p->bytes.n <= seen->value.n + uuid - 32);
    MUST(seen->wholes == 0 || p->kind == PARTS_FORM); /* it is the last, but for its forms */
    MUST(seen->n > 0 || p->kind != PARTS_FORM);
    MUST(p->kind != PARTS_MADE || p->from == p->to);
    seen->wholes += slice_eq(p->bytes, seen->value) && p->kind != PARTS_FORM;
    seen->n++;
    buf_put(&seen->all, p->bytes);
    if (p->from < p->to) {
        buf_put(&seen->secret, p->bytes);
        buf_put_u8(&seen->secret, 0);
    }
    if (p->kind == PARTS_OWN)
        screen_add(seen->screen, p->bytes, p->from, p->to);
    else if (p->kind == PARTS_FORM)
        screen_add_form(seen->screen, p->bytes, p->from, p->to);
    else
        screen_add_made(seen->screen, p->bytes);
    MUST(screen_has(seen->screen, p->bytes));
}

/* --- what looks like a key -------------------------------------------------------------------- */

typedef bool char_fn(uint8_t c);

static bool is_letter(uint8_t c)
{
    return ascii_is_letter(c);
}

static bool is_letter_or_digit(uint8_t c)
{
    return ascii_is_letter(c) || ascii_is_digit(c);
}

static bool is_base64(uint8_t c)
{
    return is_letter_or_digit(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

/* The longest run of such characters around [*from, *to). */
static void widen(struct slice s, char_fn *is, size_t *from, size_t *to)
{
    while (*from > 0 && is(s.p[*from - 1]))
        --*from;
    while (*to < s.n && is(s.p[*to]))
        ++*to;
}

/* Whether any word before it may be read as a public name, or as part of one. */
static bool has_public_name(struct slice before)
{
    for (size_t from = 0, to = 0; from < before.n; from = to = to + 1) {
        widen(before, is_letter, &from, &to);
        if (names_hint(slice_sub(before, from, to)) == NAME_PUBLIC)
            return true;
    }
    return false;
}

/* Whether what all keys of a kind begin with ends in it. */
static bool has_beginning(struct slice value, size_t at)
{
    enum { LONGEST = 16 };
    for (size_t i = at < LONGEST ? 0 : at - LONGEST; i <= at; i++) {
        if (i + keys_beginning(slice_sub(value, i, value.n)) > at)
            return true;
    }
    return false;
}

static bool stands_for_text(struct slice s)
{
    struct buf out = BUF_INIT(SIZE_MAX);
    bool text = (keys_hex(s, &out) && utf8_valid(buf_slice(&out)));
    buf_clear(&out);
    text |= keys_base64(s, &out) && utf8_valid(buf_slice(&out));
    buf_free(&out);
    return text;
}

/* Whether it stands in a name: names of members are public whatever they look like, others if they
 * have no digits. */
static bool is_in_name(struct slice value, size_t from, size_t to)
{
    static const struct slice ends = SLICE_LIT("=:;,&\"'`");
    size_t i = to;
    bool member;
    while (from < to && !ascii_is_digit(value.p[from]))
        from++;
    while (i < value.n && slice_find_byte(ends, value.p[i]) == ends.n)
        i++;
    member = i < value.n && value.p[i] == '"';
    while (i < value.n && (value.p[i] <= ' ' || value.p[i] == '"' || value.p[i] == '\''))
        i++;
    return i < value.n &&
           ((value.p[i] == ':' && (member || from == to)) || (value.p[i] == '=' && from == to));
}

/* The same of a member whose name has signs in it: between two quotes, of which a colon follows the
 * second. */
static bool is_in_quoted_name(struct slice value, size_t from, size_t to)
{
    size_t end = to + slice_find_byte(slice_sub(value, to, value.n), '"');
    bool opened = slice_find_byte(slice_sub(value, 0, from), '"') < from;

    for (end++; end < value.n && value.p[end] <= ' '; end++)
        ;
    return opened && end < value.n && value.p[end] == ':';
}

static bool may_be_left_out(struct slice value, size_t from, size_t to)
{
    static const struct slice armour = SLICE_LIT("-----BEGIN ");
    struct slice before = slice_sub(value, 0, from);
    size_t code_from = from, code_to = to;
    widen(value, is_base64, &code_from, &code_to);
    return has_beginning(value, from) || has_public_name(before) ||
           slice_find(before, armour) < before.n || is_in_name(value, from, to) ||
           is_in_quoted_name(value, from, to) ||
           stands_for_text(slice_sub(value, code_from, code_to));
}

/* In a value without escapes: what these stand for is not seen from here. */
static void check_keys(struct slice value, struct slice secret)
{
    if (slice_find_byte(value, '\\') < value.n || slice_find_byte(value, '%') < value.n)
        return;
    for (size_t from = 0, to = 0; from < value.n; from = to = to + 1) {
        struct slice run;
        widen(value, is_letter_or_digit, &from, &to);
        run = slice_sub(value, from, to);
        if (keys_random(run) && !may_be_left_out(value, from, to))
            MUST(slice_find(secret, run) < secret.n);
    }
}

static void take_apart(struct slice value, size_t most, struct seen *ret)
{
    *ret = (struct seen){
        .value = value, .screen = screen_new(SLICE_LIT("w"), value.n), .all = BUF_INIT(SIZE_MAX)};
    ret->secret = BUF_INIT(SIZE_MAX);
    size_t n = parts_of(value, most, on_part, ret);
    MUST(n == ret->n && n <= (most > 0 ? most + 1 : 1) + 2);
    MUST(ret->wholes == (value.n >= SCREEN_VALUE_MIN));
    MUST(value.n < SCREEN_VALUE_MIN || screen_has(ret->screen, value));
    check_keys(value, buf_slice(&ret->secret));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size), value = slice_sub(in, 1, in.n);
    size_t most = in.n > 0 ? in.p[0] % (LIM_PARTS + 1) : 0;
    struct seen first, second;
    take_apart(value, most, &first);
    take_apart(value, most, &second);
    MUST(slice_eq(buf_slice(&first.all), buf_slice(&second.all)));
    screen_free(first.screen);
    screen_free(second.screen);
    buf_free(&first.all);
    buf_free(&second.all);
    buf_free(&first.secret);
    buf_free(&second.secret);
    return 0;
}
