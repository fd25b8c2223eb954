/*
 * What of a typed value is looked for (SECURITY.md, "What of a value is looked for"). A person
 * types more than the secret: a scheme, a name, a connection string, a document. What of it is a
 * secret by itself comes back by itself, so it is a value of its own; what is public (a scheme, a
 * host, a user name, the keys of a document, the beginning that all tokens of a service share) is
 * never looked for by itself, or ordinary text would be redacted. Whatever looks like a key
 * (keys_random) is in a secret part, unless a public name stands before it. The words that decide
 * stand in parts.def. Pure; time is linear in the value.
 */
#ifndef SG_SCREEN_PARTS_H
#define SG_SCREEN_PARTS_H

#include "base/slice.h"

enum parts_kind {
    PARTS_OWN,  /* a secret by itself */
    PARTS_FORM, /* the last PARTS_OWN written in another usual way, or what it stands for */
    PARTS_MADE, /* the whole value, made of parts that were named before and of what is public */
};

struct parts_part {
    struct slice bytes;
    size_t from, to; /* this range of bytes is secret; empty: they are so only all together */
    enum parts_kind kind;
};

/* The part lives until fn returns. */
typedef void parts_fn(void *ctx, const struct parts_part *part);

/*
 * Names each part to fn, and at last the whole value unless it was named; how many that were. A
 * value of no known form, or of more than `most` parts, is one secret: itself. Nothing under
 * SCREEN_VALUE_MIN bytes is named.
 */
size_t parts_of(struct slice value, size_t most, parts_fn *fn, void *ctx);

#endif
