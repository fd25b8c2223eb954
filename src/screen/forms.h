/*
 * Between forms.c, which makes what stands for the values, and match.c, which finds it. A value is
 * cut into blocks that do not overlap; each block has a pattern for each way to write it.
 */
#ifndef SG_SCREEN_FORMS_H
#define SG_SCREEN_FORMS_H

#include "screen/screen.h"

struct screen_pattern {
    uint32_t at;       /* in screen.bytes */
    uint32_t n, whole; /* so many characters are enough; so many are the whole block */
    uint32_t head;     /* its first SCREEN_HEAD characters */
    uint32_t next;     /* in the same list: its number and one, or 0 */
    uint32_t block;
    uint8_t bits;           /* of the value in each character: 8, 4, or 6 for base64 */
    uint8_t lead, trail;    /* bits of the block before the first character and behind the n-th */
    uint32_t before, after; /* so many bytes of the value may stand beside it without a block */
    bool last;              /* of its value */
};

struct screen_block {
    uint32_t pattern, patterns; /* in screen.patterns; the first is the block as it is */
    uint32_t same;              /* the block with the same bytes that was there before, or itself */
    bool known;                 /* the request had it, whole */
};

struct screen_value {
    uint32_t block, blocks; /* in screen.blocks */
    uint32_t of;            /* the number of the value that this is another form of, or its own */
};

#define SCREEN_HEAD  3 /* of SCREEN_VALUE_MIN bytes Latin-1 and base64 may leave no more */
#define SCREEN_PAIRS (1 << 14 >> 3)
#define SCREEN_LISTS 8 /* bits of their number to begin with */

struct screen {
    struct buf label;
    struct buf bytes;                    /* the values, as they are and in each encoding */
    struct buf patterns, blocks, values; /* arrays of these structs */
    uint32_t last;                       /* the value of which forms are added */
    size_t distinct, known;              /* blocks, each once; those of them that are known */
    size_t steps, left;                  /* taken so far; left for this text */
    bool gave_up;
    uint32_t *lists;               /* by their heads: a pattern's number and one, or 0 */
    unsigned lists_bits;           /* there are 2 to so many */
    uint64_t key;                  /* of screen_list */
    bool first[256];               /* by byte: a pattern begins so */
    uint8_t two[SCREEN_PAIRS];     /* by seven bits of two bytes, one bit each: the same */
    uint8_t written[SCREEN_PAIRS]; /* the same of two bytes of a text, which may be of escapes */
};

static inline struct screen_pattern *screen_pattern(const struct screen *s, size_t i)
{
    return (struct screen_pattern *)(void *)s->patterns.p + i;
}

static inline struct screen_block *screen_block(const struct screen *s, size_t i)
{
    return (struct screen_block *)(void *)s->blocks.p + i;
}

static inline struct screen_value *screen_value(const struct screen *s, size_t i)
{
    return (struct screen_value *)(void *)s->values.p + i;
}

static inline size_t screen_values(const struct screen *s)
{
    return s->values.n / sizeof(struct screen_value);
}

static inline bool screen_bit(const uint8_t *pairs, uint8_t a, uint8_t b)
{
    return pairs[(a & 127) << 4 | (b & 127) >> 3] >> (b & 7) & 1;
}

/* The list of the patterns that begin so, among others: which others, depends on the key alone (a
 * universal family: Dietzfelbinger and others 1997, multiply-shift). */
static inline uint32_t *screen_list(const struct screen *s, uint32_t head)
{
    return &s->lists[head * s->key >> (64 - s->lists_bits)];
}

static inline uint32_t screen_head(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

#endif
