/*
 * What goes to the gateway for one call: screened messages in parts, as far as its credit and the
 * channel's queue allow, then the end. What waits is bounded by whoever fills it: flow_blocked.
 */
#ifndef SG_EGRESS_FLOW_H
#define SG_EGRESS_FLOW_H

#include <sys/queue.h>

#include "base/buf.h"
#include "base/group.h"
#include "ipc/chan.h"

struct use;

struct flow {
    struct groups *waiting; /* by gateway: who waits for room in its channel, and not for credit */
    struct use *use;        /* whose it is */
    struct chan *gateway;   /* NULL: the call goes nowhere, and everything is dropped */
    uint64_t call;
    uint64_t credit; /* bytes */
    STAILQ_HEAD(, flow_item) messages;
    size_t held;        /* bytes of memory that these have */
    bool headed;        /* answer_head was sent */
    bool ending, ended; /* flow_end was called; answer_end was sent */
    struct group_link of_gateway;
    enum answer_how how;
    enum err code;
};

void flow_init(struct flow *f, struct groups *waiting, struct use *use, struct chan *gateway,
               uint64_t call);
void flow_free(struct flow *f);
/* Its gateway is gone, or wants nothing more. */
void flow_drop(struct flow *f);
/* Who has waited longest for room in that channel, or NULL. With room there flow_go lets it wait no
 * more. */
struct flow *flow_waiting(const struct groups *waiting, const struct chan *gateway);

/* The first thing, at most once (BUG otherwise). */
void flow_head(struct flow *f, enum answer_kind kind);
/* One message; its bytes are taken over and the buffer left empty. */
void flow_message(struct flow *f, struct buf *message);
/* Once; goes out behind what waits, or instead of it when the credential was refused. */
void flow_end(struct flow *f, enum answer_how how, enum err code);

void flow_credit(struct flow *f, uint32_t bytes);
/* Sends what can be sent; also when the channel has room again. */
void flow_go(struct flow *f);
/* Something waits: nothing more should be put in. */
bool flow_blocked(const struct flow *f);
/* The end was sent, or nobody is there to get it. */
bool flow_done(const struct flow *f);

#endif
