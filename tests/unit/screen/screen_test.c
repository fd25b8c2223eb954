/* The screen: every encoding in every place of a message, the rules of screen.h, and what must
 * pass. */
#include "proto/utf8.h"
#include "rig.h"

/* --- places in a message ---------------------------------------------------------------------- */

static void put_escaped_all(struct buf *out, struct slice v)
{
    by_code_point(out, v, 0);
}

/* One place: text before, the encoded value as JSON string content, text after. */
static const struct {
    const char *name, *before, *after;
    bool escape_all; /* the string itself is written in \u escapes */
} places[] = {
    {"a text", "{\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"", "\"}]}}", false},
    {"inside a text", "{\"result\":{\"content\":[{\"text\":\"error: <", "> is bad\"}]}}", false},
    {"an escaped text", "[\"x", "y\"]", true},
    {"a key", "{\"result\":{\"a\":1,\"", "\":{\"b\":2}}}", false},
    {"an escaped key", "{\"", "\":1}", true},
    {"error.data", "{\"error\":{\"code\":1,\"message\":\"m\",\"data\":{\"h\":[\"", "\"]}}}", false},
    {"error.message", "{\"error\":{\"message\":\"", "\"}}", false},
    {"a cursor", "{\"result\":{\"nextCursor\":\"", "\"}}", false},
    {"a URI", "{\"uri\":\"https://h/?k=", "&x=1\"}", false},
    {"the root", "\"", "\"", false},
    {"an id", "{\"id\":\"", "\",\"result\":{}}", false},
    {"a blob that is none", "{\"blob\":\"!", "\"}", false},
};

/* Nothing of the value is left: no run of five bytes of what was written. */
static void assert_gone(struct slice out, struct slice written, const char *encoding,
                        const char *place)
{
    for (size_t i = 0; i + 5 <= written.n; i++) {
        struct slice window = slice_sub(written, i, i + 5);
        if (slice_find(out, window) < out.n)
            fail_msg("%s in %s: %.*s is left in %.*s", encoding, place, (int)window.n,
                     (const char *)window.p, (int)out.n, (const char *)out.p);
    }
}

static void check_place(struct slice value, size_t e, size_t p)
{
    struct screen *s = with(value);
    struct buf code = BUF_INIT(8192), doc = BUF_INIT(65536), out = BUF_INIT(65536),
               str = BUF_INIT(65536);
    encoders[e].fn(&code, value);
    buf_put_str(&doc, places[p].before);
    if (places[p].escape_all) {
        put_escaped_all(&doc, buf_slice(&code));
    } else {
        json_put_str(&str, buf_slice(&code));
        buf_put(&doc, slice_sub(buf_slice(&str), 1, str.n - 1));
    }
    buf_put_str(&doc, places[p].after);
    uint32_t hits = run(s, buf_slice(&doc), &out);
    if (hits == 0)
        fail_msg("%s in %s passes: %.*s", encoders[e].name, places[p].name, (int)out.n,
                 (char *)out.p);
    assert_true(slice_find(buf_slice(&out), S(MARK)) < out.n);
    if (!encoders[e].among)
        assert_gone(buf_slice(&out), buf_slice(&code), encoders[e].name, places[p].name);
    buf_free(&code);
    buf_free(&doc);
    buf_free(&out);
    buf_free(&str);
    screen_free(s);
}

static void test_every_encoding_everywhere(void **state)
{
    (void)state;
    for (size_t e = 0; e < ARRAY_LEN(encoders); e++) {
        for (size_t p = 0; p < ARRAY_LEN(places); p++) {
            check_place(S(SECRET), e, p);
            check_place(S(AWKWARD), e, p);
            check_place(S("hunter2x"), e, p);
            check_place(S("12345678"), e, p);
        }
    }
}

