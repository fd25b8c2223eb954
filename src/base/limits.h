/*
 * Every length, count, depth and time that comes from outside has a name here.
 * limits.def: fixed ones (L) are compile-time constants LIM_x; settable ones (S) have a default, a
 * minimum and a maximum, can be set under "limits:" in the configuration file, and are read with
 * limit_get(SET_x).
 */
#ifndef SG_BASE_LIMITS_H
#define SG_BASE_LIMITS_H

#include "base/err.h"
#include "base/slice.h"

enum {
#define L(name, value, unit, why) LIM_##name = (value),
#include "base/limits.def"
};

enum limit {
#define S(name, text, def, min, max, unit, why) SET_##name,
#include "base/limits.def"
    SET_COUNT
};

struct limit_row {
    const char *text; /* the key in the configuration file */
    uint64_t def, min, max;
    const char *unit; /* "bytes", "count", "seconds", "milliseconds" */
    const char *why;
};

/* Row of a settable limit; static. */
const struct limit_row *limit_row(enum limit l);
/* The value now in force, in the row's unit. */
uint64_t limit_get(enum limit l);
/* ERR_OK, or ERR_OUT_OF_RANGE outside the row's minimum and maximum (nothing is changed). */
MUST_USE enum err limit_set(enum limit l, uint64_t value);
/* True and *ret set when a settable limit has that configuration key. */
MUST_USE bool limit_by_text(struct slice text, enum limit *ret);

#endif
