/*
 * HTTP field syntax, RFC 9110. Used by gateway, surface and egress on fields from peers; trusts
 * nothing.
 */
#include "proto/http_field.h"

#include "base/ascii.h"

static bool is_tchar(uint8_t c)
{
    static const struct slice other = SLICE_LIT("!#$%&'*+-.^_`|~");
    return ascii_is_digit(c) || ascii_is_letter(c) || slice_find_byte(other, c) < other.n;
}

bool http_is_token(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_tchar(s.p[i]))
            return false;
    }
    return s.n > 0;
}

static bool are_field_bytes(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\t' && (s.p[i] < 0x20 || s.p[i] > 0x7e))
            return false;
    }
    return true;
}

bool http_is_field_value(struct slice s)
{
    return are_field_bytes(s) && slice_trim(s).n == s.n;
}

size_t http_field_find(const struct http_field *fields, size_t n, const char *name,
                       struct slice *ret_value)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        if (!slice_eq_nocase(fields[i].name, slice_str(name)))
            continue;
        if (found++ == 0 && ret_value)
            *ret_value = fields[i].value;
    }
    return found;
}

/* --- media types and Accept ------------------------------------------------------------------- */

/* Cuts the longest token off the front of s. */
static struct slice take_token(struct slice *s)
{
    size_t k = 0;
    while (k < s->n && is_tchar(s->p[k]))
        k++;
    struct slice t = slice_sub(*s, 0, k);
    *s = slice_sub(*s, k, s->n);
    return t;
}

static void skip_space(struct slice *s)
{
    while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
        *s = slice_sub(*s, 1, s->n);
}

static bool take_byte(struct slice *s, uint8_t c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = slice_sub(*s, 1, s->n);
    return true;
}

/* A quoted string without escapes; its inside. */
static bool take_quoted(struct slice *s, struct slice *ret)
{
    if (!take_byte(s, '"'))
        return false;
    size_t k = slice_find_byte(*s, '"');
    struct slice in = slice_sub(*s, 0, k);
    if (k == s->n || slice_find_byte(in, '\\') != in.n || !are_field_bytes(in))
        return false;
    *ret = in;
    *s = slice_sub(*s, k + 1, s->n);
    return true;
}

/* *( OWS ";" OWS [ name "=" value ] ): the next parameter. End: true with an empty name. */
static bool take_param(struct slice *s, struct slice *ret_name, struct slice *ret_value)
{
    *ret_name = *ret_value = SLICE_EMPTY;
    for (;;) {
        skip_space(s);
        if (!take_byte(s, ';'))
            return true;
        skip_space(s);
        *ret_name = take_token(s);
        if (ret_name->n == 0)
            continue; /* RFC 9110 5.6.6 allows empty parameters */
        if (!take_byte(s, '='))
            return false;
        if (s->n && s->p[0] == '"')
            return take_quoted(s, ret_value);
        *ret_value = take_token(s);
        return ret_value->n > 0;
    }
}

/* type "/" subtype; either may be a star, which is a token character. */
static bool take_type(struct slice *s, struct slice *ret)
{
    struct slice from = *s;
    if (take_token(s).n == 0 || !take_byte(s, '/') || take_token(s).n == 0)
        return false;
    *ret = slice_sub(from, 0, from.n - s->n);
    return true;
}

bool http_media_type_is(struct slice value, const char *want)
{
    struct slice s = slice_trim(value), type, name, v;
    if (!take_type(&s, &type) || !slice_eq_nocase(type, slice_str(want)))
        return false;
    for (;;) {
        if (!take_param(&s, &name, &v))
            return false;
        if (name.n == 0)
            return s.n == 0;
        if (slice_eq_nocase(name, SLICE_LIT("charset")) && !slice_eq_nocase(v, SLICE_LIT("utf-8")))
            return false;
    }
}

/* A weight (RFC 9110 12.4.2): 0 to 1 with at most three decimals. */
static bool read_weight(struct slice s, bool *ret_above_0)
{
    if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
        return false;
    bool above = s.p[0] == '1';
    for (size_t i = 2; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]) || (s.p[0] == '1' && s.p[i] != '0'))
            return false;
        above = above || s.p[i] != '0';
    }
    *ret_above_0 = above;
    return true;
}

/* How exactly a media range names a type: 3 itself, 2 type/star, 1 star/star, 0 not at all. */
static int range_fits(struct slice range, struct slice type)
{
    size_t k = slice_find_byte(type, '/') + 1;
    if (slice_eq_nocase(range, type))
        return 3;
    if (slice_eq(range, SLICE_LIT("*/*")))
        return 1;
    return range.n == k + 1 && range.p[k] == '*' &&
                   slice_eq_nocase(slice_sub(range, 0, k), slice_sub(type, 0, k))
               ? 2
               : 0;
}

/* One element of the list. */
static bool take_range(struct slice *s, struct slice *ret_range, bool *ret_above_0)
{
    struct slice name, v;
    *ret_above_0 = true;
    if (!take_type(s, ret_range))
        return false;
    for (;;) {
        if (!take_param(s, &name, &v))
            return false;
        if (name.n == 0)
            return true;
        if (slice_eq_nocase(name, SLICE_LIT("q")) && !read_weight(v, ret_above_0))
            return false;
    }
}

/* The most exact fit with its verdict; 0 when nothing fits or the list is malformed. */
static int best_fit(struct slice accept, struct slice type, bool *ret_yes)
{
    struct slice s = accept, range;
    int best = 0;
    bool above_0;
    for (;;) {
        skip_space(&s);
        if (s.n == 0)
            return best;
        if (take_byte(&s, ','))
            continue;
        if (!take_range(&s, &range, &above_0))
            return 0;
        int fit = range_fits(range, type);
        if (fit > best) {
            best = fit;
            *ret_yes = above_0;
        }
        skip_space(&s);
        if (s.n && !take_byte(&s, ','))
            return 0;
    }
}

bool http_accepts(struct slice accept, const char *media_type)
{
    bool yes = false;
    return best_fit(accept, slice_str(media_type), &yes) > 0 && yes;
}
