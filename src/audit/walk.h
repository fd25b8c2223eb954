/* Following the chain of the audit log, line by line. */
#ifndef SG_AUDIT_WALK_H
#define SG_AUDIT_WALK_H

#include "audit/line.h"
#include "audit/verify.h"

struct log_walk {
    uint64_t lines;            /* followed so far, or the one that it began behind */
    uint64_t seq;              /* of the newest record; 0 before the first */
    uint64_t epoch;            /* of the newest record */
    uint64_t signed_seq;       /* of the newest head */
    struct digest last;        /* hash of the last line */
    struct digest head;        /* hash of the newest record; zeros before the first */
    struct sign_public public; /* of the first line */
    bool skip_signatures;      /* set it to check none: whoever checks the last one has checked all
                                  hashes before it */
};

/* Begins in the middle of a chain, behind this head of it, which is believed. */
void walk_from(struct log_walk *w, const struct line *head, const struct sign_public *public);

/*
 * The next line (without its line feed). AUDIT_SOUND: it continues the chain, *ret holds it, and w
 * has gone on. Otherwise w is as it was, and the answer says what is wrong. The key of the first
 * line must be wanted, when that is not NULL.
 */
enum audit_fault walk_line(struct log_walk *w, struct slice text, const struct sign_public *wanted,
                           struct line *ret);

#endif
