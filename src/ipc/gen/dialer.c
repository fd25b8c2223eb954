/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to handler. */
#include "ipc/gen/dialer.h"

bool dialer_dispatch(const struct dialer_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd)
{
    switch (type) {
    case MSG_CONF_ALLOW: h->conf_allow(ctx, c, &m->conf_allow); return true;
    case MSG_DIAL: h->dial(ctx, c, &m->dial); return true;
    default: break;
    }
    (void)fd; /* none of these carries one */
    return false;
}
