/*
 * The settable limits and their present values. Run by every role: the supervisor checks what the
 * configuration says, the others get the values by message before they read a byte from outside.
 */
#include "base/limits.h"

static const struct limit_row rows[SET_COUNT] = {
#define S(name, text, def, min, max, unit, why) {text, def, min, max, #unit, why},
#include "base/limits.def"
};

static uint64_t values[SET_COUNT] = {
#define S(name, text, def, min, max, unit, why) def,
#include "base/limits.def"
};

const struct limit_row *limit_row(enum limit l)
{
    BUG_IF((unsigned)l >= SET_COUNT);
    return &rows[l];
}

uint64_t limit_get(enum limit l)
{
    BUG_IF((unsigned)l >= SET_COUNT);
    return values[l];
}

enum err limit_set(enum limit l, uint64_t value)
{
    const struct limit_row *row = limit_row(l);

    if (value < row->min || value > row->max)
        return ERR_OUT_OF_RANGE;
    values[l] = value;
    return ERR_OK;
}

bool limit_by_text(struct slice text, enum limit *ret)
{
    for (unsigned i = 0; i < SET_COUNT; i++) {
        if (slice_eq_str(text, rows[i].text)) {
            *ret = (enum limit)i;
            return true;
        }
    }
    return false;
}
