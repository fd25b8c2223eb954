/*
 * Taking a typed value apart. Run by egress on what a person typed, once a call; trusts nothing in
 * it. Each form below either takes the value apart, and hands on what it found in it, or says that
 * it is none; what is none of them is a secret as it stands. Pieces are disjoint or decoded from
 * disjoint ones, and go at most DEEPEST forms deep, so the time is linear.
 */
#include "screen/parts_in.h"

#include "base/ascii.h"
#include "base/planted.h"
#include "proto/json.h"
#include "proto/url.h"
#include "proto/utf8.h"
#include "screen/keys.h"
#include "screen/names.h"
#include "screen/screen.h"

#define DEEPEST 6

struct piece {
    struct slice s;
    enum name_hint hint;
    unsigned depth;
};

static void split(struct parts *p, struct slice s, enum name_hint hint, unsigned depth);

/* --- documents -------------------------------------------------------------------------------- */

/* The name of the member in which the value stands, be it in arrays. */
static enum name_hint hint_of_node(const struct json *j, uint32_t node)
{
    struct buf name = BUF_INIT(SIZE_MAX);
    enum name_hint hint = NAME_UNKNOWN;
    while (node != JSON_NONE && json_is(j, j->nodes[node].parent, JSON_ARRAY))
        node = j->nodes[node].parent;
    if (node > 0 && j->nodes[node - 1].is_key)
        hint = names_hint(json_str_slice(j, node - 1, &name));
    buf_free(&name);
    return hint;
}

/* Where the secrets of the document are, from the first to the last, in *ret. */
static void split_members(struct parts *p, const struct json *j, unsigned depth, struct range *ret)
{
    struct buf text = BUF_INIT(SIZE_MAX);
    for (uint32_t i = 0; i < j->n; i++) {
        size_t before = p->n;
        buf_clear(&text);
        if (j->nodes[i].is_key)
            parts_leave(p, json_str_slice(j, i, &text), NAME_PUBLIC);
        else if (json_is(j, i, JSON_STRING))
            split(p, json_str_slice(j, i, &text), hint_of_node(j, i), depth + 1);
        else if (json_is(j, i, JSON_NUMBER) && hint_of_node(j, i) == NAME_SECRET)
            parts_leaf(p, json_raw(j, i), NAME_SECRET);
        if (p->n > before) {
            ret->from = ret->to == 0 ? j->nodes[i].at : ret->from;
            ret->to = j->nodes[i].at + j->nodes[i].len;
        }
    }
    buf_free(&text);
}

/* False when it is no object or array. */
static bool split_json(struct parts *p, struct slice s, unsigned depth, struct range *ret)
{
    struct json j = JSON_INIT;
    bool good;
    *ret = (struct range){0, 0};
    if (s.n == 0 || (s.p[0] != '{' && s.p[0] != '['))
        return false;
    good = json_parse(&j, s, NULL) == ERR_OK;
    if (good)
        split_members(p, &j, depth, ret);
    json_free(&j);
    return good;
}

static bool in_json(struct parts *p, const struct piece *in)
{
    struct range unused;
    return split_json(p, in->s, in->depth, &unused);
}

/* "key": "value", copied out of a document. */
static bool in_member(struct parts *p, const struct piece *in)
{
    struct buf doc = BUF_INIT(SIZE_MAX);
    struct range unused;
    struct slice s = in->s;
    bool good = false;
    if (s.n > 0 && s.p[s.n - 1] == ',')
        s.n--;
    if (s.n > 0 && s.p[0] == '"') {
        buf_put_u8(&doc, '{');
        buf_put(&doc, s);
        buf_put_u8(&doc, '}');
        good = split_json(p, buf_slice(&doc), in->depth, &unused);
    }
    buf_free(&doc);
    return good;
}

