/*
 * Kinds of handoff: what differs between them, a row each. The same for all are how one lives
 * (handoff.def), how often a person may be asked (handoff.c), and how what was given comes in and is
 * tried (submit.c). What a person sees of a kind is in surface/page.h.
 */
#ifndef SG_KEEPER_KIND_H
#define SG_KEEPER_KIND_H

#include "keeper/connection.h"
#include "keeper/handoff.h"
#include "keeper/session.h"

/* By whom and for what something was given. */
struct kind_given {
    const struct keeper_session *by;
    const struct handoff_row *row;
    const struct keeper_upstream *upstream;
};

struct kind {
    /* The kinds of lease, as bits, with which a yes is for one request: one of this kind is live for
     * each. Else one is for a person, client and upstream. */
    unsigned apart;
    enum limit life, tries; /* what ends it when nobody does */
    /* That the person is here, now. */
    bool (*proves)(const struct user_row *u, const struct sec *verifier);
    /* Inside work: what was in the box becomes a connection that is pending. ERR_PROTOCOL: surface
     * did not make it of this kind's form. */
    enum err (*take)(struct keeper *k, const struct kind_given *g, struct slice plain,
                     struct connection_id *ret);
    /* Whether the upstream is asked before it is accepted. */
    bool (*tried)(const struct keeper_upstream *u);
    /* Inside work: what completion grants. */
    enum err (*grant)(struct keeper *k, const struct promotion *p, struct connection_id *ret_old);
};

const struct kind *kind_of(enum handoff_kind k);
/* What follows from the need, and from the upstream's lease. */
void kind_ask(const struct keeper_upstream *u, struct handoff_ask *ask);
/* 0 or 1: the next wrong one is the last. */
uint32_t kind_tries_left(const struct handoff_row *row);

#endif
