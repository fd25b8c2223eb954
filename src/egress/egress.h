/* The process: what all its parts share. */
#ifndef SG_EGRESS_EGRESS_H
#define SG_EGRESS_EGRESS_H

#include "egress/conf.h"
#include "egress/pool.h"
#include "egress/session.h"
#include "egress/tls.h"
#include "ipc/role.h"

struct use;

struct egress {
    struct role_self *role;
    struct loop *loop;
    struct conf conf;
    struct trust *trust; /* NULL: the upstream is reached without TLS */
    struct pools *pools;
    struct sessions sessions;
    struct use *by_id;   /* not over yet */
    struct use *by_call; /* with a gateway's half */
    struct use *by_dial; /* waiting for a socket */
    uint64_t last_dial;
    struct chan *keeper; /* NULL: there is none now */
};

/* join.c: messages of the keeper and the gateways. */
void join_permit(struct egress *all, struct chan *c, struct msg_permit *m);
void join_head(struct egress *all, struct chan *c, const struct msg_send_head *m);
void join_param(struct egress *all, struct chan *c, const struct msg_send_param *m);
void join_part(struct egress *all, struct chan *c, const struct msg_send_part *m);
/* The use of this gateway's call, or NULL. */
struct use *join_find(const struct egress *all, const struct chan *c, uint64_t call);

/* use.c: what ends or moves uses from outside. */
void uses_dialed(struct egress *all, uint64_t dial, int fd);
void uses_dial_failed(struct egress *all, uint64_t dial, enum err code);
void uses_credit(struct egress *all, struct chan *c, uint64_t call, uint32_t bytes);
void uses_cancel(struct egress *all, struct chan *c, uint64_t call);
void uses_drop(struct egress *all, const struct connection_id *connection);
void uses_lost_keeper(struct egress *all, const struct chan *c);
void uses_lost_gateway(struct egress *all, const struct chan *c);
void uses_lost_dialer(struct egress *all);
void uses_writable(struct egress *all, const struct chan *c);
void uses_stop(struct egress *all);

#endif
