/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to handler. */
#include "ipc/gen/supervisor.h"

bool supervisor_dispatch(const struct supervisor_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd)
{
    switch (type) {
    case MSG_READY: h->ready(ctx, c, &m->ready); return true;
    case MSG_STARTING: h->starting(ctx, c, &m->starting); return true;
    case MSG_ALERT: h->alert(ctx, c, &m->alert); return true;
    case MSG_EGRESS_WANT: h->egress_want(ctx, c, &m->egress_want); return true;
    default: break;
    }
    (void)fd; /* none of these carries one */
    return false;
}
