/* What screen/parts hands on, and where it ends: shared by its two files. */
#ifndef SG_SCREEN_PARTS_IN_H
#define SG_SCREEN_PARTS_IN_H

#include "screen/names.h"
#include "screen/parts.h"

struct parts {
    parts_fn *fn; /* NULL: they are only counted */
    void *ctx;
    struct slice whole;
    size_t n;
    bool has_whole;
    bool eager; /* nothing was found yet: what is NAME_UNKNOWN is taken for a secret */
};

/* [from, to) of a text. */
struct range {
    size_t from, to;
};

/* A part of that kind, of which that range is secret; or all from there on. */
void parts_tell_range(struct parts *p, enum parts_kind kind, struct slice s, struct range secret);
void parts_tell(struct parts *p, enum parts_kind kind, struct slice s, size_t from);
/* Whether it is a token of a kind that is known, or one that nobody would write by hand. */
bool parts_is_key(struct slice s, bool known_only);
/* What is none of the forms: a secret as it stands, with its other usual forms, if the hint or its
 * look says so. */
void parts_leaf(struct parts *p, struct slice s, enum name_hint hint);
/* What stands where there is a scheme, a name, a user, a host or a path. A form hands on all of its
 * piece, here or to split: so what looks like a key is a secret wherever it stands, unless a public
 * name stands before it. */
void parts_leave(struct parts *p, struct slice s, enum name_hint hint);

#endif
