/* The process: what all its parts share. */
#ifndef SG_EGRESS_EGRESS_H
#define SG_EGRESS_EGRESS_H

#include "base/group.h"
#include "base/share.h"
#include "egress/conf.h"
#include "egress/flow.h"
#include "egress/session.h"
#include "ipc/role.h"

struct egress_dial;
struct pools;
struct refusal_open;
struct stored;
struct transport;
struct use;

struct egress {
    struct role_self *role;
    struct loop *loop;
    struct egress_conf conf;
    const struct transport *transport;
    struct pools *pools; /* exchange.c's */
    struct sessions sessions;
    struct stored *stored;     /* snapshot.c's */
    struct shares shares;      /* of agent keys, in what their uses hold */
    struct use *by_id;         /* not over yet */
    struct use *by_call;       /* with a gateway's half */
    struct groups permitted;   /* by connection; uses that are not over */
    struct groups waiting;     /* flows of their uses, by gateway */
    struct egress_dial *dials; /* that the dialer is not done with */
    struct groups dialing;     /* the same by agent key */
    struct groups to_dial;     /* by agent key; uses that wait for its turn */
    uint64_t last_dial;
    struct refusal_open *refusals; /* that wait for their permit, by number */
    uint64_t last_refusal;
    uint64_t screen_key; /* random */
    struct chan *keeper; /* NULL: there is none now */
};

#endif