/* The body of one armoured block: base64, in lines or not; lines with a colon are its head. */
static void tell_body(struct parts *p, struct slice body)
{
    struct buf text = BUF_INIT(SIZE_MAX), der = BUF_INIT(SIZE_MAX);
    size_t from = 0, to;
    while (body.n > 0) {
        struct slice line = slice_until(&body, '\n');
        bool head = slice_find_byte(line, ':') < line.n;
        for (size_t i = 0; i < line.n && !head; i++) {
            if (ascii_is_letter(line.p[i]) || ascii_is_digit(line.p[i]) || line.p[i] == '+' ||
                line.p[i] == '/' || line.p[i] == '=')
                buf_put_u8(&text, line.p[i]);
        }
    }
    if (keys_base64(buf_slice(&text), &der)) {
        keys_der(buf_slice(&der), &from, &to);
        from = (8 * from + 5) / 6; /* the first character that is of these bytes alone */
        text.n = to == der.n ? text.n : (8 * to + 5) / 6;
    }
    parts_tell(p, PARTS_OWN, buf_slice(&text), from);
    buf_free(&text);
    buf_free(&der);
}

/* Where line ends were lost, or are written as they are in a string. */
static void put_lines(struct buf *out, struct slice s)
{
    for (size_t k; s.n > 0; s = slice_sub(s, k + 2, s.n)) {
        k = slice_find(s, SLICE_LIT("\\n"));
        buf_put(out, slice_sub(s, 0, k));
        buf_put_u8(out, '\n');
    }
}

/* Of what has no name of its own within the piece. */
static enum name_hint hint_within(const struct piece *in)
{
    return in->hint == NAME_PUBLIC ? NAME_PUBLIC : NAME_UNKNOWN;
}

/* RFC 7468: of what is labelled so, private keys are secret, certificates are not. Other settings
 * may stand around it. */
static bool in_pem(struct parts *p, const struct piece *in)
{
    static const struct slice begin = SLICE_LIT("-----BEGIN "), dashes = SLICE_LIT("-----"),
                              end = SLICE_LIT("-----END ");
    struct buf lines = BUF_INIT(SIZE_MAX);
    struct slice s;
    if (slice_find(in->s, begin) == in->s.n)
        return false;
    put_lines(&lines, in->s);
    s = buf_slice(&lines);
    while (s.n > 0) {
        size_t k = slice_find(s, begin);
        struct slice label, body;
        split(p, slice_sub(s, 0, k), hint_within(in), in->depth + 1);
        s = slice_sub(s, k + begin.n, s.n);
        label = slice_sub(s, 0, slice_find(s, dashes));
        s = slice_sub(s, label.n + dashes.n, s.n);
        body = slice_sub(s, 0, slice_find(s, end));
        s = slice_sub(s, body.n + end.n, s.n);
        s = slice_sub(s, slice_find(s, dashes) + dashes.n, s.n);
        if (slice_find(label, SLICE_LIT("PRIVATE")) < label.n)
            tell_body(p, body);
    }
    buf_free(&lines);
    return true;
}

/* --- what is written in another code ---------------------------------------------------------- */

static bool compose(struct parts *p, struct slice s, enum name_hint hint, unsigned depth);

static bool is_text(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < ' ' && s.p[i] != '\n' && s.p[i] != '\r' && s.p[i] != '\t')
            return false;
    }
    return s.n > 0 && utf8_valid(s);
}

/* Base64 or hexadecimal of a text that has parts itself, as "user:password" of Basic. */
static bool in_code(struct parts *p, const struct piece *in)
{
    static bool (*const codes[])(struct slice, struct buf *) = {keys_hex, keys_base64};
    bool good = false;
    for (size_t i = 0; i < ARRAY_LEN(codes) && !good; i++) {
        struct buf out = BUF_INIT(SIZE_MAX);
        good = codes[i](in->s, &out) && is_text(buf_slice(&out)) &&
               compose(p, buf_slice(&out), in->hint, in->depth + 1);
        buf_free(&out);
    }
    return good;
}