/* Two values of different content and length leave the same bytes behind. */
static void test_non_interference(void **state)
{
    static const char *const values[] = {SECRET, "another-0123456789", "Zy8-k3Pq_Lm2Vn7Xw1Tb5Rd",
                                         "q1q2q", "q1q2q3"};
    (void)state;
    for (size_t e = 0; e < ARRAY_LEN(encoders); e++) {
        struct buf first = BUF_INIT(8192);
        if (encoders[e].moves)
            continue;
        for (size_t v = 0; v < ARRAY_LEN(values); v++) {
            struct slice value = slice_str(values[v]);
            struct buf code = BUF_INIT(8192), str = BUF_INIT(8192), out = BUF_INIT(8192);
            struct screen *s = with(value);
            encoders[e].fn(&code, value);
            json_put_str(&str, buf_slice(&code));
            (void)run(s, buf_slice(&str), &out);
            if (first.n == 0)
                buf_put(&first, buf_slice(&out));
            if (!slice_eq(buf_slice(&first), buf_slice(&out)))
                fail_msg("%s: %.*s and %.*s", encoders[e].name, (int)first.n, (char *)first.p,
                         (int)out.n, (char *)out.p);
            screen_free(s);
            buf_free(&code);
            buf_free(&str);
            buf_free(&out);
        }
        buf_free(&first);
    }
}

/* --- rules ------------------------------------------------------------------------------------ */

static void test_replacement(void **state)
{
    struct screen *s = with(S("secret-1"));
    (void)state;
    check(s, "{\"a\":\"x secret-1 y secret-1\"}", "{\"a\":\"x " MARK " y " MARK "\"}", 2);
    check(s, "{\"a\":\"secret-1secret-1\"}", "{\"a\":\"" MARK MARK "\"}", 2);
    check(s, "{\"secret-1\":1,\"xsecret-1\":2}", "{\"" MARK "#1\":1,\"x" MARK "#2\":2}", 2);
    check(s, "{\"a\":\"\\u0073ecret-1\"}", "{\"a\":\"" MARK "\"}", 1);
    check(s, "{ \"a\" : [ 1 , \"other-2\" ] }", "{\"a\":[1,\"other-2\"]}", 0);
    check(s, "{\"a\":\"Secret-1\"}", "{\"a\":\"Secret-1\"}", 0);
    check(s, "{\"a\":\"secret-\",\"b\":\"1\"}", "{\"a\":\"secret-\",\"b\":\"1\"}", 0);
    check(s, "{\"a\":\"%\"}", "{\"a\":\"%\"}", 0);
    check(s, "[\"%7\",\"&\",\"&#\",\"&#x;\",\"\\\\\",\"\\\\u\",\"\\\\x1\",\"+\"]",
          "[\"%7\",\"&\",\"&#\",\"&#x;\",\"\\\\\",\"\\\\u\",\"\\\\x1\",\"+\"]", 0);
    screen_free(s);
}

