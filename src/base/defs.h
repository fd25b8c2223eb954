/* What every file may use: attributes, array length, and the two ways to stop on our own bugs. */
#ifndef SG_BASE_DEFS_H
#define SG_BASE_DEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE          __attribute__((warn_unused_result))
#define UNUSED            __attribute__((unused))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN          __attribute__((noreturn))
/* Ignores what a MUST_USE function returns, for which gcc does not accept a cast to void. Say why
 * beside it. */
#define IGNORE(call)                                                                               \
    do {                                                                                           \
        __typeof__(call) ignored_ = (call);                                                        \
        (void)ignored_;                                                                            \
    } while (0)
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Whether this is a build with sanitizers, which have no jail. */
#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* Our own invariant is broken: say where and abort. Never on a value that a peer chose. Stays on in
 * release builds. */
#define BUG_IF(cond)                                                                               \
    do {                                                                                           \
        if (__builtin_expect(!!(cond), 0))                                                         \
            bug_at(__FILE__, __LINE__, #cond);                                                     \
    } while (0)

NORETURN void bug_at(const char *file, int line, const char *what);

#endif
