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
    struct loop_timer *end;    /* of the session */
    struct session_row row;    /* its, as the store had it last */
    unsigned minding;          /* the store is asked for that */
    bool changed, over;        /* something is to be told; the watch has ended */
    struct group_link of_user; /* once the store has said whose it is */
    UT_hash_handle hh;
};

struct pages {
    struct page_watch *watches;
    struct groups by_user; /* the watches */
};

/* A request: whose it is, what is read besides, and what follows when that somebody is logged in and,
 * where it changes something, has said with the CSRF token that it is theirs. */
struct page {
    uint64_t req;
    bool changes;
    struct digest csrf;
    struct handoff_row row; /* id: of the handoff that it is about */
    struct connection_id connection;
    store_work_fn *read; /* of a struct page; or NULL */
    enum err e;          /* of that */
    void (*then)(struct page *p);
    void (*free)(struct page *p); /* what it has besides; or NULL */
    struct keeper *k;
    uint64_t peer;
    struct keeper_session s;
    struct buf shown; /* the projection of the call that the handoff is for */
    enum stmt q;      /* of a list, and how a row is said: */
    enum err (*say)(const struct page *p, struct chan *c, const void *row);
    struct buf rows;
    uint64_t seq;
};

/* Looks who asks, then calls p->then, or answers and frees p, which is taken over. p: what the
 * request says; it may be the beginning of something larger. */
void page_look(struct page *p, struct keeper *k, struct chan *c, const struct sec *cookie);
/* With p->free first, if there is one. */
void page_free(void *page);
/* The end of the request, and of p: a denial, or DENIAL_COUNT for none. */
void page_say(struct page *p, unsigned how);
/* Reads the handoff of row.id. */
MUST_USE enum err page_read(void *page);
/* handoff_view; nothing when surface is gone. */
void page_view(const struct page *p);
/* What a wrong person's look at a handoff leaves behind: a record, and nothing for them. */
void page_wrong_person(const struct page *p);

/* Each open inbox of that person is told to look again. */
void pages_inbox_changed(struct keeper *k, struct user_id user);
/* Sessions of that person may be over: so are the inboxes open with them. */
void pages_sessions_ended(struct keeper *k, struct user_id user);
void pages_surface_lost(struct keeper *k, uint64_t peer);
void pages_close(struct keeper *k);

#endif
