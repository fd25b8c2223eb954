/* A line of a role's log: what the supervisor takes is one line of printable text in its own name,
 * and reads as the same event with the same fields. */
#include "fuzz.h"
#include "supervisor/logline.h"

static void must_be_one_line(struct slice s)
{
    MUST(s.n > 0 && s.p[s.n - 1] == '\n');
    for (size_t i = 0; i + 1 < s.n; i++)
        MUST(s.p[i] >= 0x20 && s.p[i] <= 0x7e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out = BUF_INIT(SIZE_MAX), again = BUF_INIT(SIZE_MAX);
    struct logline l = {.time = size, .process = "gateway 0", .pid = 7};
    enum level level;
    struct slice event, rest;

    if (logline_parse(slice_of(data, size), &l.level, &l.event, &l.rest)) {
        logline_put(&out, &l);
        must_be_one_line(buf_slice(&out));
        buf_put_str(&again, level_name(l.level));
        buf_put_u8(&again, ' ');
        buf_put(&again, l.event);
        buf_put(&again, l.rest);
        MUST(slice_eq(buf_slice(&again), slice_of(data, size)));
        MUST(logline_parse(buf_slice(&again), &level, &event, &rest));
        MUST(level == l.level && slice_eq(event, l.event) && slice_eq(rest, l.rest));
        MUST(l.event.n > 0 && (rest.n == 0 || rest.p[0] == ' '));
    }
    buf_free(&out);
    buf_free(&again);
    return 0;
}
