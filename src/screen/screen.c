/*
 * Screening whole messages: which texts of a JSON document are looked at, and what stands in place
 * of a match. Run by egress on every message towards the agent, after parsing; trusts nothing in
 * it.
 */
#include "screen/screen.h"

#include "base/base64.h"
#include "base/planted.h"
#include "screen/match.h"

bool screen_has(struct screen *s, struct slice text)
{
    screen_begin(s);
    screen_begin_text(s, text);
    return screen_find(s, text, 0, NULL) || screen_gave_up(s);
}

/* The text with every match replaced by the label, in out, unless there is none; as one match when
 * the steps do not suffice. The number of replacements. */
static uint32_t redact(struct screen *s, struct slice text, struct buf *out)
{
    struct screen_span m;
    size_t done = 0;
    uint32_t hits = 0;
    buf_clear(out);
    screen_begin_text(s, text);
    while (screen_find(s, text, done, &m)) {
        buf_put(out, slice_sub(text, done, m.from));
        buf_put(out, screen_label(s));
        for (size_t i = m.from; i < m.to && PLANTED(redaction_as_long); i++)
            buf_put_u8(out, '*');
        done = m.to;
        hits++;
    }
    if (screen_gave_up(s) && !PLANTED(spent_passes)) {
        buf_set(out, screen_label(s));
        return 1;
    }
    if (hits > 0)
        buf_put(out, slice_sub(text, done, text.n));
    return hits;
}

/* --- the texts of a message ------------------------------------------------------------------- */

/* Member "blob" of a resource, "data" of an image or sound (MCP schema, "BlobResourceContents",
 * "ImageContent"); wherever it stands. */
static bool is_base64_member(const struct json *j, uint32_t node)
{
    if (!json_is(j, node, JSON_STRING) || j->nodes[node].is_key || node == 0 ||
        !j->nodes[node - 1].is_key ||
        (j->nodes[node - 1].len != 4 && !j->nodes[node - 1].has_escapes))
        return false;
    return json_str_eq_c(j, node - 1, "blob") || json_str_eq_c(j, node - 1, "data");
}

/* What base64 the member holds, in out; false when it is none. */
static bool decode_member(const struct json *j, uint32_t node, struct buf *scratch, struct buf *out)
{
    buf_clear(scratch);
    buf_clear(out);
    return base64_decode_any(json_str_slice(j, node, scratch), out) == ERR_OK && out->n > 0;
}

/* A pass over one message; the buffers are used again for each text. */
struct pass {
    struct screen *s;
    const struct json *j;
    struct buf scratch, decoded, redacted, text;
    struct json_edits edits;
    uint32_t hits;
};

/* The base64 inside a member, redacted and encoded again, in p->text. True when there was a match.
 */
static bool screen_base64(struct pass *p, uint32_t node)
{
    uint32_t hits;
    if (!is_base64_member(p->j, node) || !decode_member(p->j, node, &p->scratch, &p->decoded))
        return false;
    hits = redact(p->s, buf_slice(&p->decoded), &p->redacted);
    if (hits == 0)
        return false;
    p->hits += hits;
    buf_clear(&p->text);
    base64_put(&p->text, BASE64, buf_slice(&p->redacted));
    return true;
}

/* The exponent of a number in JSON, from behind its "e"; as far from zero as it matters here. */
static long exponent(struct slice s)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    long e = 0;
    for (size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'); i < s.n && e < 1000; i++)
        e = 10 * e + (s.p[i] - '0');
    return negative ? -e : e;
}

/*
 * A number of JSON with a fraction or an exponent that stands for an integer, written as one, without
 * its sign: 1.2345678E7 is 12345678. False for every other, and for one of more than NUMBER_DIGITS.
 */
#define NUMBER_DIGITS 64
static bool plain_integer(struct slice number, struct buf *out)
{
    struct slice s = slice_sub(number, number.n > 0 && number.p[0] == '-', number.n);
    size_t point = slice_find_byte(s, '.'), e = slice_find_byte(s, 'e'), last = 0;
    long digits;
    e = e < s.n ? e : slice_find_byte(s, 'E');
    digits = (long)(point < e ? point : e) + exponent(slice_sub(s, e + 1, s.n));
    if ((point == s.n && e == s.n) || digits < 1 || digits > NUMBER_DIGITS ||
        PLANTED(numbers_as_written))
        return false;
    buf_clear(out);
    for (size_t i = 0; i < e; i++) {
        if (s.p[i] != '.' && out->n < (size_t)digits)
            buf_put_u8(out, s.p[i]);
        if (s.p[i] != '.' && s.p[i] != '0')
            last = i < point ? i + 1 : i; /* digits up to the last that is no zero */
    }
    while (out->n < (size_t)digits)
        buf_put_u8(out, '0');
    return last <= (size_t)digits;
}

