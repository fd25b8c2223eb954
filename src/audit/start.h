/* Opening the audit log, before the jail. */
#ifndef SG_AUDIT_START_H
#define SG_AUDIT_START_H

#include "audit/ledger.h"

struct start {
    int fd; /* the log, for appending only; locked */
    struct sec *key;
    struct sign_public public;
    uint64_t cut;      /* bytes of an unfinished batch that were removed from the end */
    const char *wrong; /* on an error: what, a literal */
};

/*
 * Opens the log below data_dir, or begins one, and the signing key below key_dir; follows the chain
 * of its end, so far back that ledger knows as many records as it ever does, which takes the same
 * time for a log of any length; and removes what a crash left of a batch that was never
 * acknowledged. Then ledger holds the log as it is on disk. A log that is damaged there before its
 * last signature is ERR_CORRUPT, and is left as it is; damage further back is verify.h's to find.
 * ERR_EXISTS: another process has it. ERR_IO, ERR_FORBIDDEN. On an error nothing is to be freed.
 */
MUST_USE enum err start_log(struct start *s, struct ledger *ledger, const char *data_dir,
                            const char *key_dir);

#endif
