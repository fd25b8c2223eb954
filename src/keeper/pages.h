/* What surface asks for its pages: handoffs, inbox, connections, log-out. Every request is for the person
 * whose session it shows, and for nobody else. */
#ifndef SG_KEEPER_PAGES_H
#define SG_KEEPER_PAGES_H

#include "keeper/handoff.h"
#include "keeper/session.h"

struct page_watch_key {
    uint64_t peer, req;
};

/* Somebody has an inbox open. */
struct page_watch {
    struct page_watch_key key;
    struct keeper *k;
    struct digest session;
    struct loop_timer *end; /* of the session */
    struct group_link of_user;
    UT_hash_handle hh;
};

struct pages {
    struct page_watch *watches;
    struct groups by_user; /* the watches */
};

/* handoff_view; nothing when surface is gone. */
void page_view(struct keeper *k, uint64_t peer, uint64_t req, const struct session *s,
               const struct handoff_row *row);

/* What a wrong person's look at a handoff leaves behind: a record, and nothing for them. */
void page_wrong_person(struct keeper *k, const struct session *s, const struct handoff_row *row);

/* Each open inbox of that person is told to look again. */
void pages_inbox_changed(struct keeper *k, struct user_id user);
/* Sessions of that person may be over: so are the inboxes open with them. */
void pages_sessions_ended(struct keeper *k, struct user_id user);
void pages_surface_lost(struct keeper *k, uint64_t peer);
void pages_close(struct keeper *k);

#endif
