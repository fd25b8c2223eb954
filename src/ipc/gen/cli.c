/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to handler. */
#include "ipc/gen/cli.h"

bool cli_dispatch(const struct cli_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd)
{
    switch (type) {
    case MSG_CTL_USER_ROW: h->ctl_user_row(ctx, c, &m->ctl_user_row); return true;
    case MSG_CTL_KEY_ROW: h->ctl_key_row(ctx, c, &m->ctl_key_row); return true;
    case MSG_CTL_CONNECTION_ROW: h->ctl_connection_row(ctx, c, &m->ctl_connection_row); return true;
    case MSG_CTL_UPSTREAM_ROW: h->ctl_upstream_row(ctx, c, &m->ctl_upstream_row); return true;
    case MSG_CTL_AUDIT_HEAD_IS: h->ctl_audit_head_is(ctx, c, &m->ctl_audit_head_is); return true;
    case MSG_CTL_DONE: h->ctl_done(ctx, c, &m->ctl_done); return true;
    default: break;
    }
    (void)fd; /* none of these carries one */
    return false;
}
