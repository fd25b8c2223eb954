/* Connections: a person's credential for one client at one upstream, and the lease on it. All but
 * connection_shown inside work, or where the store is read. */
#ifndef SG_KEEPER_CONNECTION_H
#define SG_KEEPER_CONNECTION_H

#include "keeper/core.h"
#include "keeper/policy.h"

/* The end of a lease that no time ends. */
#define LEASE_FOR_EVER UINT64_MAX

struct connection_now {
    enum policy_standing standing;
    struct connection_id id; /* zero when there is none */
    struct lease_id lease;   /* zero when there is none */
    uint64_t until;          /* of the lease, or LEASE_FOR_EVER; 0 when there is none */
    bool counted;            /* the lease has a last use */
    struct digest request;   /* of a lease for one request: which (zero: for none) */
};

/* How they stand with the upstream of that index; STAND_ONCE whatever request it is for. */
MUST_USE enum err connection_stand(struct keeper *k, const struct principal *who, uint16_t upstream,
                                   struct connection_now *ret);

struct lease_now {
    enum lease_kind kind;
    int64_t uses_left; /* -1: no limit */
    uint64_t expires;  /* 0: never */
    struct digest request;
};

/* What pages and lists call one in that state, with what its lease has left and when that ends. */
enum connection_state connection_shown(enum connection_stored s, int64_t uses_left,
                                       uint64_t expires, uint64_t now);
/* What the messages for both say of a struct shown_row, but for its upstream's index. */
#define CONNECTION_SAID(row, now)                                                                  \
    .connection = (row)->id, .client_label = slice_str((row)->label),                              \
    .state = connection_shown((row)->state, (row)->uses_left, (row)->expires, (now)),              \
    .lease = (row)->kind, .created = (row)->created, .last_used = (row)->last_used,                \
    .expires = (row)->expires,                                                                     \
    .uses_left = (row)->uses_left < 0 ? UINT32_MAX : (uint32_t)(row)->uses_left

/* A new one, pending until it is promoted. */
MUST_USE enum err connection_begin(struct keeper *k, const struct principal *who,
                                   const char *upstream, struct connection_id *ret);
struct promotion {
    struct principal who;
    uint16_t upstream;
    struct connection_id id;
    bool tested;
    struct digest request; /* that the person was asked for, or zero */
};
/* The pending one takes the place of the one before (*ret_old, zero when there was none) and gets
 * its lease. */
MUST_USE enum err connection_promote(struct keeper *k, const struct promotion *p,
                                     struct connection_id *ret_old);
/* From live to that state, if it is live; *ret whether it was. */
MUST_USE enum err connection_end(struct keeper *k, struct connection_id id,
                                 enum connection_stored state, bool *ret);
/* Whether the store still lets it be used: live, or pending for a trial. ERR_UPSTREAM_REFUSED: it
 * went stale; ERR_SUSPENDED; ERR_FORBIDDEN: it is gone, or none of these. */
MUST_USE enum err connection_usable(struct keeper *k, struct connection_id id, bool trial);

/* Takes one use, by compare-and-set; *ret whether the lease counts them. ERR_NOT_FOUND: there is
 * none left. */
MUST_USE enum err lease_take(struct keeper *k, struct lease_id id, bool *ret);
/* A new lease. */
MUST_USE enum err lease_grant(struct keeper *k, struct connection_id c, const struct lease_now *l,
                              struct lease_id *ret);

#endif