/* The first segment of a token (RFC 7515, 7516) says what it is: base64url of an object. */
static bool is_jose(struct slice segment)
{
    struct buf out = BUF_INIT(SIZE_MAX);
    struct json j = JSON_INIT;
    bool good = false;
    if (keys_base64(segment, &out) && json_parse(&j, buf_slice(&out), NULL) == ERR_OK)
        good = json_is(&j, 0, JSON_OBJECT);
    json_free(&j);
    buf_free(&out);
    return good;
}

/* A token's claims are looked for as they are; in the token, from the first to the last of those
 * that are secret, since the others stand in every token of the same issuer. */
static void tell_payload(struct parts *p, struct slice segment, unsigned depth)
{
    struct buf claims = BUF_INIT(SIZE_MAX);
    struct range r = {0, 0};
    if (keys_base64(segment, &claims) && split_json(p, buf_slice(&claims), depth, &r))
        parts_tell_range(p, PARTS_OWN, segment, (struct range){(8 * r.from + 5) / 6, 8 * r.to / 6});
    else
        parts_leaf(p, segment, NAME_SECRET);
    buf_free(&claims);
}

/* RFC 7519: header, payload, signature; or, encrypted, a header and four more. */
static bool in_jwt(struct parts *p, const struct piece *in)
{
    struct slice segment[5], rest = in->s;
    size_t n = 0;
    while (n < ARRAY_LEN(segment) && (rest.n > 0 || n == 2))
        segment[n++] = slice_until(&rest, '.');
    if (rest.n > 0 || (n != 3 && n != 5) || !is_jose(segment[0]))
        return false;
    if (n == 3)
        tell_payload(p, segment[1], in->depth);
    for (size_t i = n == 3 ? 2 : 1; i < n; i++)
        parts_leaf(p, segment[i], NAME_SECRET);
    return true;
}

/* --- what stands behind something ------------------------------------------------------------- */

/* Without the quotes around it, if that is what they are. */
static struct slice unquoted(struct slice s)
{
    struct slice in = slice_sub(s, 1, s.n > 0 ? s.n - 1 : 0);
    bool quoted =
        s.n > 1 && s.p[0] == s.p[s.n - 1] && (s.p[0] == '"' || s.p[0] == '\'' || s.p[0] == '`');
    return quoted && slice_find_byte(in, s.p[0]) == in.n ? in : s;
}

/* Blanks, line ends and quotes around it. */
static bool in_quotes(struct parts *p, const struct piece *in)
{
    struct slice s = in->s;
    while (s.n > 0 && s.p[0] <= ' ')
        s = slice_sub(s, 1, s.n);
    while (s.n > 0 && s.p[s.n - 1] <= ' ')
        s.n--;
    s = unquoted(s);
    if (s.n == in->s.n)
        return false;
    split(p, s, in->hint, in->depth + 1);
    return true;
}

/* The first word and what follows it; false when there is none. */
static bool two_words(struct slice s, struct slice *ret_first, struct slice *ret_rest)
{
    size_t k = slice_find_byte(s, ' ');
    *ret_first = slice_sub(s, 0, k);
    *ret_rest = slice_trim(slice_sub(s, k, s.n));
    return k > 0 && ret_rest->n > 0;
}

/* How much of s is up to its last c, and with it; 0 when there is none. */
static size_t up_to_last(struct slice s, uint8_t c)
{
    size_t at = s.n;
    while (at > 0 && s.p[at - 1] != c)
        at--;
    return at;
}

static bool is_scheme(struct slice word)
{
    static const struct slice schemes[] = {
#define S(text) SLICE_LIT(text),
#include "screen/parts.def"
    };
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (slice_eq_nocase(word, schemes[i]))
            return true;
    }
    return false;
}

static bool after_scheme(struct parts *p, const struct piece *in)
{
    struct slice word, rest;
    if (!two_words(in->s, &word, &rest) || !is_scheme(word) || rest.p[0] == '=')
        return false; /* "key = K" is a pair */
    split(p, rest, in->hint, in->depth + 1);
    return true;
}

