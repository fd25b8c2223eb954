/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_SURFACE_H
#define SG_IPC_GEN_SURFACE_H

#include "ipc/gen/messages.h"

struct chan;
struct surface;
struct surface_conf;

/* Where the conf_* rows go; the role's own, as are the following. */
struct surface_conf *surface_conf(struct surface *x);

/* One for each message, in the file that it concerns: with a missing one the role does not link. Slices in m live as long as
 * the call. Where m is not const, a secret that is kept leaves NULL. fd is owned. */
void surface_on_conf_site(struct surface_conf *, const struct msg_conf_site *m);
void surface_on_conf_host(struct surface_conf *, const struct msg_conf_host *m);
void surface_on_conf_upstream(struct surface_conf *, const struct msg_conf_upstream *m);
void surface_on_conf_field(struct surface_conf *, const struct msg_conf_field *m);
void surface_on_seal_key(struct surface *, const struct msg_seal_key *m);
void surface_on_health(struct surface *, const struct msg_health *m);
void surface_on_login_salt(struct surface *, const struct msg_login_salt *m);
void surface_on_login_ok(struct surface *, const struct msg_login_ok *m);
void surface_on_who(struct surface *, const struct msg_who *m);
void surface_on_handoff_view(struct surface *, const struct msg_handoff_view *m);
void surface_on_inbox_row(struct surface *, const struct msg_inbox_row *m);
void surface_on_inbox_changed(struct surface *, const struct msg_inbox_changed *m);
void surface_on_connection_row(struct surface *, const struct msg_connection_row *m);
void surface_on_rows_end(struct surface *, const struct msg_rows_end *m);
void surface_on_page_done(struct surface *, const struct msg_page_done *m);
void surface_on_page_denied(struct surface *, const struct msg_page_denied *m);

/* Calls the function for message type with m, which is of that message; ctx is the struct surface. False when it is not this role's. */
MUST_USE bool surface_dispatch(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);

#endif
