/* What the targets share: stop when something that must hold does not, and cut the input in pieces.
 */
#ifndef SG_FUZZ_FUZZ_H
#define SG_FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "replay.h"

#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #cond);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Cuts a line off the front of *s. */
static inline struct slice fuzz_line(struct slice *s)
{
    size_t k = slice_find_byte(*s, '\n');
    struct slice line = slice_sub(*s, 0, k);
    *s = slice_sub(*s, k + 1, s->n);
    return line;
}

#endif
