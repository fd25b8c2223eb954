/* What every test in this folder includes: cmocka, and comparing buffers with C strings. */
#ifndef TESTS_UNIT_PROTO_TEST_H
#define TESTS_UNIT_PROTO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"

/* A slice of a literal that may hold NUL. */
#define S(lit) slice_of("" lit, sizeof(lit) - 1)

#define assert_ok(expr)      assert_string_equal(err_name(expr), "OK")
#define assert_err(expr, e)  assert_string_equal(err_name(expr), err_name(e))
#define assert_slice(s, lit) assert_slice_is((s), S(lit), __FILE__, __LINE__)
#define assert_buf(b, lit)   assert_slice_is(buf_slice(b), S(lit), __FILE__, __LINE__)

static inline void assert_slice_is(struct slice got, struct slice want, const char *file, int line)
{
    if (slice_eq(got, want))
        return;
    print_error("%s:%d: got  %.*s\n", file, line, (int)got.n, (const char *)got.p);
    print_error("%s:%d: want %.*s\n", file, line, (int)want.n, (const char *)want.p);
    _fail(file, line);
}

#endif
