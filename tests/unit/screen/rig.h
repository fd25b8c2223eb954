/* What the tests of the screen share: a screen with a value, and every encoding written a second
 * time. */
#ifndef SG_TEST_SCREEN_RIG_H
#define SG_TEST_SCREEN_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "screen/match.h"
#include "screen/screen.h"

#define S(lit)    slice_of("" lit, sizeof(lit) - 1)
#define LABEL     "weather"
#define LISTS_KEY UINT64_C(0x9e3779b97f4a7c15)
#define MARK      "[redacted: weather]"
#define SECRET    "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
/* Bytes that every encoding has to write in some other way. */
#define AWKWARD "p\"a\\s/s w+o%r&d<\xc3\xa9>'\xf0\x9f\x98\x80"

#define assert_ok(expr) assert_string_equal(err_name(expr), "OK")

/* All of the value is secret. */
void add(struct screen *s, struct slice value);
struct screen *with(struct slice value);
/* The message screened; the caller frees out. */
uint32_t run(struct screen *s, struct slice text, struct buf *out);
void check(struct screen *s, const char *in, const char *want, uint32_t hits);

/* Of a request without headers: how many blocks it has. */
size_t excuse(struct screen *s, const char *request);

typedef void encoder(struct buf *out, struct slice v);

enum { ENCODERS = 22 };
extern const struct encoder_row {
    const char *name;
    encoder *fn;
    bool among; /* other bytes stand around, and stay */
    bool moves; /* what follows moves with the value's length */
} encoders[ENCODERS];

/* The first two of base64: alone, and after "user:". */
encoder base64_0, base64_1;
/* Each character by its code point; way 0: \uXXXX. */
void by_code_point(struct buf *out, struct slice v, int way);

#endif