static void test_numbers(void **state)
{
    struct screen *s = with(S("12345678"));
    (void)state;
    check(s, "{\"a\":12345678}", "{\"a\":\"" MARK "\"}", 1);
    check(s, "[-12345678.0,912345678,1234567]", "[\"-" MARK ".0\",\"9" MARK "\",1234567]", 2);
    check(s, "[1.2345678E7,1.2345678e+7,0.12345678e8,123456780000e-4,123.45678e0005,1234567.8e1]",
          "[\"" MARK "\",\"" MARK "\",\"0." MARK "e8\",\"" MARK "0000e-4\",\"" MARK "\",\"" MARK
          "\"]",
          6);
    /* These are other numbers. */
    static const char *const rows[] = {
        "[1.2345678E6,1.2345678,1.23456785E7,1e400,1e-400,1.5e999999999999999999,0.0,-0e0,1."
        "2345678E-7]",
        "[\"1.2345678E7\"]", /* a text is not read as a number */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(s, rows[i], rows[i], 0);
    assert_int_equal(excuse(s, "[1.2345678E7]"), 1);
    check(s, "[12345678,12345678.0]", "[12345678,12345678.0]", 0);
    screen_free(s);
    s = with(S("12300000"));
    check(s, "[1.23E7,1.23E6,12300000.0]", "[\"" MARK "\",1.23E6,\"" MARK ".0\"]", 2);
    screen_free(s);
}

static void test_blobs(void **state)
{
    struct screen *s = with(S("secret-1"));
    struct buf doc = BUF_INIT(4096), out = BUF_INIT(4096), want = BUF_INIT(4096);
    (void)state;
    static const char *const names[] = {"blob", "data"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        buf_clear(&doc);
        buf_clear(&out);
        buf_clear(&want);
        buf_printf(&doc, "{\"contents\":[{\"%s\":\"", names[i]);
        base64_put(&doc, BASE64, S("text with %73ecret-1 in it"));
        buf_put_str(&doc, "\"}]}");
        assert_int_equal(run(s, buf_slice(&doc), &out), 1);
        buf_printf(&want, "{\"contents\":[{\"%s\":\"", names[i]);
        base64_put(&want, BASE64, S("text with " MARK " in it"));
        buf_put_str(&want, "\"}]}");
        assert_true(slice_eq(buf_slice(&out), buf_slice(&want)));
    }
    /* Line ends inside, and no padding. */
    buf_clear(&out);
    assert_int_equal(run(s, S("{\"blob\":\"c2Vj\\r\\ncmV0LTE\"}"), &out), 1);
    /* Inside, and in the text itself. */
    struct screen *both = with(S("abcdEFGH1234wxyz"));
    buf_clear(&out);
    assert_int_equal(run(both, S("{\"blob\":\"YWJjZEVGR0gxMjM0d3h5eiEhabcdEFGH1234wxyz\"}"), &out),
                     2);
    assert_true(slice_find(buf_slice(&out), S("abcdEFGH1234wxyz")) == out.n);
    screen_free(both);
    /* A blob without it passes as it was written. */
    check(s, "{\"blob\":\"c2Vjcm V0LTI=\",\"data\":\"no base64\"}",
          "{\"blob\":\"c2Vjcm V0LTI=\",\"data\":\"no base64\"}", 0);
    screen_free(s);
    buf_free(&doc);
    buf_free(&out);
    buf_free(&want);
}

static void test_short_values(void **state)
{
    struct screen *s = screen_new(S(LABEL), LISTS_KEY);
    (void)state;
    add(s, S(""));
    add(s, S("abcd"));
    check(s, "{\"a\":\"abcd\"}", "{\"a\":\"abcd\"}", 0);
    add(s, S("abcde"));
    check(s, "{\"a\":\"xabcdex\"}", "{\"a\":\"x" MARK "x\"}", 1);
    check(s, "{\"a\":\"6162636465\"}", "{\"a\":\"" MARK "\"}", 1);
    check(s, "{\"a\":\"xxYWJjZGU=\"}", "{\"a\":\"xx" MARK "\"}", 1);
    check(s, "{\"a\":\"eGFiY2Rl\"}", "{\"a\":\"e" MARK "\"}", 1);
    check(s, "{\"a\":\"eHhhYmNkZQ==\"}", "{\"a\":\"eH" MARK "\"}", 1);
    screen_free(s);
}

static void put_long(struct buf *out, size_t n)
{
    struct buf b = BUF_INIT(8192);
    for (unsigned i = 1; b.n < n; i++)
        buf_printf(&b, "%x.", i * 2654435761u);
    buf_put(out, slice_sub(buf_slice(&b), 0, n));
    buf_free(&b);
}

/* A run of a value, in an encoding: nothing of it is left. */
static void check_run(struct screen *s, struct slice part, size_t e)
{
    struct buf code = BUF_INIT(8192), doc = BUF_INIT(65536), out = BUF_INIT(65536);
    buf_put_str(&doc, "an ordinary text that stands before ");
    encoders[e].fn(&code, part);
    buf_put(&doc, buf_slice(&code));
    buf_put_str(&doc, " and an ordinary text behind");
    struct buf str = BUF_INIT(65536);
    json_put_str(&str, buf_slice(&doc));
    if (run(s, buf_slice(&str), &out) != 1)
        fail_msg("%s: %zu bytes pass: %.*s", encoders[e].name, part.n, (int)out.n, (char *)out.p);
    assert_true(slice_starts(buf_slice(&out), S("\"an ordinary")));
    assert_true(slice_ends(buf_slice(&out), S("text behind\"")));
    if (!encoders[e].among)
        assert_gone(buf_slice(&out), buf_slice(&code), encoders[e].name, "a text");
    buf_free(&str);
    buf_free(&code);
    buf_free(&doc);
    buf_free(&out);
}

/* Of a value that is long enough to be cut, any 23 bytes in a row are found in every encoding, and
 * nothing of them is left. */
static void test_any_run(void **state)
{
    static const size_t lengths[] = {24, 33, 35, 36, 47, 100};
    enum { RUN = 2 * SCREEN_BLOCK - 1 };
    (void)state;
    for (size_t l = 0; l < ARRAY_LEN(lengths); l++) {
        struct buf value = BUF_INIT(8192);
        put_long(&value, lengths[l]);
        struct screen *s = with(buf_slice(&value));
        for (size_t from = 0; from + RUN <= value.n; from++) {
            for (size_t e = 0; e < ARRAY_LEN(encoders); e++) {
                check_run(s, slice_sub(buf_slice(&value), from, from + RUN), e);
                check_run(s, slice_sub(buf_slice(&value), from, value.n), e);
                check_run(s, slice_sub(buf_slice(&value), 0, value.n - from), e);
            }
        }
        screen_free(s);
        buf_free(&value);
    }
}

/* The same of a value with letters beyond ASCII, by characters. */
static void test_any_run_of_letters(void **state)
{
    static const char value[] = "p\xc3\xa4sswort-\xe2\x82\xac-\xf0\x9f\x98\x80-gro\xc3\x9f-und-"
                                "l\xc3\xa4nger-als-n\xc3\xb6tig";
    struct slice all = slice_str(value);
    struct screen *s = with(all);
    (void)state;
    for (size_t from = 0; from < all.n; from++) {
        size_t to = from, n = 0;
        for (; to < all.n && n < 2 * SCREEN_BLOCK - 1; n++) {
            uint32_t cp;
            to += utf8_next(slice_sub(all, to, all.n), &cp);
        }
        if ((all.p[from] & 0xc0) == 0x80 || n < 2 * SCREEN_BLOCK - 1)
            continue;
        for (size_t e = 0; e < ARRAY_LEN(encoders); e++)
            check_run(s, slice_sub(all, from, to), e);
    }
    screen_free(s);
}

/* What is not a whole block is nothing: neither a block that lacks a character nor one that goes on
 * wrong; and what stands beside a block goes with it, right or wrong. */
static void test_blocks(void **state)
{
    struct screen *s = with(S("abcdefghijklmnopqrstuvwxyzABCDEFGHI")); /* of 12, and 23 */
    (void)state;
    check(s, "[\"abcdefghijk\",\"bcdefghijklmnopqrstuvw\",\"nopqrstuvwxyzABCDEFGHI\"]",
          "[\"abcdefghijk\",\"bcdefghijklmnopqrstuvw\",\"nopqrstuvwxyzABCDEFGHI\"]", 0);
    check(s, "[\"= abcdefghijkl, 12345678901234\",\"= abcdefghijklmnopqrstuvw1234\"]",
          "[\"= " MARK "01234\",\"= " MARK "1234\"]", 2);
    check(s, "[\"123456789012 mnopqrstuvwx, 12345678901234\",\"mnopqrstuvwx\"]",
          "[\"12" MARK "01234\",\"" MARK "\"]", 2);
    check(s, "[\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9mnopqrstuvwx\"]",
          "[\"\xc3\xa9" MARK "\"]", 1);
    check(s, "[\"x abcdefghijklmnopqrstuvwxyzABCDEFGHI x\"]", "[\"x " MARK " x\"]", 1);
    screen_free(s);
    s = with(S("abcdefghijklmnopqrstuvw")); /* of 23: one block */
    check(s, "[\"abcdefghijklmnopqrstuv\",\"xabcdefghijklmnopqrstuvwx\"]",
          "[\"abcdefghijklmnopqrstuv\",\"x" MARK "x\"]", 1);
    screen_free(s);
    s = with(S("abcdefghijklabcdefghijklabcdefghijkl!")); /* the same block again and again */
    check(s, "[\"123456789012 abcdefghijklabcdefghijklabcdefghijkl! 123456789012\"]",
          "[\"12" MARK "012\"]", 1);
    screen_free(s);
}

static void test_overlaps(void **state)
{
    struct screen *s = screen_new(S(LABEL), LISTS_KEY);
    (void)state;
    add(s, S("abcdef"));
    add(s, S("defghi"));
    add(s, S("bcdef"));
    check(s, "[\"xabcdefghix\"]", "[\"x" MARK "x\"]", 1);
    check(s, "[\"xbcdefghix\"]", "[\"x" MARK "x\"]", 1);
    check(s, "[\"abcdefdefghi\"]", "[\"" MARK MARK "\"]", 2);
    screen_free(s);
    s = screen_new(S(LABEL), LISTS_KEY);
    add(s, S("aaaaa"));
    check(s, "[\"aaaaaaaa\",\"aaaa\"]", "[\"" MARK "\",\"aaaa\"]", 1);
    screen_free(s);
}

/* --- what an attack found --------------------------------------------------------------------- */

#define JWT_HEAD "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzdXBhYmFzZSIsInJlZ"
#define LONG     "AKabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdEF"

/* Every escape that can be taken for the character that begins it, and values that hold escapes
 * themselves. */
static void test_every_reading(void **state)
{
    static const struct {
        const char *value, *in; /* in: JSON */
    } rows[] = {
        /* behind the 64th byte */
        {LONG "+TAIL/TAIL=SECRET", "[\"" LONG "%2BTAIL%2FTAIL%3DSECRET\"]"},
        {LONG "+TAIL/TAIL=SECRET", "[\"" LONG "+TAIL\\\\/TAIL=SECRET\"]"},
        /* in the first bytes of another form */
        {"~~~secret-pass-word", "[\"fn5%2Bc2VjcmV0LXBhc3Mtd29yZA%3D%3D\"]"},
        {"~~~secret-pass-word", "[\"%66n5+c2VjcmV0LXBhc3Mtd29yZA&#61;\\\\u003d\"]"},
        {"secret-1", "[\"\\\\x373&#54;5637265742d31\"]"},
        /* values that hold what looks like an escape */
        {"p%25w0rd&secret&more", "[\"p%25w0rd&amp;secret&amp;more\"]"},
        {"p%25w0rd&secret&more", "[\"p%2525w0rd&secret%26more\"]"},
        {"ab&amp;cd<ef>gh12345", "[\"ab&amp;cd&lt;ef&gt;gh12345\"]"},
        {"pa\\\\ss/word\"quoted", "[\"pa\\\\\\\\ss\\\\/word\\\\\\\"quoted\"]"},
        {"pa\\\\ss/word\"quoted", "[\"pa\\\\\\\\\\\\\\\\ss/word\\\\\\\"quoted\"]"},
        {"a\\\\\\\\\\\\b&c", "[\"a\\\\\\\\\\\\\\\\\\\\\\\\b&amp;c\"]"},
        {"a%2525252525b", "[\"a%2525252525b\"]"},
        {"a+b c%20d", "[\"a+b+c%20d\"]"},
        {"\xc3\xa9t\xc3\xa9&&", "[\"&#233;t%c3%A9&amp;&\"]"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct screen *s = with(slice_str(rows[i].value));
        check(s, rows[i].in, "[\"" MARK "\"]", 1);
        screen_free(s);
    }
    /* As many readings as there can be: each of these may be an escape of the next. */
    struct buf slashes = BUF_INIT(1000), twice = BUF_INIT(1000);
    while (slashes.n < 2 * SCREEN_BLOCK - 2) {
        buf_put_str(&slashes, "\\");
        buf_put_str(&twice, slashes.n < 16 ? "\\\\" : "\\");
    }
    buf_put_str(&slashes, "x");
    buf_put_str(&twice, "%78");
    struct screen *s = with(buf_slice(&slashes));
    assert_true(screen_has(s, buf_slice(&slashes)));
    assert_true(screen_has(s, buf_slice(&twice)));
    assert_false(screen_has(s, slice_sub(buf_slice(&slashes), 1, slashes.n)));
    screen_free(s);
    buf_free(&slashes);
    buf_free(&twice);
}

/* Each way to write a character, in the first place, in the second, and in others. */
static void test_every_way_in_each_place(void **state)
{
    static const struct {
        const char *c, *ways[8];
    } rows[] = {
        {" ", {"+", "%20", "&#32;", "\\u0020", "\\x20", "%u0020"}},
        {"/", {"&sol;", "\\/", "%2f", "%u002F", "\\u002f"}},
        {"'", {"'\\''", "'\"'\"'", "&apos;", "\\'", "%27", "%u0027"}},
        {"_", {"&lowbar;", "&UnderBar;", "\\_", "%5F"}},
        {"\\", {"&bsol;", "\\\\", "%5c"}},
        {"\t", {"&Tab;", "\\t", "%09"}},
        {"`", {"&DiacriticalGrave;", "&grave;", "\\`"}},
        {"|", {"&VerticalLine;", "&vert;", "&verbar;", "\\|"}},
        {"\xc3\xa9", {"%u00e9", "\\u00E9", "%C3%a9", "&#233;"}},
        {"\xf0\x9f\x98\x80", {"%ud83d%uDE00", "\\ud83d\\ude00", "&#x1F600;"}},
    };
    static const char around[] = "xyz.1234";
    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        for (size_t place = 0; place < 8; place++) {
            struct buf value = BUF_INIT(256);
            buf_printf(&value, "%.*s%s%s", (int)place, around, rows[r].c, &around[place]);
            struct screen *s = with(buf_slice(&value));
            for (size_t w = 0; w < ARRAY_LEN(rows[r].ways) && rows[r].ways[w] != NULL; w++) {
                struct buf text = BUF_INIT(256);
                buf_printf(&text, "%.*s%s%s", (int)place, around, rows[r].ways[w], &around[place]);
                if (!screen_has(s, buf_slice(&text)))
                    fail_msg("%.*s passes", (int)text.n, (char *)text.p);
                buf_free(&text);
            }
            screen_free(s);
            buf_free(&value);
        }
    }
}

/* The characters beside base64 that hold bits of the value may be escaped as well. */
static void test_escaped_neighbours(void **state)
{
    struct screen *s = with(S("\xc3\xa9t\xc3\xa9-secreto"));
    (void)state;
    /* Base64 of "xo", the value, and one more letter with an accent; then of "x" and so on. */
    check(s, "[\"eG/DqXTDqS1zZWNyZXRvw6k=\"]", "[\"eG" MARK "w6k=\"]", 1);
    check(s, "[\"eG%2FDqXTDqS1zZWNyZXRvw6k=\"]", "[\"eG" MARK "w6k=\"]", 1);
    check(s, "[\"eMOpdMOpLXNlY3JldG/DqQ==\"]", "[\"e" MARK "DqQ==\"]", 1);
    check(s, "[\"e&#77;OpdMOpLXNlY3JldG\\\\/DqQ==\"]", "[\"e" MARK "DqQ==\"]", 1);
    check(s, "[\"eMOpdMOpLXNlY3JldG\\\\u002FDqQ==\"]", "[\"e" MARK "DqQ==\"]", 1);
    screen_free(s);
}

/* In base64 a block shares characters with what stands beside it: each of its bits counts there too,
 * in an answer and in a request. */
static void test_every_bit(void **state)
{
    static const char secret[] = "Zk83hQ1mVt7x";
    enum { BITS = 8 * (sizeof(secret) - 1) };
    (void)state;
    for (unsigned before = 0; before < 3; before++) {
        for (unsigned bit = 0; bit <= BITS; bit++) { /* the last flips none */
            struct buf plain = BUF_INIT(64), text = BUF_INIT(256);
            struct screen *s = with(slice_str(secret));
            buf_printf(&plain, "%.*s%sxy", (int)before, "ab", secret);
            if (bit < BITS)
                plain.p[before + bit / 8] ^= (uint8_t)(1 << bit % 8);
            buf_put_str(&text, "[\"");
            base64_put(&text, BASE64, buf_slice(&plain));
            buf_put(&text, slice_of("\"]", 3)); /* with its NUL */
            assert_int_equal(screen_has(s, buf_slice(&text)), bit == BITS);
            assert_int_equal(excuse(s, (char *)text.p), bit == BITS);
            screen_free(s);
            buf_free(&plain);
            buf_free(&text);
        }
    }
}

/* Values that begin alike, one given twice, one that begins with a space. */
/* What an attack found: UTF-8 taken for Latin-1, and Latin-1 written in escapes or base64. */
static void test_latin_1(void **state)
{
    static const char *const texts[] = {
        "p\xc3\xa4 w\xc3\xb6rt\xe2\x82\xac",                             /* the value itself */
        "p\xc3\x83\xc2\xa4 w\xc3\x83\xc2\xb6rt\xc3\xa2\xc2\x82\xc2\xac", /* read as Latin-1 */
        "p\\\\xe4 w\\\\xf6rt\\\\u20ac",                                  /* Python's ascii() */
        "p%E4 w%F6rt\xe2\x82\xac",
        "cOQgd/ZydOKCrA==", /* base64 of Latin-1, but for the last */
    };
    struct screen *s = with(S("p\xc3\xa4 w\xc3\xb6rt\xe2\x82\xac"));
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct buf in = BUF_INIT(256), out = BUF_INIT(1024);
        buf_printf(&in, "[\"%s\"]", texts[i]);
        assert_int_equal(run(s, buf_slice(&in), &out), 1);
        assert_true(slice_starts(buf_slice(&out), SLICE_LIT("[\"" MARK)));
        buf_free(&in);
        buf_free(&out);
    }
    check(s, "[\"p\xc3\xa4 wort\"]", "[\"p\xc3\xa4 wort\"]", 0);
    screen_free(s);
}

