/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to function. */
#include "ipc/gen/supervisor.h"

bool supervisor_dispatch(void *ctx, UNUSED struct chan *c, enum msg type, union msg_any *m, UNUSED int fd)
{
    switch (type) {
    case MSG_READY: supervisor_on_ready(ctx, &m->ready); return true;
    case MSG_STARTING: supervisor_on_starting(ctx, &m->starting); return true;
    case MSG_ALERT: supervisor_on_alert(ctx, &m->alert); return true;
    case MSG_EGRESS_WANT: supervisor_on_egress_want(ctx, &m->egress_want); return true;
    default: return false;
    }
}
