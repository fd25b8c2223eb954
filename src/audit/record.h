/* A record of the audit log, from the keeper's message. */
#ifndef SG_AUDIT_RECORD_H
#define SG_AUDIT_RECORD_H

#include "base/buf.h"
#include "ipc/gen/messages.h"

/*
 * Appends the line of m (audit/line.h), chained to prev, to out, which has room for LINE_BYTES
 * more. The same message and prev give the same bytes, always: a repeat is recognised by it.
 * Members that do not apply are left out.
 */
void record_put(struct buf *out, const struct msg_audit_append *m, const struct digest *prev,
                struct digest *ret_hash);

#endif