/* Signs alone, as ":=", or none of those that make names and values of what stands beside them. */
static bool is_token(struct slice word)
{
    static const struct slice signs = SLICE_LIT("=:;,\"'`");
    size_t n = 0, letters = 0;
    for (size_t i = 0; i < word.n; i++) {
        n += slice_find_byte(signs, word.p[i]) < signs.n;
        letters += ascii_is_letter(word.p[i]) || ascii_is_digit(word.p[i]);
    }
    return n == 0 || letters == 0;
}

/* A scheme that nobody knows, or a key, and what looks like a key and is one word. */
static bool after_word(struct parts *p, const struct piece *in)
{
    struct slice word, rest;
    if (!two_words(in->s, &word, &rest) || !is_token(word) || !parts_is_key(rest, false) ||
        slice_find_byte(rest, ' ') < rest.n)
        return false;
    parts_leave(p, word, in->hint);
    split(p, rest, in->hint, in->depth + 1);
    return true;
}

/* --- names and values ------------------------------------------------------------------------- */

struct pair {
    struct slice name, value;
    uint8_t sign; /* '=' or ':' */
};

static bool is_name_char(uint8_t c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || c == '_' || c == '-' || c == '.' ||
           c == '$' || c == ' ';
}

/* NAME=VALUE or NAME: VALUE, the name in quotes or not. */
static bool read_pair(struct slice s, struct pair *ret)
{
    enum { NAME_MAX = 64 };
    size_t k = 0;
    s = slice_trim(s);
    while (k < s.n && s.p[k] != '=' && s.p[k] != ':')
        k++;
    if (k == s.n || k == 0)
        return false;
    *ret = (struct pair){unquoted(slice_trim(slice_sub(s, 0, k))),
                         slice_trim(slice_sub(s, k + 1, s.n)), s.p[k]};
    return ret->name.n > 0 && ret->name.n <= NAME_MAX;
}

/* Camel case alternates as keys do, but has no digits. */
static bool is_name(struct slice s)
{
    size_t i = 0;
    bool digits = false;
    for (; i < s.n && is_name_char(s.p[i]); i++)
        digits |= ascii_is_digit(s.p[i]);
    return i == s.n && i > 0 && !ascii_is_digit(s.p[0]) && !(digits && keys_random(s));
}

/* With %XX read: what is looked for is found in both writings. */
static void split_unescaped(struct parts *p, struct slice s, enum name_hint hint, unsigned depth)
{
    struct buf out = BUF_INIT(SIZE_MAX);
    if (url_unescape(s, &out) == ERR_OK)
        s = buf_slice(&out);
    split(p, s, hint, depth);
    buf_free(&out);
}

/* Whether s is two pairs or more with that between them; words alone may stand among cookies. */
static bool is_list(struct slice s, uint8_t between)
{
    size_t pairs = 0, words = 0;
    while (s.n > 0) {
        struct slice item = slice_trim(slice_until(&s, between));
        struct pair pair;
        if (item.n == 0)
            continue;
        if (read_pair(item, &pair) && is_name(pair.name))
            pairs++;
        else if (between == ';' && is_name(item) && !keys_random(item))
            words++;
        else
            return false;
    }
    return pairs > 1 || (pairs == 1 && words > 0);
}

static void split_list(struct parts *p, struct slice s, uint8_t between, unsigned depth)
{
    while (s.n > 0) {
        struct pair pair;
        if (!read_pair(slice_until(&s, between), &pair))
            continue;
        if (between == '&')
            split_unescaped(p, pair.value, names_hint(pair.name), depth + 1);
        else
            split(p, pair.value, names_hint(pair.name), depth + 1);
    }
}

/* Connection strings, cookies, queries, files of settings, parameters of a scheme. */
static bool in_list(struct parts *p, const struct piece *in)
{
    static const uint8_t separators[] = {';', '&', '\n', ',', ' '};
    if (slice_find_byte(in->s, '=') == in->s.n && slice_find_byte(in->s, ':') == in->s.n)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(separators); i++) {
        if (is_list(in->s, separators[i])) {
            split_list(p, in->s, separators[i], in->depth);
            return true;
        }
    }
    return false;
}

