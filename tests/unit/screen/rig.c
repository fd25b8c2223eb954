#include "rig.h"

void add(struct screen *s, struct slice value)
{
    screen_add(s, value, 0, value.n);
}

struct screen *with(struct slice value)
{
    struct screen *s = screen_new(S(LABEL), LISTS_KEY);
    add(s, value);
    return s;
}

uint32_t run(struct screen *s, struct slice text, struct buf *out)
{
    struct json j;
    uint32_t hits = 99;
    j = JSON_INIT;
    assert_ok(json_parse(&j, text, NULL));
    assert_ok(screen_message(s, &j, out, &hits));
    /* Whatever was changed, it is still a message. */
    struct json again;
    again = JSON_INIT;
    assert_ok(json_parse(&again, buf_slice(out), NULL));
    json_free(&again);
    json_free(&j);
    return hits;
}

void check(struct screen *s, const char *in, const char *want, uint32_t hits)
{
    struct buf out = BUF_INIT(1 << 20);
    uint32_t got = run(s, slice_str(in), &out);
    if (!slice_eq_str(buf_slice(&out), want) || got != hits)
        fail_msg("%s\n gives %.*s, %u hits", in, (int)out.n, (char *)out.p, got);
    buf_free(&out);
}

size_t excuse(struct screen *s, const char *request)
{
    struct json j;
    j = JSON_INIT;
    assert_ok(json_parse(&j, slice_str(request), NULL));
    size_t known = screen_excuse(s, &j, NULL, 0);
    json_free(&j);
    return known;
}

/* --- encodings, written here a second time ---------------------------------------------------- */

static void raw(struct buf *out, struct slice v)
{
    buf_put(out, v);
}

static void hex(struct buf *out, struct slice v, const char *before, const char *fmt_upper)
{
    for (size_t i = 0; i < v.n; i++) {
        buf_put_str(out, before);
        if (fmt_upper)
            buf_printf(out, "%02X", v.p[i]);
        else
            buf_printf(out, "%02x", v.p[i]);
    }
}

static void hex_lower(struct buf *out, struct slice v)
{
    hex(out, v, "", NULL);
}

static void hex_upper(struct buf *out, struct slice v)
{
    hex(out, v, "", "");
}

static void percent_all_lower(struct buf *out, struct slice v)
{
    hex(out, v, "%", NULL);
}

static void percent_all_upper(struct buf *out, struct slice v)
{
    hex(out, v, "%", "");
}

static void hex_escape(struct buf *out, struct slice v)
{
    hex(out, v, "\\x", NULL);
}

static bool unreserved(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

static void percent_some(struct buf *out, struct slice v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (unreserved(v.p[i]))
            buf_put_u8(out, v.p[i]);
        else
            buf_printf(out, "%%%02X", v.p[i]);
    }
}

static void form(struct buf *out, struct slice v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == ' ')
            buf_put_u8(out, '+');
        else if (unreserved(v.p[i]))
            buf_put_u8(out, v.p[i]);
        else
            buf_printf(out, "%%%02x", v.p[i]);
    }
}

static void backslashes(struct buf *out, struct slice v)
{
    static const char punctuation[] = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] != 0 && strchr(punctuation, v.p[i]) != NULL)
            buf_put_u8(out, '\\');
        buf_put_u8(out, v.p[i]);
    }
}

static void json_inside(struct buf *out, struct slice v)
{
    json_put_str(out, v);
}

static void json_inside_slash(struct buf *out, struct slice v)
{
    struct buf b = BUF_INIT(4096);
    json_put_str(&b, v);
    for (size_t i = 0; i < b.n; i++) {
        if (b.p[i] == '/')
            buf_put_u8(out, '\\');
        buf_put_u8(out, b.p[i]);
    }
    buf_free(&b);
}

