/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to function. */
#include "ipc/gen/cli.h"

bool cli_dispatch(void *ctx, UNUSED struct chan *c, enum msg type, union msg_any *m, UNUSED int fd)
{
    switch (type) {
    case MSG_CTL_USER_ROW: cli_on_ctl_user_row(ctx, &m->ctl_user_row); return true;
    case MSG_CTL_KEY_ROW: cli_on_ctl_key_row(ctx, &m->ctl_key_row); return true;
    case MSG_CTL_CONNECTION_ROW: cli_on_ctl_connection_row(ctx, &m->ctl_connection_row); return true;
    case MSG_CTL_UPSTREAM_ROW: cli_on_ctl_upstream_row(ctx, &m->ctl_upstream_row); return true;
    case MSG_CTL_AUDIT_HEAD_IS: cli_on_ctl_audit_head_is(ctx, &m->ctl_audit_head_is); return true;
    case MSG_CTL_DONE: cli_on_ctl_done(ctx, &m->ctl_done); return true;
    default: return false;
    }
}
