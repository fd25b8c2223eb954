/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_SURFACE_H
#define SG_IPC_GEN_SURFACE_H

#include "ipc/gen/messages.h"

struct chan;

/* Slices in m live as long as the call. A handler that keeps a secret sets the member to NULL. A handler that gets fd
 * owns it. */
struct surface_handlers {
    void (*conf_site)(void *ctx, struct chan *c, struct msg_conf_site *m);
    void (*conf_host)(void *ctx, struct chan *c, struct msg_conf_host *m);
    void (*conf_upstream)(void *ctx, struct chan *c, struct msg_conf_upstream *m);
    void (*conf_field)(void *ctx, struct chan *c, struct msg_conf_field *m);
    void (*seal_key)(void *ctx, struct chan *c, struct msg_seal_key *m);
    void (*health)(void *ctx, struct chan *c, struct msg_health *m);
    void (*login_salt)(void *ctx, struct chan *c, struct msg_login_salt *m);
    void (*login_ok)(void *ctx, struct chan *c, struct msg_login_ok *m);
    void (*who)(void *ctx, struct chan *c, struct msg_who *m);
    void (*handoff_view)(void *ctx, struct chan *c, struct msg_handoff_view *m);
    void (*inbox_row)(void *ctx, struct chan *c, struct msg_inbox_row *m);
    void (*inbox_changed)(void *ctx, struct chan *c, struct msg_inbox_changed *m);
    void (*connection_row)(void *ctx, struct chan *c, struct msg_connection_row *m);
    void (*rows_end)(void *ctx, struct chan *c, struct msg_rows_end *m);
    void (*page_done)(void *ctx, struct chan *c, struct msg_page_done *m);
    void (*page_denied)(void *ctx, struct chan *c, struct msg_page_denied *m);
};

/* All of them as PREFIXname: a missing one does not compile. */
#define SURFACE_HANDLERS(prefix) { \
    .conf_site = prefix##conf_site, \
    .conf_host = prefix##conf_host, \
    .conf_upstream = prefix##conf_upstream, \
    .conf_field = prefix##conf_field, \
    .seal_key = prefix##seal_key, \
    .health = prefix##health, \
    .login_salt = prefix##login_salt, \
    .login_ok = prefix##login_ok, \
    .who = prefix##who, \
    .handoff_view = prefix##handoff_view, \
    .inbox_row = prefix##inbox_row, \
    .inbox_changed = prefix##inbox_changed, \
    .connection_row = prefix##connection_row, \
    .rows_end = prefix##rows_end, \
    .page_done = prefix##page_done, \
    .page_denied = prefix##page_denied, \
}

/* Calls the handler of message type with m, which is of that message. False when it is not this role's. */
MUST_USE bool surface_dispatch(const struct surface_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd);

#endif
