/*
 * What goes to the gateway for one call: screened messages in parts, as far as its credit and the
 * channel's queue allow, then the end. What waits is bounded by whoever fills it: flow_blocked.
 */
#ifndef SG_EGRESS_FLOW_H
#define SG_EGRESS_FLOW_H

#include <sys/queue.h>

#include "base/buf.h"
#include "ipc/chan.h"

struct use;

/* Those that wait for room in their gateway's channel, and not for credit. */
TAILQ_HEAD(flows, flow);

struct flow {
    struct flows *waiting;
    struct use *use;      /* whose it is */
    struct chan *gateway; /* NULL: the call goes nowhere, and everything is dropped */
    uint64_t call;
    uint64_t credit; /* bytes */
    STAILQ_HEAD(, flow_item) messages;
    size_t held;        /* bytes of memory that these have */
    bool headed;        /* answer_head was sent */
    bool ending, ended; /* flow_end was called; answer_end was sent */
    bool waits;         /* in waiting: */
    TAILQ_ENTRY(flow) entry;
    enum answer_how how;
    enum err code;
};

void flow_init(struct flow *f, struct flows *waiting, struct use *use, struct chan *gateway,
               uint64_t call);
void flow_free(struct flow *f);

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