/* How much of "password@host/more" is the password: what follows the last @ must look like a place. */
static size_t before_host(struct slice s)
{
    size_t at = up_to_last(s, '@');
    for (size_t i = at; at > 1 && i < s.n; i++) {
        if (s.p[i] == '.' || s.p[i] == ':' || s.p[i] == '(' || s.p[i] == '/')
            return at - 1;
    }
    return s.n;
}

static bool is_user_char(uint8_t c)
{
    return is_name_char(c) || c == '@' || c == '+' || c == '%' || c == '\\';
}

/* What stands before the sign may be a key too, as in key:secret. */
static bool is_before(const struct pair *pair)
{
    size_t i = 0;
    if (pair->sign == '=')
        return is_name(pair->name);
    while (i < pair->name.n && is_user_char(pair->name.p[i]))
        i++;
    return i == pair->name.n && slice_find_byte(pair->name, ' ') == i;
}

/* NAME=VALUE, Name: value, user:password, user@host:password. Where a name stands alone, what
 * follows it is the secret, whatever the name. */
static bool in_pair(struct parts *p, const struct piece *in)
{
    struct pair pair;
    size_t password;
    if (!read_pair(in->s, &pair) || !is_before(&pair) ||
        (in->hint != NAME_SECRET && names_hint(pair.name) != NAME_SECRET))
        return false;
    if (pair.value.n == 0 && pair.sign == ':') {
        split(p, pair.name, in->hint, in->depth + 1);
        return true;
    }
    if (pair.value.n < SCREEN_VALUE_MIN)
        return false;
    parts_leave(p, pair.name, pair.sign == '=' ? NAME_PUBLIC : NAME_UNKNOWN);
    password = pair.value.n;
    if (pair.sign == ':' && slice_find_byte(pair.name, '@') == pair.name.n)
        password = before_host(pair.value);
    split(p, slice_sub(pair.value, 0, password), NAME_SECRET, in->depth + 1);
    parts_leave(p, slice_sub(pair.value, password + 1, pair.value.n), NAME_UNKNOWN);
    return true;
}

static bool after_lead(struct parts *p, const struct piece *in)
{
    static const struct slice leads[] = {
#define L(text) SLICE_LIT(text),
#include "screen/parts.def"
    };
    struct piece in_rest = *in;
    struct slice word, rest;
    size_t i = 0;
    if (!two_words(in->s, &word, &rest))
        return false;
    while (i < ARRAY_LEN(leads) && !slice_eq(word, leads[i]))
        i++;
    in_rest.s = rest;
    return i < ARRAY_LEN(leads) && (in_list(p, &in_rest) || in_pair(p, &in_rest));
}

/* --- addresses -------------------------------------------------------------------------------- */

/* How long the part up to the host is, with its @; 0 when there is none. Passwords are not always
 * escaped as they must be: then the last @ ends them. */
static size_t user_info(struct slice s)
{
    size_t end = 0, at, colon;
    while (end < s.n && s.p[end] != '/' && s.p[end] != '?' && s.p[end] != '#' && s.p[end] != ';')
        end++;
    at = up_to_last(slice_sub(s, 0, end), '@');
    colon = slice_find_byte(slice_sub(s, 0, end), ':');
    if (at > 0 || colon + 1 >= end || keys_is_number(slice_sub(s, colon + 1, end)))
        return at;
    return up_to_last(s, '@');
}

/* Of base64, with the sign before it. */
static bool is_padding(struct slice s)
{
    return s.n == 0 || slice_eq(s, SLICE_LIT("="));
}