/* The text of a string or number. True when there was a match: then p->redacted stands for it. */
static bool screen_text(struct pass *p, uint32_t node, struct slice text)
{
    uint32_t hits = redact(p->s, text, &p->redacted);
    if (hits == 0)
        return false;
    p->hits += hits;
    /* Two keys of one object may become the same: the number keeps them apart. */
    if (p->j->nodes[node].is_key)
        buf_printf(&p->redacted, "#%u", (unsigned)p->hits);
    json_edit_replace_str(&p->edits, node, buf_slice(&p->redacted));
    return true;
}

static void screen_node(struct pass *p, uint32_t node, bool all)
{
    const struct json *j = p->j;
    if (json_is(j, node, JSON_NUMBER)) {
        if ((!all || !screen_text(p, node, json_raw(j, node))) &&
            plain_integer(json_raw(j, node), &p->text))
            (void)screen_text(p, node, buf_slice(&p->text));
    } else if (screen_base64(p, node)) {
        /* What is left as text is looked at too: it may be a value by itself. */
        if (!screen_text(p, node, buf_slice(&p->text)))
            json_edit_replace_str(&p->edits, node, buf_slice(&p->text));
    } else if (json_is(j, node, JSON_STRING) && (all || j->nodes[node].has_escapes)) {
        buf_clear(&p->scratch);
        (void)screen_text(p, node, json_str_slice(j, node, &p->scratch)); /* else it stays */
    }
}

static void screen_nodes(struct pass *p)
{
    /* Without a match in the text as written, only what is written with escapes can have one. */
    bool all = screen_has(p->s, json_raw(p->j, 0));
    for (uint32_t i = 0; i < p->j->n; i++)
        screen_node(p, i, all);
}

enum err screen_message(struct screen *s, const struct json *j, struct buf *out, uint32_t *ret_hits)
{
    struct pass p = {
        .s = s,
        .j = j,
        .scratch = BUF_INIT(SIZE_MAX),
        .decoded = BUF_INIT(SIZE_MAX),
        .redacted = BUF_INIT(SIZE_MAX),
        .text = BUF_INIT(SIZE_MAX),
    };
    json_edits_init(&p.edits, out->max);
    if (screen_active(s))
        screen_nodes(&p);
    enum err e = json_copy_edited(j, 0, &p.edits, out);
    *ret_hits = p.hits;
    json_edits_free(&p.edits);
    buf_free(&p.scratch);
    buf_free(&p.decoded);
    buf_free(&p.redacted);
    buf_free(&p.text);
    return e;
}

/* --- what the request knew already ------------------------------------------------------------ */

static void excuse_node(struct screen *s, const struct json *j, uint32_t node, struct buf *scratch,
                        struct buf *out)
{
    if (is_base64_member(j, node) && decode_member(j, node, scratch, out))
        screen_learn(s, buf_slice(out));
    buf_clear(scratch);
    if (json_is(j, node, JSON_STRING))
        screen_learn(s, json_str_slice(j, node, scratch));
    if (!json_is(j, node, JSON_NUMBER))
        return;
    screen_learn(s, json_raw(j, node));
    if (plain_integer(json_raw(j, node), out))
        screen_learn(s, buf_slice(out));
}

size_t screen_excuse(struct screen *s, const struct json *body, const struct slice *headers,
                     size_t headers_n)
{
    struct buf scratch = BUF_INIT(SIZE_MAX), out = BUF_INIT(SIZE_MAX);
    if (!s)
        return 0;
    screen_begin(s);
    for (size_t i = 0; i < headers_n; i++)
        screen_learn(s, headers[i]);
    for (uint32_t i = 0; i < body->n; i++)
        excuse_node(s, body, i, &scratch, &out);
    screen_learn_forms(s);
    buf_free(&scratch);
    buf_free(&out);
    return screen_known(s);
}
