/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to handler. */
#include "ipc/gen/audit.h"

bool audit_dispatch(const struct audit_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd)
{
    switch (type) {
    case MSG_AUDIT_APPEND: h->audit_append(ctx, c, &m->audit_append); return true;
    default: break;
    }
    (void)fd; /* none of these carries one */
    return false;
}
