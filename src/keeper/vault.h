/*
 * Values under people's data keys. A value is bound to where it belongs: table, connection, user
 * and field; moved elsewhere in the store it does not open. A data key exists in the clear only
 * while one function here runs.
 */
#ifndef SG_KEEPER_VAULT_H
#define SG_KEEPER_VAULT_H

#include "crypto/sec.h"
#include "keeper/core.h"

/* Makes the data key of a new person: wrapped, as it goes into the store. Inside work. */
MUST_USE enum err vault_new_key(struct keeper *k, struct user_id user, struct buf *ret_wrapped,
                                uint32_t *ret_kek);

struct vault_values {
    size_t n;
    struct slice value[LIM_FIELDS]; /* by field */
};

/* Inside work: stores the values of a connection. */
MUST_USE enum err vault_put(struct keeper *k, struct user_id user, struct connection_id connection,
                            const struct vault_values *values);
/* Inside work, or where the store is read: the credential as a permit carries it, per field u16
 * length (big endian) and bytes. ERR_NOT_FOUND: there is none any more. ERR_CORRUPT: it does not
 * open. The caller frees *ret as soon as the permit has left, or is not to leave. */
MUST_USE enum err vault_get(struct keeper *k, struct user_id user, struct connection_id connection,
                            struct sec **ret);

#endif
