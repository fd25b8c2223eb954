/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to function. */
#include "ipc/gen/dialer.h"

bool dialer_dispatch(void *ctx, UNUSED struct chan *c, enum msg type, union msg_any *m, UNUSED int fd)
{
    switch (type) {
    case MSG_CONF_ALLOW: dialer_on_conf_allow(ctx, &m->conf_allow); return true;
    case MSG_DIAL: dialer_on_dial(ctx, &m->dial); return true;
    default: return false;
    }
}
