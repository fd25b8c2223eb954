/* The signing key of the audit log, in the key folder: audit.key (32 bytes, the seed) and audit.pub
 * (in hexadecimal). */
#ifndef SG_AUDIT_KEY_H
#define SG_AUDIT_KEY_H

#include "crypto/sign.h"

enum { KEY_PATH = 512 /* bytes of a path below the key folder, at most */ };

/*
 * Reads the key; makes one when there is none and may_make. *ret_wrong is a literal that says what
 * failed. ERR_NOT_FOUND: there is none. ERR_FORBIDDEN: others may read it. ERR_CORRUPT: it is no
 * key, or audit.pub is another's. ERR_IO. The caller frees *ret.
 */
MUST_USE enum err key_load(const char *key_dir, bool may_make, struct sec **ret,
                           struct sign_public *ret_public, const char **ret_wrong);

#endif
