/* The audit log's scene. */
#ifndef SG_HOSTILE_AS_AUDIT_H
#define SG_HOSTILE_AS_AUDIT_H

#include "cast.h"

struct as_audit {
    struct end *keeper;
    uint64_t seq;       /* the last record that was acknowledged */
    struct digest head; /* there */
};
extern struct as_audit as_audit;

/* A new keeper; it is told where the log stands. */
void as_audit_meet(struct play *p);
/* The record of that number; the same each time. */
struct msg_audit_append as_audit_record(uint64_t seq);
/* This one, which is the next, is taken and acknowledged as on disk. */
void as_audit_next(const struct msg_audit_append *m);
/* The next record is. */
void as_audit_append(void);
/* The log on disk is whole up to as_audit.seq and its head. */
void as_audit_verify(struct play *p);

#endif
