/*
 * What every unit test includes first: cmocka with the headers that it wants before it, and a few
 * assertions on our own types.
 */
#ifndef SG_UNIT_H
#define SG_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/slice.h"

/* gcc says it by a macro, clang by a feature. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#else
#define UNDER_ASAN 0
#endif

/* The names are printed when it fails. */
#define assert_err(expression, wanted) assert_string_equal(err_name(expression), err_name(wanted))

#define assert_slice(got, text)                                                                    \
    do {                                                                                           \
        struct slice got_ = (got);                                                                 \
        struct slice want_ = SLICE_LIT(text);                                                      \
        assert_int_equal(got_.n, want_.n);                                                         \
        if (want_.n > 0)                                                                           \
            assert_memory_equal(got_.p, want_.p, want_.n);                                         \
    } while (0)

/* Runs fn(ctx) in a child and fails unless it ends by the signal. The child's message is not shown.
 */
static inline void assert_dies(void (*fn)(void *ctx), void *ctx, int sig)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none); /* a core file more is no harm */
        (void)signal(SIGABRT, SIG_DFL);      /* cmocka catches them in the parent */
        (void)signal(SIGSEGV, SIG_DFL);
        close(STDERR_FILENO);
        fn(ctx);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), sig);
}

#define assert_aborts(fn, ctx) assert_dies((fn), (ctx), SIGABRT)

#endif
