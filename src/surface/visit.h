/*
 * A visit: one browser request, from its arrival to its end. It is answered at once, or waits, for
 * one of a few answers of the keeper or for the password thread, within a time limit.
 */
#ifndef SG_SURFACE_VISIT_H
#define SG_SURFACE_VISIT_H

#include "surface/surface.h"

#include <uthash.h>

#define VISIT_COOKIES 3

/* What a visit waits for. An answer whose row is NULL is out of turn and ends the keeper's channel.
 */
struct answers {
    void (*login_salt)(struct visit *v, const struct msg_login_salt *m);
    void (*login_ok)(struct visit *v, const struct msg_login_ok *m);
    void (*who)(struct visit *v, const struct msg_who *m);
    void (*handoff_view)(struct visit *v, const struct msg_handoff_view *m);
    void (*inbox_row)(struct visit *v, const struct msg_inbox_row *m);
    void (*inbox_changed)(struct visit *v, const struct msg_inbox_changed *m);
    void (*connection_row)(struct visit *v, const struct msg_connection_row *m);
    void (*rows_end)(struct visit *v, const struct msg_rows_end *m);
    void (*page_done)(struct visit *v, const struct msg_page_done *m);
    void (*page_denied)(struct visit *v, const struct msg_page_denied *m);
    void (*hashed)(struct visit *v, struct sec *verifier); /* owned; NULL: it failed */
    /* The keeper went, or the time is over; NULL: the page "not ready". */
    void (*lost)(struct visit *v);
};

struct visit {
    struct surface *s;
    struct http_req *http;
    uint64_t req;   /* the number under which the keeper and the password thread know it */
    uint64_t began; /* clock_boot_ms */
    UT_hash_handle hh;
    const struct answers *waits; /* NULL: it does not wait */
    struct loop_timer *timer;
    struct sec *cookie;        /* the browser's session, as far as it claims one */
    struct handoff_id handoff; /* of the path */
    struct connection_id connection;
    bool about_handoff;
    bool about_connections; /* with one of them or all */
    bool answered;
    struct buf set_cookie[VISIT_COOKIES];
    size_t set_cookies;
    unsigned retry_after; /* seconds; 0: not said */
    unsigned refresh;     /* seconds until the browser looks again; 0: not said */
    const char *allow;    /* methods, a literal; NULL: not said */
    void *own;            /* of the handler */
    void (*own_free)(struct visit *v);
};

struct visit *visit_new(struct surface *s, struct http_req *http);
void visit_free(struct visit *v);

/*
 * Before asking the keeper or the password thread: what may come back, and within how many ms of
 * the visit's beginning, whatever it waited for before (0: without a limit). False when that time
 * is over, or the keeper is not there: the page that says so has been sent.
 */
MUST_USE bool visit_wait(struct visit *v, const struct answers *waits, uint64_t ms);
/* After it: e is what sending gave. ERR_CLOSED is answered; anything else but ERR_OK is a bug,
 * since every field was checked before. */
void visit_sent(struct visit *v, enum err e);
/* Both, for a page: a question of that name with these fields, beside the visit's number. */
#define VISIT_ASK(v, waits, send, msg, ...)                                                        \
    do {                                                                                           \
        if (visit_wait(v, waits, limit_get(SET_PAGE_TIME)))                                        \
            visit_sent(v, send((v)->s->keeper, &(struct msg){.req = (v)->req, __VA_ARGS__}));      \
    } while (0)
/* Asks for a password's verifier; the password is moved. */
void visit_hash(struct visit *v, const struct answers *waits, struct hasher_ask ask,
                struct sec *password);
/* It waits no longer. */
void visit_settle(struct visit *v);

/* The visit that waits under that number, or NULL. */
struct visit *visit_find(struct surface *s, uint64_t req);
/* The keeper is gone: everyone who waits is told. */
void visit_all_lost(struct surface *s);

#endif
