/*
 * Checking an audit log offline: that nobody edited, removed, reordered or added a record since it
 * was signed, and that it does not end before the newest record that the keeper knows of. Reads a
 * descriptor; changes nothing; the log may be in use.
 */
#ifndef SG_AUDIT_VERIFY_H
#define SG_AUDIT_VERIFY_H

#include "base/id.h"
#include "crypto/sign.h"

/* Below the data folder, and below the key folder (one line: the public key in hexadecimal). */
#define AUDIT_FOLDER_NAME "audit"
#define AUDIT_LOG_NAME    "audit/log"
#define AUDIT_PUBLIC_NAME "audit.pub"

enum audit_fault {
    AUDIT_SOUND,
    AUDIT_NO_BEGINNING, /* the first line is not that of a log */
    AUDIT_OTHER_KEY,    /* it is signed by another key than the wanted one */
    AUDIT_EDITED,       /* a line's bytes do not have the hash that it carries */
    AUDIT_REMOVED,      /* records from seq on are missing */
    AUDIT_REORDERED,    /* record seq stands at another place, or twice */
    AUDIT_UNCHAINED,    /* what stands before was replaced, or the end of a batch was removed */
    AUDIT_SIGNATURE, /* the signature of a batch is wrong: everything since the one before may have
                        been rewritten */
    AUDIT_TRUNCATED, /* it ends, or its signed part ends, before the newest record that the keeper
                        knows */
    AUDIT_REWRITTEN, /* that record is there, but is another one than the keeper knows */
};

/* What the keeper holds, from ctl_audit_head. */
struct audit_known {
    uint64_t seq;
    struct digest head;
};

struct audit_verdict {
    enum audit_fault fault;
    uint64_t seq;        /* the record that the fault is at: the first that cannot be trusted */
    uint64_t line;       /* the line where it was seen, from 1; 0 when it is at the end */
    uint64_t records;    /* that are in order: those before the fault, or all */
    uint64_t signed_seq; /* the newest record that is covered by a good signature */
    uint64_t epoch;      /* of the store, in the newest of them */
    struct digest head;  /* hash of the newest of them */
    uint64_t torn; /* bytes behind the last whole line: a write that a crash cut off, or that is
                      happening now */
};

/*
 * fd: the log, read from where it stands (its beginning). public: the log's key, from the file
 * beside the signing key; NULL believes the one in the log, which finds damage but not forgery.
 * known: NULL leaves out the comparison, which then finds no truncation. ERR_OK when it could be
 * read, whatever was found; ERR_IO.
 */
MUST_USE enum err audit_verify(int fd, const struct sign_public *public,
                               const struct audit_known *known, struct audit_verdict *ret);

/* One sentence for people; a static string. */
const char *audit_fault_sentence(enum audit_fault fault);

#endif
