/*
 * Reading keys as their issuers write them. Run by egress on what a person typed, once a call;
 * trusts nothing in it. RFC 4648 (base64, hexadecimal), RFC 9562 (UUID), RFC 8017 and 5958 (private
 * keys), X.690 (DER).
 */
#include "screen/keys.h"

#include "base/ascii.h"
#include "base/base64.h"

/* --- by its characters ------------------------------------------------------------------------ */

enum sort { OTHER, DIGIT, LOWER, UPPER };

static enum sort sort_of(uint8_t c)
{
    if (ascii_is_digit(c))
        return DIGIT;
    if (ascii_is_letter(c))
        return c == ascii_lower(c) ? LOWER : UPPER;
    return OTHER;
}

size_t keys_beginning(struct slice s)
{
    static const struct slice beginnings[] = {
#define P(text) SLICE_LIT(text),
#include "screen/parts.def"
    };
    size_t longest = 0;
    for (size_t i = 0; i < ARRAY_LEN(beginnings); i++) {
        /* It is asked often, and most that are none are told by their first byte. */
        if (beginnings[i].n > longest && beginnings[i].n < s.n && beginnings[i].p[0] == s.p[0] &&
            slice_starts(s, beginnings[i]))
            longest = beginnings[i].n;
    }
    /* The numbers of a team or an account, as in xoxb-NUMBER-NUMBER-key, are no secret. */
    for (size_t i = longest; longest > 0 && i < s.n && (sort_of(s.p[i]) == DIGIT || s.p[i] == '-');
         i++)
        longest = s.p[i] == '-' ? i + 1 : longest;
    return longest;
}

/* A run of RUN_MIN letters and digits in which one of three differs in kind from the one before:
 * words and versions stay below, tokens of chance above, names in camel case may be either. */
bool keys_random(struct slice s)
{
    enum { RUN_MIN = 12, ONE_OF = 3 };
    size_t run = 0, changes = 0;
    for (size_t i = 0; i < s.n; i++) {
        enum sort c = sort_of(s.p[i]);
        run = c == OTHER ? 0 : run + 1;
        if (run <= 1)
            changes = 0;
        else
            changes += c != sort_of(s.p[i - 1]);
        if (run >= RUN_MIN && changes * ONE_OF >= run)
            return true;
    }
    return false;
}

bool keys_is_number(struct slice s)
{
    size_t i = 0;
    while (i < s.n && sort_of(s.p[i]) == DIGIT)
        i++;
    return s.n > 0 && i == s.n;
}

/* --- what it stands for ----------------------------------------------------------------------- */

/* Whether s has dashes where a UUID has them. */
static bool is_dashed(struct slice s)
{
    return s.n == 36 && s.p[8] == '-' && s.p[13] == '-' && s.p[18] == '-' && s.p[23] == '-';
}

bool keys_hex(struct slice s, struct buf *out)
{
    bool dashed = is_dashed(s), cases[4] = {false};
    int high = -1;
    if (s.n < KEYS_CODE_MIN || (s.n - (dashed ? 4 : 0)) % 2 != 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        int v = ascii_hex(s.p[i]);
        if (dashed && (i == 8 || i == 13 || i == 18 || i == 23))
            continue;
        if (v < 0)
            return false;
        cases[sort_of(s.p[i])] = true;
        if (high >= 0)
            buf_put_u8(out, (uint8_t)(high << 4 | v));
        high = high >= 0 ? -1 : v;
    }
    return !cases[LOWER] || !cases[UPPER];
}

bool keys_base64(struct slice s, struct buf *out)
{
    bool standard = slice_find_byte(s, '+') < s.n || slice_find_byte(s, '/') < s.n;
    for (size_t pad = s.n % 4 == 0 ? 2 : 0; pad > 0 && s.n > 0 && s.p[s.n - 1] == '='; pad--)
        s.n--;
    return s.n >= KEYS_CODE_MIN - 2 &&
           base64_decode(standard ? BASE64_BARE : BASE64_URL, s, out) == ERR_OK;
}

/* --- other ways to write it ------------------------------------------------------------------- */

void keys_put_uuid(struct slice bytes, bool upper, struct buf *out)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            buf_put_u8(out, '-');
        (upper ? buf_put_hex_upper : buf_put_hex)(out, slice_sub(bytes, i, i + 1));
    }
}

static struct slice without_zeros(struct slice digits)
{
    while (digits.n > 1 && digits.p[0] == '0')
        digits = slice_sub(digits, 1, digits.n);
    return digits;
}

void keys_put_plain_number(struct slice digits, struct buf *out)
{
    buf_put(out, without_zeros(digits));
}

void keys_put_mantissa(struct slice digits, struct buf *out)
{
    enum { DIGITS_MIN = 6 }; /* with fewer it would be one number of many in ordinary text */
    digits = without_zeros(digits);
    while (digits.n > 0 && digits.p[digits.n - 1] == '0')
        digits.n--;
    if (digits.n < DIGITS_MIN)
        return;
    buf_put_u8(out, digits.p[0]);
    buf_put_u8(out, '.');
    buf_put(out, slice_sub(digits, 1, digits.n));
}

/* --- private keys ----------------------------------------------------------------------------- */

enum { DER_INTEGER = 2, DER_OCTETS = 4, DER_SEQUENCE = 0x30, DER_CONSTRUCTED = 0x20 };

/* One element: its tag, and where its content is. */
struct element {
    uint8_t tag;
    size_t from, to;
};

/* The element at the offset; false when there is none, or it ends behind the end. */
static bool der_next(struct slice der, size_t at, struct element *ret)
{
    size_t n, more;
    if (at + 2 > der.n)
        return false;
    ret->tag = der.p[at];
    n = der.p[at + 1];
    more = n < 0x80 ? 0 : n - 0x80;
    if (more > 3 || at + 2 + more > der.n)
        return false;
    n = more == 0 ? n : 0;
    for (size_t i = 0; i < more; i++)
        n = n << 8 | der.p[at + 2 + i];
    ret->from = at + 2 + more;
    ret->to = ret->from + n;
    return ret->to <= der.n;
}

/* Whether the element has elements in it that are read; PKCS 8 has the key as octets. */
static bool der_is_outer(struct slice der, const struct element *e)
{
    struct element in;
    if (e->tag & DER_CONSTRUCTED)
        return true;
    return e->tag == DER_OCTETS && der_next(der, e->from, &in) && in.to == e->to &&
           (in.tag == DER_SEQUENCE || in.tag == DER_OCTETS);
}

void keys_der(struct slice der, size_t *ret_from, size_t *ret_to)
{
    enum { KEY_MIN = 16, EXPONENT_MAX = 4 };
    struct element e, exponent;
    *ret_from = 0;
    *ret_to = der.n;
    for (size_t at = 0; der_next(der, at, &e); at = der_is_outer(der, &e) ? e.from : e.to) {
        if (der_is_outer(der, &e) || e.to - e.from < KEY_MIN)
            continue;
        if (e.tag != DER_INTEGER)
            *ret_to = e.to;
        else if (der_next(der, e.to, &exponent) && exponent.to - exponent.from <= EXPONENT_MAX)
            (void)der_next(der, exponent.to, &e); /* e was the modulus */
        *ret_from = e.from;
        return;
    }
}
