/*
 * Handoffs: one out-of-band step each. The row in the store is the truth; every transition is one
 * compare-and-set by the table in handoff.def, with its audit record in the same transaction. Of
 * one kind at most one handoff is live for a person, client and upstream; where a yes is for one
 * request, at most one for each.
 */
#ifndef SG_KEEPER_HANDOFF_H
#define SG_KEEPER_HANDOFF_H

#include "base/group.h"
#include "keeper/core.h"

#include <sys/queue.h>

enum handoff_event {
    HANDOFF_VIEW,
    HANDOFF_SUBMIT,
    HANDOFF_WRONG,
    HANDOFF_ACCEPT,
    HANDOFF_REJECT,
    HANDOFF_EXHAUST,
    HANDOFF_DECLINE,
    HANDOFF_CANCEL,
    HANDOFF_EXPIRE,
    HANDOFF_EVENTS
};

/* A legacy session, by the serial of its gateway. */
struct handoff_session {
    uint64_t gateway;
    struct session_id id;
};

/* Someone in it was shown the link. */
struct handoff_shown {
    TAILQ_ENTRY(handoff_shown) in_list;
    struct group_link of_handoff, of_session;
    struct handoff_session session;
};

TAILQ_HEAD(handoff_shown_list, handoff_shown);

/* Who is told: what a person may be asked has changed; a handoff has ended. */
struct handoff_events {
    void (*changed)(struct keeper *k, struct user_id user);
    void (*ended)(struct keeper *k, struct handoff_id id);
};

struct handoffs {
    const struct handoff_events *events;
    struct loop_timer *timer; /* for the one that expires first */
    struct number_row next;   /* when that is */
    bool expiring;
    struct handoff_moved *over; /* what is expiring */
    struct handoff_shown_list shown;
    size_t shown_n;
    struct groups by_handoff, by_session; /* what is shown */
};

/* The table: true and the next state, or false. Pure. */
MUST_USE bool handoff_step(enum handoff_state state, enum handoff_event event,
                           enum handoff_state *ret_next);
bool handoff_is_live(enum handoff_state s);

/* Begins to watch the time of those that are live, until handoff_close_all. */
void handoff_open_all(struct keeper *k, const struct handoff_events *events);
void handoff_close_all(struct keeper *k);

/* --- inside work ------------------------------------------------------------------------------ */

/* ERR_NOT_FOUND: there is none. */
MUST_USE enum err handoff_read(struct keeper *k, struct handoff_id id, struct handoff_row *ret);

struct handoff_ask {
    struct principal who;
    const char *upstream;
    enum need need;
    enum handoff_kind kind;
    const char *method, *tool;
    struct digest request; /* zero: for no call */
    struct slice shown;    /* its projection */
    bool apart;            /* a yes is for this request: another's handoff is none for it */
    uint64_t life;         /* ms */
};

struct handoff_found {
    struct handoff_row row;
    bool fresh;
    uint64_t seq;            /* of its record when fresh, else 0 */
    struct handoff_row over; /* one that had to expire first, to be told about; its id is zero when
                                there is none */
};

/* Finds the live one that is for this too, or opens one. ERR_TOO_MANY_PROMPTS: a budget is used up. */
MUST_USE enum err handoff_find_or_open(struct keeper *k, const struct handoff_ask *ask,
                                       struct handoff_found *ret);

struct handoff_change {
    enum problem problem;
    uint32_t tries; /* to be added to submits */
    bool tested;
    struct connection_id connection;
    enum err code; /* for the record */
};

/* The transition, if the table allows it and nobody was faster; row is brought up to date. change:
 * NULL leaves what is known as the problem. ERR_GONE: not from this state. */
MUST_USE enum err handoff_move(struct keeper *k, struct handoff_row *row, enum handoff_event event,
                               const struct handoff_change *change, uint64_t *ret_seq);

/* Which are moved, by the statement that gives the next of them; and by which event. */
struct handoff_which {
    enum stmt q; /* STORE_GIVES handoff_id_row */
    const struct store_val *vals;
    enum handoff_event event;
};

/* What was moved together, to be told of after the commit. A list of them is NULL at first. */
struct handoff_moved {
    struct handoff_row row;
    uint64_t seq;
    struct handoff_moved *next;
};

/* The transition for each that the statement q gives first, which must give another one then. *list
 * gets them, and loses what was in it. */
MUST_USE enum err handoff_move_all(struct keeper *k, const struct handoff_which *which,
                                   const struct handoff_change *change,
                                   struct handoff_moved **list);
/* Frees what is in *list; after an error, too, whoever has it does. */
void handoff_moved_free(struct handoff_moved **list);

/* --- after the commit ------------------------------------------------------------------------- */

/* Something about it changed: inboxes are told; when it ended (seq: of the record), whoever waits
 * for it is told too; of a completion only when the record is acknowledged. */
void handoff_changed(struct keeper *k, const struct handoff_row *row, uint64_t seq);
/* The same for each; frees the list. */
void handoff_all_changed(struct keeper *k, struct handoff_moved **list);
/* A legacy session was shown its link. */
void handoff_was_shown(struct keeper *k, struct handoff_id id, uint64_t gateway,
                       struct session_id s);
void handoff_gateway_lost(struct keeper *k, uint64_t gateway);

#endif
