/*
 * Parts of a typed value: first byte how many there may be, the rest the value. Each lies in the
 * value, or is shorter than what it was decoded from or written out from; the whole is told once
 * and is the only one that may be made of others; the same value has the same parts. A screen that
 * was told of them as egress tells it finds the value, and each part by itself.
 */
#include "base/limits.h"
#include "fuzz.h"
#include "screen/parts.h"
#include "screen/screen.h"

struct seen {
    struct slice value;
    struct screen *screen;
    struct buf all; /* every part, for comparing */
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
    if (p->kind == PARTS_OWN)
        screen_add(seen->screen, p->bytes, p->from, p->to);
    else if (p->kind == PARTS_FORM)
        screen_add_form(seen->screen, p->bytes, p->from, p->to);
    else
        screen_add_made(seen->screen, p->bytes);
    MUST(screen_has(seen->screen, p->bytes));
}

static void take_apart(struct slice value, size_t most, struct seen *ret)
{
    *ret = (struct seen){
        .value = value, .screen = screen_new(SLICE_LIT("w"), value.n), .all = BUF_INIT(SIZE_MAX)};
    size_t n = parts_of(value, most, on_part, ret);
    MUST(n == ret->n && n <= (most > 0 ? most + 1 : 1) + 2);
    MUST(ret->wholes == (value.n >= SCREEN_VALUE_MIN));
    MUST(value.n < SCREEN_VALUE_MIN || screen_has(ret->screen, value));
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
    return 0;
}
