/* When to say that the log's disk is filling up: long before it is full, and not each time that it
 * is looked at. Pure. */
#ifndef SG_AUDIT_ALARM_H
#define SG_AUDIT_ALARM_H

#include <stdbool.h>
#include <stdint.h>

enum { ALARM_REMIND = 60 /* looks; the process has one each minute */ };

struct alarm {
    bool scarce;    /* less is free than SET_DISK_WARN, as said last */
    unsigned looks; /* since then */
};

/* left: bytes that are free now. True: a->scarce is to be said, since it is new, or lasts. */
bool alarm_look(struct alarm *a, uint64_t left);

#endif