/* The least that is looked for is three characters of Latin-1: found in each form all the same. */
static void test_short_latin_1(void **state)
{
    static const struct {
        const char *value, *texts[7];
    } rows[] = {
        {"\xc3\xa4\xc3\xb6\xc3\xbc",
         {"%E4%F6%FC", "\\xe4\\xf6\\xfc", "e4f6fc", "5Pb8", "eOT2/A==", "eHjk9vw=", "_2Lk9vw"}},
        {"x\xc3\xa4\xc3\xb6",
         {"x%E4%F6", "&#x78;%e4%f6", "78E4F6", "eOT2", "eHjk9g==", "eHh45PY="}},
        {"\xc3\xa4\xc3\xb6yz", {"%E4%F6yz", "e4f6797a", "5PZ5eg=="}},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct screen *s = with(slice_str(rows[i].value));
        for (size_t k = 0; k < ARRAY_LEN(rows[i].texts) && rows[i].texts[k] != NULL; k++) {
            if (!screen_has(s, slice_str(rows[i].texts[k])))
                fail_msg("%s passes", rows[i].texts[k]);
        }
        assert_false(screen_has(s, S("%E4%F6%FD, %E4%F5%FC, 5Pb7, y%E4%F6, e4f6f0 and eOT1")));
        screen_free(s);
    }
}

