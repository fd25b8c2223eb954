/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_GATEWAY_H
#define SG_IPC_GEN_GATEWAY_H

#include "ipc/gen/messages.h"

struct chan;

/* Slices in m live as long as the call. A handler that keeps a secret sets the member to NULL. A handler that gets fd
 * owns it. */
struct gateway_handlers {
    void (*conf_site)(void *ctx, struct chan *c, struct msg_conf_site *m);
    void (*conf_host)(void *ctx, struct chan *c, struct msg_conf_host *m);
    void (*conf_origin)(void *ctx, struct chan *c, struct msg_conf_origin *m);
    void (*conf_upstream)(void *ctx, struct chan *c, struct msg_conf_upstream *m);
    void (*token_known)(void *ctx, struct chan *c, struct msg_token_known *m);
    void (*token_gone)(void *ctx, struct chan *c, struct msg_token_gone *m);
    void (*call_permit)(void *ctx, struct chan *c, struct msg_call_permit *m);
    void (*call_own)(void *ctx, struct chan *c, struct msg_call_own *m);
    void (*call_handoff)(void *ctx, struct chan *c, struct msg_call_handoff *m);
    void (*call_hold)(void *ctx, struct chan *c, struct msg_call_hold *m);
    void (*call_neutral)(void *ctx, struct chan *c, struct msg_call_neutral *m);
    void (*call_stored)(void *ctx, struct chan *c, struct msg_call_stored *m);
    void (*call_deny)(void *ctx, struct chan *c, struct msg_call_deny *m);
    void (*handoff_signal)(void *ctx, struct chan *c, struct msg_handoff_signal *m);
    void (*snapshot_part)(void *ctx, struct chan *c, struct msg_snapshot_part *m);
    void (*answer_head)(void *ctx, struct chan *c, struct msg_answer_head *m);
    void (*answer_part)(void *ctx, struct chan *c, struct msg_answer_part *m);
    void (*answer_end)(void *ctx, struct chan *c, struct msg_answer_end *m);
};

/* All of them as PREFIXname: a missing one does not compile. */
#define GATEWAY_HANDLERS(prefix) { \
    .conf_site = prefix##conf_site, \
    .conf_host = prefix##conf_host, \
    .conf_origin = prefix##conf_origin, \
    .conf_upstream = prefix##conf_upstream, \
    .token_known = prefix##token_known, \
    .token_gone = prefix##token_gone, \
    .call_permit = prefix##call_permit, \
    .call_own = prefix##call_own, \
    .call_handoff = prefix##call_handoff, \
    .call_hold = prefix##call_hold, \
    .call_neutral = prefix##call_neutral, \
    .call_stored = prefix##call_stored, \
    .call_deny = prefix##call_deny, \
    .handoff_signal = prefix##handoff_signal, \
    .snapshot_part = prefix##snapshot_part, \
    .answer_head = prefix##answer_head, \
    .answer_part = prefix##answer_part, \
    .answer_end = prefix##answer_end, \
}

/* Calls the handler of message type with m, which is of that message. False when it is not this role's. */
MUST_USE bool gateway_dispatch(const struct gateway_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd);

#endif
