/* The gateway's state, one a process, as its files share it. */
#ifndef SG_GATEWAY_CORE_H
#define SG_GATEWAY_CORE_H

#include "gateway/agent.h"
#include "gateway/conf.h"
#include "gateway/egresses.h"
#include "gateway/keys.h"
#include "gateway/refusals.h"
#include "proto/json.h"

TAILQ_HEAD(call_queue, call);

struct gateway {
    struct loop *loop;
    struct gateway_conf conf;
    uint32_t instance; /* the lane, in session ids */
    struct httpd *http;
    struct chan *keeper; /* NULL while it is away */
    struct egresses egresses;
    struct call *calls; /* by id */
    uint64_t last_call;
    struct call_queue for_keeper; /* those that wait for room in its channel */
    /* by upstream: for its process, or for room in that one's channel */
    struct call_queue for_egress[LIM_UPSTREAMS];
    struct gateway_session *sessions; /* by id */
    struct agent *agents;             /* by token */
    struct keys keys;
    struct refusals refusals;
    struct params_all *params;
    struct json answer; /* the parsed message of an upstream, one at a time */
};

static inline struct call_queue *for_egress_of(struct gateway *g, uint16_t upstream)
{
    return &g->for_egress[upstream % LIM_UPSTREAMS];
}

#endif
