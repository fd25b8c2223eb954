/*
 * The screen: first line the value, second line a request, the rest an answer. What comes out is
 * JSON of the same shape, and the value is in none of its texts.
 */
#include "fuzz.h"
#include "screen/screen.h"

/* The label's own characters can complete a value at the seam, so only values without them are
 * looked for afterwards. */
static bool can_tell(struct slice value)
{
    for (size_t i = 0; i < value.n; i++) {
        if (slice_find_byte(SLICE_LIT("[redacted: w]#0123456789"), value.p[i]) <
            SLICE_LIT("[redacted: w]#0123456789").n)
            return false;
    }
    return value.n >= SCREEN_VALUE_MIN;
}

static void check_out(struct slice value, const struct json *j, struct slice out)
{
    struct json again;
    json_init(&again);
    enum err e = json_parse(&again, out, NULL);
    /* Numbers keep redacted keys apart, but a hostile answer may have such keys already: then the
     * gateway refuses it. */
    MUST(e == ERR_OK || e == ERR_DUPLICATE_KEY);
    if (e == ERR_OK) {
        MUST(again.n == j->n);
        for (uint32_t i = 0; i < again.n && can_tell(value); i++) {
            struct buf s = BUF_INIT(SIZE_MAX);
            if (json_str(&again, i, &s) == ERR_OK)
                MUST(slice_find(buf_slice(&s), value) == s.n);
            buf_free(&s);
        }
    }
    json_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size), value = fuzz_line(&in), request = fuzz_line(&in);
    struct screen *s = screen_new(SLICE_LIT("w"));
    struct json j;
    struct buf out = BUF_INIT(1 << 20);
    uint32_t hits = 0;
    json_init(&j);
    screen_add(s, value);
    if (json_parse(&j, in, NULL) == ERR_OK) {
        enum err e = screen_message(s, &j, &out, &hits);
        MUST(e == ERR_OK || e == ERR_TOO_LARGE);
        if (e == ERR_OK)
            check_out(value, &j, buf_slice(&out));
    }
    if (json_parse(&j, request, NULL) == ERR_OK) {
        screen_excuse(s, &j);
        /* What the request has passes from then on. */
        buf_clear(&out);
        MUST(screen_message(s, &j, &out, &hits) == ERR_OK && hits == 0);
    }
    json_free(&j);
    buf_free(&out);
    screen_free(s);
    return 0;
}
