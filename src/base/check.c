/*
 * The end of a process that found a bug of ours in itself. Run by every role; trusts nothing but
 * the literals it is given, and uses no memory of its own, so that it works when the heap is
 * damaged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/defs.h"

void bug_at(const char *file, int line, const char *what)
{
    char text[512];
    int n = snprintf(text, sizeof text, "bug at %s:%d: %s\n", file, line, what);

    if (n > 0) {
        size_t len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;

        IGNORE(write(STDERR_FILENO, text, len)); /* the process ends on the next line anyway */
    }
    abort();
}
