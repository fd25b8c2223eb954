/* The gateway's state; one a process. */
#ifndef SG_GATEWAY_GATEWAY_H
#define SG_GATEWAY_GATEWAY_H

#include "gateway/call.h"
#include "gateway/conf.h"
#include "gateway/keys.h"
#include "gateway/params.h"
#include "gateway/refusals.h"
#include "gateway/session.h"
#include "ipc/chan.h"

/* A channel to one egress process. */
struct egress {
    LIST_ENTRY(egress) entry;
    struct chan *chan;
};

struct gateway {
    struct loop *loop;
    struct conf conf;
    uint32_t instance; /* the lane, in session ids */
    struct httpd *http;
    struct chan *keeper; /* NULL while it is away */
    LIST_HEAD(, egress) egresses;
    struct call *calls; /* by id */
    uint64_t last_call;
    struct session *sessions; /* by id */
    struct keys keys;
    struct refusals refusals;
    struct params_all params;
    struct json answer; /* the parsed message of an upstream, one at a time */
};

void gateway_init(struct gateway *g, struct loop *loop);
/* Makes the HTTP server; before the jail. */
void gateway_open(struct gateway *g);
/* Ends all calls and sessions; channels are the caller's. */
void gateway_done(struct gateway *g);

/* The channels, as they come and go. */
void gateway_peer(struct gateway *g, struct chan *c);
void gateway_lost(struct gateway *g, struct chan *c);
/* There is room again in this channel. */
void gateway_writable(struct gateway *g, struct chan *c);
/* A message from supervisor, keeper or egress; false: out of turn. */
bool gateway_message(struct gateway *g, struct chan *c, enum msg type, union msg_any *m, int fd);

/* The egress process of this upstream and generation, or NULL while it is not here. */
struct chan *gateway_egress(const struct gateway *g, uint16_t upstream, uint64_t generation);

extern const struct http_ops route_ops; /* route.c */

#endif
