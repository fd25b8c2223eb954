/* The process: what all its parts share. */
#ifndef SG_EGRESS_EGRESS_H
#define SG_EGRESS_EGRESS_H

#include "base/share.h"
#include "egress/conf.h"
#include "egress/pool.h"
#include "egress/session.h"
#include "egress/tls.h"
#include "ipc/role.h"

struct dial;
struct use;

struct egress {
    struct role_self *role;
    struct loop *loop;
    struct conf conf;
    struct trust *trust; /* NULL: the upstream is reached without TLS */
    struct pools *pools;
    struct sessions sessions;
    struct shares shares;      /* of agent keys, in what their uses hold */
    struct use *by_id;         /* not over yet */
    struct use *by_call;       /* with a gateway's half */
    struct dial *dials;        /* that the dialer is not done with */
    TAILQ_HEAD(, use) to_dial; /* waiting for their key's turn */
    uint64_t last_dial;
    TAILQ_HEAD(, refusal_open) refusals; /* that wait for their permit */
    uint64_t last_refusal;
    uint64_t screen_key; /* random */
    struct chan *keeper; /* NULL: there is none now */
};

/* join.c: messages of the keeper and the gateways. */
void join_permit(struct egress *all, struct chan *c, struct msg_permit *m);
void join_head(struct egress *all, struct chan *c, const struct msg_send_head *m);
void join_param(struct egress *all, struct chan *c, const struct msg_send_param *m);
void join_part(struct egress *all, struct chan *c, const struct msg_send_part *m);
/* By its id, or NULL. */
struct use *join_find_id(const struct egress *all, const struct use_id *id);
/* The use of this gateway's call, or NULL. */
struct use *join_find(const struct egress *all, const struct chan *c, uint64_t call);

/* refuse.c: the upstream asked what that call's client cannot be asked. */
void uses_refuse(struct egress *all, struct chan *c, const struct msg_ask_refuse *m);

/* state.c: how a call goes on whose answer asks for input. */
void uses_sealed(struct egress *all, struct chan *c, const struct msg_state_sealed *m);

/* dial.c: what comes of dials. */
/* The socket of a dial. fd is taken over, and closed when nobody waits for it any more. */
void uses_dialed(struct egress *all, uint64_t dial, int fd);
/* code is told as why the request was not sent. */
void uses_dial_failed(struct egress *all, uint64_t dial, enum err code);
/* Who waits for a socket waits in vain. */
void uses_lost_dialer(struct egress *all);

/* use.c: what ends or moves uses from outside. */
/* The gateway takes that many bytes more of the answer. */
void uses_credit(struct egress *all, struct chan *c, uint64_t call, uint32_t bytes);
/* The gateway's call ended: nobody waits. */
void uses_cancel(struct egress *all, struct chan *c, uint64_t call);
/* The connection was revoked: its uses, sessions and pools end. */
void uses_drop(struct egress *all, const struct connection_id *connection);
/* What this use rode on is over; of a permit of this keeper. */
void uses_cut(struct egress *all, const struct chan *c, const struct use_id *id);
/* What has not been sent is not; what has been goes on, and its result is lost. */
void uses_lost_keeper(struct egress *all, const struct chan *c);
/* Its calls end as with uses_cancel. */
void uses_lost_gateway(struct egress *all, const struct chan *c);
/* The channel takes messages again. */
void uses_writable(struct egress *all, const struct chan *c);
/* Ends all. */
void uses_stop(struct egress *all);

#endif
