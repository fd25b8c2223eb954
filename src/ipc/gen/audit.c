/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to function. */
#include "ipc/gen/audit.h"

bool audit_dispatch(void *ctx, UNUSED struct chan *c, enum msg type, union msg_any *m, UNUSED int fd)
{
    switch (type) {
    case MSG_AUDIT_APPEND: audit_on_audit_append(ctx, c, &m->audit_append); return true;
    default: return false;
    }
}