/* Code points of v, each printed by one of the formats. */
void by_code_point(struct buf *out, struct slice v, int way)
{
    for (size_t i = 0; i < v.n;) {
        uint32_t cp = v.p[i];
        size_t k = 1;
        if (cp >= 0xf0) {
            cp = (cp & 7) << 18 | (v.p[i + 1] & 63u) << 12 | (v.p[i + 2] & 63u) << 6 |
                 (v.p[i + 3] & 63u);
            k = 4;
        } else if (cp >= 0xe0) {
            cp = (cp & 15) << 12 | (v.p[i + 1] & 63u) << 6 | (v.p[i + 2] & 63u);
            k = 3;
        } else if (cp >= 0xc0) {
            cp = (cp & 31) << 6 | (v.p[i + 1] & 63u);
            k = 2;
        }
        if (way == 0 && cp > 0xffff)
            buf_printf(out, "\\u%04x\\u%04X", 0xd800 + ((cp - 0x10000) >> 10),
                       0xdc00 + ((cp - 0x10000) & 0x3ff));
        else if (way == 0)
            buf_printf(out, "\\u%04x", cp);
        else if (way == 1)
            buf_printf(out, "&#%u;", cp);
        else
            buf_printf(out, "&#x%X;", cp);
        i += k;
    }
}

static void json_all(struct buf *out, struct slice v)
{
    by_code_point(out, v, 0);
}

static void html_decimal(struct buf *out, struct slice v)
{
    by_code_point(out, v, 1);
}

static void html_hex(struct buf *out, struct slice v)
{
    by_code_point(out, v, 2);
}

static void html_some(struct buf *out, struct slice v)
{
    static const struct {
        uint8_t c;
        const char *name;
    } names[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};
    for (size_t i = 0; i < v.n; i++) {
        size_t k = 0;
        while (k < ARRAY_LEN(names) && names[k].c != v.p[i])
            k++;
        if (k < ARRAY_LEN(names))
            buf_put_str(out, names[k].name);
        else
            buf_put_u8(out, v.p[i]);
    }
}

/* A different way for each character. */
static void mixed(struct buf *out, struct slice v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] >= 0x80 || i % 3 == 0)
            buf_printf(out, "%%%02x", v.p[i]);
        else if (i % 3 == 1)
            buf_printf(out, "&#%u;", v.p[i]);
        else
            buf_printf(out, "\\u%04X", v.p[i]);
    }
}

static void base64_with(struct buf *out, enum base64_kind kind, const char *before, struct slice v,
                        const char *after)
{
    struct buf b = BUF_INIT(4096);
    buf_put_str(&b, before);
    buf_put(&b, v);
    buf_put_str(&b, after);
    base64_put(out, kind, buf_slice(&b));
    buf_free(&b);
}

void base64_0(struct buf *out, struct slice v)
{
    base64_with(out, BASE64, "", v, "");
}

void base64_1(struct buf *out, struct slice v)
{
    base64_with(out, BASE64, "user:", v, "");
}

static void base64_2(struct buf *out, struct slice v)
{
    base64_with(out, BASE64, "u:", v, "more");
}

static void base64_3(struct buf *out, struct slice v)
{
    base64_with(out, BASE64, "x", v, "y");
}

static void base64url_1(struct buf *out, struct slice v)
{
    base64_with(out, BASE64_URL, "a", v, "");
}

static void base64url_2(struct buf *out, struct slice v)
{
    base64_with(out, BASE64_URL, "ab", v, "z");
}

const struct encoder_row encoders[ENCODERS] = {
    {"raw", raw, false, false},
    {"hex lower", hex_lower, false, false},
    {"hex upper", hex_upper, false, false},
    {"percent all lower", percent_all_lower, false, false},
    {"percent all upper", percent_all_upper, false, false},
    {"percent some", percent_some, false, false},
    {"form", form, false, false},
    {"hex escape", hex_escape, false, false},
    {"backslashes", backslashes, false, false},
    {"json inside json", json_inside, false, false},
    {"json with slashes", json_inside_slash, false, false},
    {"json all", json_all, false, false},
    {"html decimal", html_decimal, false, false},
    {"html hex", html_hex, false, false},
    {"html some", html_some, false, false},
    {"mixed", mixed, false, false},
    {"base64", base64_0, false, false},
    {"base64 user:", base64_1, true, false},
    {"base64 u: more", base64_2, true, true},
    {"base64 x y", base64_3, true, true},
    {"base64url a", base64url_1, true, false},
    {"base64url ab z", base64url_2, true, true},
};
