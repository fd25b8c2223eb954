/*
 * Which records are in the log, which wait to be written, and which come again. Records are
 * numbered by the keeper from 1 without a gap; the same record may come any number of times, and
 * must then be the same bytes.
 */
#ifndef SG_AUDIT_LEDGER_H
#define SG_AUDIT_LEDGER_H

#include "audit/append.h"
#include "audit/walk.h"
#include "ipc/gen/messages.h"

enum {
    LEDGER_BATCH = 256 * 1024, /* bytes of records after which a head must follow */
    LEDGER_BATCH_MOST =
        LEDGER_BATCH + 3 * LINE_BYTES, /* with the last record, the first line and a head */
};

/* What is kept of a record, to recognise a repeat. */
struct ledger_mark {
    struct digest prev; /* hash of the line before it */
    struct digest hash;
};

struct ledger {
    struct append_file file;
    const struct sec *key; /* not owned */
    uint64_t seq;          /* of the newest record taken; it may not be written yet */
    uint64_t written;      /* of the newest record in the file, which a power cut may take back */
    uint64_t synced;       /* of the newest record on disk, with the signed head behind it */
    struct digest head;    /* hash of that record; zeros when synced is 0 */
    uint64_t epoch;        /* of the newest record taken */
    uint64_t marked;       /* the oldest record that marks knows; 0: none */
    bool headed;           /* the last line is a head */
    struct digest last;    /* hash of the last line */
    struct buf pending;    /* lines to be written */
    size_t unsynced;       /* bytes that were written since the last sync */
    bool stuck; /* the disk is full, and the last write was cut off: nothing more is taken until it
                   went through */
    struct ledger_mark *marks; /* LIM_AUDIT_REPEAT of them, by seq modulo that */
};

/* An empty one for a file of size bytes; lines follow. The key must outlive it. */
void ledger_init(struct ledger *l, int fd, uint64_t size, const struct sec *key,
                 const struct append_calls *calls);
void ledger_done(struct ledger *l);

/* While the log is read at the start: a line that continues the chain, in order. */
void ledger_read(struct ledger *l, const struct line *line);
/* Instead of all lines up to it: a head in the middle of the log, with LIM_AUDIT_REPEAT records
 * behind it. */
void ledger_read_from(struct ledger *l, const struct line *head);
/* The first line of a new log. */
void ledger_begin(struct ledger *l, const struct sign_public *public, uint64_t time);

/*
 * Takes a record, to be written by the next ledger_write, or recognises a repeat. ERR_AGAIN: it is
 * not the next one. ERR_CORRUPT: it is an old one, but not the same, or too old to tell.
 * ERR_NO_SPACE: the disk is full and the last batch is not through.
 */
MUST_USE enum err ledger_take(struct ledger *l, const struct msg_audit_append *m);
/* The hash of a record that was taken lately: of one that ledger_take has recognised or written. */
struct digest ledger_hash(const struct ledger *l, uint64_t seq);
/* Whether so much has no head behind it that it must be flushed before more is taken. */
bool ledger_is_full(const struct ledger *l);
/* Writes what waits. ERR_OK: all that was taken is in the file. ERR_NO_SPACE: some is not; try
 * again. ERR_IO: it is unknown what is there; the process must end. */
MUST_USE enum err ledger_write(struct ledger *l);
/* As ledger_write, with a signed head behind it, and syncs: all that was taken is on disk. */
MUST_USE enum err ledger_flush(struct ledger *l);

#endif