/* What follows the host: segments of a path, and parameters by their names. */
static void split_tail(struct parts *p, struct slice s, enum name_hint hint, unsigned depth)
{
    while (s.n > 0) {
        size_t k = 0;
        struct pair pair;
        struct slice item;
        while (k < s.n && s.p[k] != '/' && s.p[k] != '?' && s.p[k] != '&' && s.p[k] != '#' &&
               s.p[k] != ';')
            k++;
        item = slice_sub(s, 0, k);
        s = slice_sub(s, k + 1, s.n);
        if (read_pair(item, &pair) && pair.sign == '=' && !is_padding(pair.value)) {
            parts_leave(p, pair.name, is_name(pair.name) ? NAME_PUBLIC : hint);
            split_unescaped(p, pair.value, names_hint(pair.name), depth + 1);
        } else {
            parts_leave(p, item, hint);
        }
    }
}

/* scheme://user:password@host/path?name=value, also with more words before the scheme. */
static bool in_url(struct parts *p, const struct piece *in)
{
    size_t k = slice_find(in->s, SLICE_LIT("://")), at, colon;
    struct slice rest = slice_sub(in->s, k + 3, in->s.n), user;
    if (k == in->s.n || k == 0 || slice_find_byte(slice_sub(in->s, 0, k), ' ') < k)
        return false;
    for (size_t i = 0; i < k; i++) {
        if (!is_name_char(in->s.p[i]) && in->s.p[i] != '+' && in->s.p[i] != ':')
            return false;
    }
    parts_leave(p, slice_sub(in->s, 0, k), NAME_UNKNOWN);
    at = user_info(rest);
    if (at > 0) {
        user = slice_sub(rest, 0, at - 1);
        colon = slice_find_byte(user, ':');
        parts_leave(p, slice_sub(user, 0, colon), NAME_UNKNOWN);
        split_unescaped(p, slice_sub(user, colon + 1, user.n), NAME_SECRET, in->depth + 1);
    }
    split_tail(p, slice_sub(rest, at, rest.n), hint_within(in), in->depth);
    return true;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Takes s apart; false when it has no form that is known. */
static bool compose(struct parts *p, struct slice s, enum name_hint hint, unsigned depth)
{
    static bool (*const forms[])(struct parts *, const struct piece *) = {
        in_quotes, in_json,      in_member,  in_pem,  in_code,    in_jwt,
        in_url,    after_scheme, after_lead, in_list, after_word, in_pair,
    };
    const struct piece in = {s, hint, depth};
    for (size_t i = 0; i < ARRAY_LEN(forms) && depth < DEEPEST; i++) {
        if (forms[i](p, &in))
            return true;
    }
    return false;
}

/* Where nothing is a secret by its name or its look, what no name calls public must be it; and where
 * that is nothing either, all of it together. */
static void split(struct parts *p, struct slice s, enum name_hint hint, unsigned depth)
{
    size_t before = p->n;
    bool composed, eager = p->eager;
    if (s.n < SCREEN_VALUE_MIN)
        return;
    composed = compose(p, s, hint, depth);
    if (composed && p->n == before && hint == NAME_SECRET && !eager) {
        p->eager = true;
        (void)compose(p, s, hint, depth);
        p->eager = eager;
    }
    if (!composed)
        parts_leaf(p, s, hint);
    else if (p->n == before && hint == NAME_SECRET)
        parts_tell(p, PARTS_OWN, s, s.n);
}

/* Pieces do not overlap, and the shortest has two other forms at most; longer ones may have more, but
 * fewer to their bytes. So what is short is not taken apart twice. */
static bool is_more_than(struct slice value, size_t most)
{
    struct parts count = {.whole = value};
    if (value.n / SCREEN_VALUE_MIN * 3 <= most)
        return false;
    split(&count, value, NAME_SECRET, 0);
    return count.n > most;
}

size_t parts_of(struct slice value, size_t most, parts_fn *fn, void *ctx)
{
    struct parts p = {.fn = fn, .ctx = ctx, .whole = value};
    if (!is_more_than(value, most))
        split(&p, value, NAME_SECRET, 0);
    else
        parts_tell(&p, PARTS_OWN, value, 0);
    if (!p.has_whole)
        parts_tell(&p, PARTS_MADE, value, value.n);
    return p.n;
}
