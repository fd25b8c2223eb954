/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_EGRESS_H
#define SG_IPC_GEN_EGRESS_H

#include "ipc/gen/messages.h"

struct chan;

/* Slices in m live as long as the call. A handler that keeps a secret sets the member to NULL. A handler that gets fd
 * owns it. */
struct egress_handlers {
    void (*conf_upstream)(void *ctx, struct chan *c, struct msg_conf_upstream *m);
    void (*conf_endpoint)(void *ctx, struct chan *c, struct msg_conf_endpoint *m);
    void (*conf_field)(void *ctx, struct chan *c, struct msg_conf_field *m);
    void (*conf_place)(void *ctx, struct chan *c, struct msg_conf_place *m);
    void (*conf_rule)(void *ctx, struct chan *c, struct msg_conf_rule *m);
    void (*conf_verify)(void *ctx, struct chan *c, struct msg_conf_verify *m);
    void (*send_head)(void *ctx, struct chan *c, struct msg_send_head *m);
    void (*send_param)(void *ctx, struct chan *c, struct msg_send_param *m);
    void (*send_part)(void *ctx, struct chan *c, struct msg_send_part *m);
    void (*ask_refuse)(void *ctx, struct chan *c, struct msg_ask_refuse *m);
    void (*call_cancel)(void *ctx, struct chan *c, struct msg_call_cancel *m);
    void (*credit)(void *ctx, struct chan *c, struct msg_credit *m);
    void (*session_end)(void *ctx, struct chan *c, struct msg_session_end *m);
    void (*state_sealed)(void *ctx, struct chan *c, struct msg_state_sealed *m);
    void (*permit)(void *ctx, struct chan *c, struct msg_permit *m);
    void (*drop)(void *ctx, struct chan *c, struct msg_drop *m);
    void (*cut)(void *ctx, struct chan *c, struct msg_cut *m);
    void (*dialed)(void *ctx, struct chan *c, struct msg_dialed *m, int fd);
    void (*dial_failed)(void *ctx, struct chan *c, struct msg_dial_failed *m);
};

/* All of them as PREFIXname: a missing one does not compile. */
#define EGRESS_HANDLERS(prefix) { \
    .conf_upstream = prefix##conf_upstream, \
    .conf_endpoint = prefix##conf_endpoint, \
    .conf_field = prefix##conf_field, \
    .conf_place = prefix##conf_place, \
    .conf_rule = prefix##conf_rule, \
    .conf_verify = prefix##conf_verify, \
    .send_head = prefix##send_head, \
    .send_param = prefix##send_param, \
    .send_part = prefix##send_part, \
    .ask_refuse = prefix##ask_refuse, \
    .call_cancel = prefix##call_cancel, \
    .credit = prefix##credit, \
    .session_end = prefix##session_end, \
    .state_sealed = prefix##state_sealed, \
    .permit = prefix##permit, \
    .drop = prefix##drop, \
    .cut = prefix##cut, \
    .dialed = prefix##dialed, \
    .dial_failed = prefix##dial_failed, \
}

/* Calls the handler of message type with m, which is of that message. False when it is not this role's. */
MUST_USE bool egress_dispatch(const struct egress_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd);

#endif