static void test_several_values(void **state)
{
    struct screen *s = screen_new(S(LABEL), LISTS_KEY);
    (void)state;
    add(s, S("secret-1"));
    add(s, S("secret-1"));
    add(s, S("secret-1-long"));
    add(s, S("secret-1x"));
    add(s, S(" space"));
    check(s, "[\"secret-1-long secret-1-lo secret-1x\"]", "[\"" MARK " " MARK "-lo " MARK "\"]", 3);
    check(s, "[\"x+space\",\"x%20space\",\"x+spac\"]", "[\"x" MARK "\",\"x" MARK "\",\"x+spac\"]",
          2);
    screen_free(s);
}

/* What looks like an escape and is none. */
static void test_broken_escapes(void **state)
{
    struct screen *s = with(S("\xf0\x9f\x98\x80pass"));
    (void)state;
    check(s, "[\"\\\\ud83d\\\\ude00pass\",\"&#128512;pass\",\"%f0%9f%98%80pass\"]",
          "[\"" MARK "\",\"" MARK "\",\"" MARK "\"]", 3);
    static const char *const rows[] = {
        "[\"\\\\ud83d\"]",
        "[\"\\\\ud83dxxxxxxpass\"]",
        "[\"\\\\ud83d\\\\u0041pass\"]",
        "[\"\\\\ud83d\\\\uZZZZpass\"]",
        "[\"\\\\ude00pass\"]",
        "[\"&#1114112;pass\"]",
        "[\"&#xd83d;pass\"]",
        "[\"&#128512pass\"]",
        "[\"%f0%9f%98%8\"]",
        "[\"\\\\q\"]",
        "[\"\\\\xzz\"]",
        "[\"&unknown;pass\"]",
        "[\"%ud83dpass\"]",
        "[\"%ud83d\\\\ude00pass\"]",
        "[\"%u1f600pass\"]",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(s, rows[i], rows[i], 0);
    screen_free(s);
}

/* Base64 of a long value that is cut off, and of two values side by side. */
/* A backslash before a letter or a digit stands for itself, or for something else. */
static void test_backslashed_letters(void **state)
{
    static const char letters[] = "0189AMYZaopz";
    (void)state;
    for (size_t i = 0; i < sizeof(letters) - 1; i++) {
        char value[32], doc[40];
        (void)snprintf(value, sizeof(value), "abc%cdefghijkl", letters[i]);
        (void)snprintf(doc, sizeof(doc), "[\"abc\\\\%cdefghijkl\"]", letters[i]);
        struct screen *s = with(slice_str(value));
        check(s, doc, doc, 0);
        screen_free(s);
    }
}

/* What is left of a value that was cut goes with its block in the alphabet of URLs too. */
static void test_base64url_neighbours(void **state)
{
    struct screen *s = with(S("abcdefghijklmnopqrstuvwxab?ba>ab?ba>"));
    (void)state;
    check(s, "[\"YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4YWI_YmE-YWI_\"]", "[\"" MARK "\"]", 1);
    screen_free(s);
}

static void test_base64_seams(void **state)
{
    struct buf value = BUF_INIT(4096), code = BUF_INIT(8192), doc = BUF_INIT(8192),
               out = BUF_INIT(8192);
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        buf_printf(&value, "%08x", i * 2654435761u);
    struct screen *s = with(buf_slice(&value));
    base64_1(&code, buf_slice(&value));
    buf_printf(&doc, "[\"%.*s~\"]", 120, (char *)code.p);
    assert_int_equal(run(s, buf_slice(&doc), &out), 1);
    assert_true(slice_eq_str(buf_slice(&out), "[\"dXNlcj" MARK "~\"]"));
    screen_free(s);
    /* The second reaches back into what the first took. */
    s = screen_new(S(LABEL), LISTS_KEY);
    add(s, S("abcdef-1"));
    add(s, S("ghijkl-2"));
    buf_clear(&code);
    buf_clear(&doc);
    buf_clear(&out);
    base64_0(&code, S("abcdef-1ghijkl-2"));
    buf_printf(&doc, "[\"%.*s\"]", (int)code.n, (char *)code.p);
    (void)run(s, buf_slice(&doc), &out);
    assert_true(slice_eq_str(buf_slice(&out), "[\"" MARK "\"]") ||
                slice_eq_str(buf_slice(&out), "[\"" MARK MARK "\"]"));
    screen_free(s);
    buf_free(&value);
    buf_free(&code);
    buf_free(&doc);
    buf_free(&out);
}

/* A label can say nothing but its text, and a value in the label is no loop. */
static void test_label(void **state)
{
    struct screen *s = screen_new(S("w\n\xe2\x80\xae\"x\xff"), LISTS_KEY);
    (void)state;
    add(s, S("redacted"));
    check(s, "[\"redacted\"]", "[\"[redacted: w\\\"x]\"]", 1);
    screen_free(s);
    screen_free(NULL);
}

static void test_room(void **state)
{
    struct screen *s = with(S("aaaaa"));
    struct json j;
    struct buf out = BUF_INIT(50);
    uint32_t hits = 7;
    (void)state;
    j = JSON_INIT;
    assert_ok(json_parse(&j, S("[\"aaaaabaaaaabaaaaab\"]"), NULL));
    assert_string_equal(err_name(screen_message(s, &j, &out, &hits)), "TOO_LARGE");
    assert_int_equal(hits, 3); /* they count although nobody sees the message */
    json_free(&j);
    buf_free(&out);
    screen_free(s);
}

static void test_plain_text(void **state)
{
    struct screen *s = with(S("secret-1"));
    (void)state;
    assert_true(screen_has(s, S("HTTP 401: key %73ecret-1")));
    assert_false(screen_has(s, S("HTTP 401")));
    assert_false(screen_has(s, SLICE_EMPTY));
    screen_free(s);
}

/* Values whose base64 differs from base64url by one sign alone, either of the two. */
static void test_one_sign(void **state)
{
    static const char *const values[] = {"ab?cd?efghij", "ab>cd>efghij"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct screen *s = with(slice_str(values[i]));
        struct buf text = BUF_INIT(64);
        buf_put_str(&text, "[\"");
        base64_put(&text, BASE64_URL, slice_str(values[i]));
        buf_put(&text, S("\"]\0"));
        check(s, (const char *)text.p, "[\"" MARK "\"]", 1);
        buf_free(&text);
        screen_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_sign),
        cmocka_unit_test(test_every_encoding_everywhere),
        cmocka_unit_test(test_non_interference),
        cmocka_unit_test(test_replacement),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_blobs),
        cmocka_unit_test(test_short_values),
        cmocka_unit_test(test_any_run),
        cmocka_unit_test(test_any_run_of_letters),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_overlaps),
        cmocka_unit_test(test_every_reading),
        cmocka_unit_test(test_every_way_in_each_place),
        cmocka_unit_test(test_escaped_neighbours),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_latin_1),
        cmocka_unit_test(test_short_latin_1),
        cmocka_unit_test(test_several_values),
        cmocka_unit_test(test_broken_escapes),
        cmocka_unit_test(test_backslashed_letters),
        cmocka_unit_test(test_base64url_neighbours),
        cmocka_unit_test(test_base64_seams),
        cmocka_unit_test(test_label),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_plain_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
