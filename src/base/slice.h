/*
 * A slice: bytes that somebody else owns. Never NUL-terminated, never assumed to be text.
 * A slice lives as long as what it points into; a function that returns one says what that is.
 */
#ifndef SG_BASE_SLICE_H
#define SG_BASE_SLICE_H

#include <string.h>

#include "base/defs.h"

struct slice {
    const uint8_t *p; /* may be NULL only when n is 0 */
    size_t n;         /* bytes */
};

#define SLICE_EMPTY ((struct slice){NULL, 0})
/* From a string literal; the terminating NUL is not part of it. */
#define SLICE_LIT(s) ((struct slice){(const uint8_t *)("" s), sizeof(s) - 1})

static inline struct slice slice_of(const void *p, size_t n)
{
    BUG_IF(!p && n > 0);
    return (struct slice){p, n};
}

/* From a NUL-terminated string of ours (never of a peer's). */
struct slice slice_str(const char *s);
/* Bytes [from, to) of s; indices beyond the end are clamped, so the result is always inside s. */
static inline struct slice slice_sub(struct slice s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    if (!s.p)
        return SLICE_EMPTY;
    return (struct slice){s.p + from, to - from};
}

/* Not for secrets: the time depends on the content. sec_equal() is for those. */
static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Below, at or above 0 as a comes before, is or comes after b, by bytes; a beginning comes first.
 * Not for secrets: the time tells where they differ. */
int slice_cmp(struct slice a, struct slice b);
bool slice_eq_str(struct slice a, const char *b);
/* ASCII letters compare without case; for header names (RFC 9110 5.1) and schemes. */
bool slice_eq_nocase(struct slice a, struct slice b);
bool slice_starts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);
/* Index of the first byte c, or s.n when there is none. */
size_t slice_find_byte(struct slice s, uint8_t c);
/* Index of the first occurrence of needle, or s.n when there is none. An empty needle is found at
 * 0. */
size_t slice_find(struct slice s, struct slice needle);
/* Cuts the first n bytes off *s and gives them; fewer when there are fewer. */
struct slice slice_take(struct slice *s, size_t n);
/* Cuts off *s what stands before the first byte c, and that byte; without one all of it. */
struct slice slice_until(struct slice *s, uint8_t c);
/* s without leading and trailing bytes of the optional white space SP and HTAB (RFC 9110 5.6.3). */
struct slice slice_trim(struct slice s);

/*
 * Decimal digits only, no sign, no leading zero but "0" itself; the whole slice.
 * Sets *ret and returns true, or returns false and leaves *ret alone (empty, other bytes, > max).
 */
MUST_USE bool slice_to_u64(struct slice s, uint64_t max, uint64_t *ret);

/*
 * Copies s and a NUL into dst of size dst_n bytes. False, and dst holds "", when s does not fit or
 * has a NUL inside.
 */
MUST_USE bool slice_to_cstr(struct slice s, char *dst, size_t dst_n);
/* Copies the first bytes of s that fit into dst_n bytes, and returns how many; dst must not
 * overlap. */
size_t slice_copy(struct slice s, void *dst, size_t dst_n);

#endif
