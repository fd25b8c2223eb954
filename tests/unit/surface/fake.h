/*
 * A surface in the same thread as its browser and its keeper, for tests. The keeper is a script:
 * what it was asked is kept, and answers come from callbacks that a test may replace.
 */
#ifndef SG_TEST_SURFACE_FAKE_H
#define SG_TEST_SURFACE_FAKE_H

#include "../httpd/client.h"
#include "ipc/gen/send.h"
#include "surface/surface.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SITE    "http://localhost:8401"
#define HANDOFF "00112233445566778899aabbccddeeff"
#define COOKIE  "__Host-sidegate=c2Vzc2lvbg" /* "session" */
#define CSRF    "abababababababababababababababababababababababababababababababab"
#define TOKEN   "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"

struct fake {
    struct loop *loop;
    struct surface s;
    struct chan *at_surface, *keeper; /* the two ends; NULL when ended */
    uint16_t port;
    struct client c;

    /* What the keeper does; NULL: it says nothing. */
    void (*on[MSG_COUNT])(struct fake *f, union msg_any *m);
    unsigned asked[MSG_COUNT]; /* how often */

    /* What the keeper saw last. */
    struct digest browser; /* by which surface said it knows the one who logs in */
    struct sec *verifier;
    struct buf sealed;
    uint64_t req;
    enum handoff_kind kind;
    enum need need;
    enum problem problem;
    enum handoff_state state;
    bool known;         /* what it says of browsers */
    bool spent;         /* there were too many proofs this minute */
    enum denial later;  /* for a test's own script */
    enum denial denial; /* 0: none; what it says to cookies that it does not know is log_in */
};

/* A surface that listens, and believes to be at SITE, with one upstream of two fields, and a keeper
 * that knows the session COOKIE of "ana". */
struct fake *fake_new(bool keeper);
/* The same on a listening socket and port of the caller's. */
struct fake *fake_new_at(bool keeper, int fd, uint16_t port);
/* The script alone, for a surface in a process of its own, and a new channel to it, of which the
 * surface's end is given. */
struct fake *fake_bare(void);
int fake_connect(struct fake *f);
/* What they are configured with. */
extern const struct msg_conf_upstream fake_upstream;
extern const struct msg_conf_field fake_fields[2];
void fake_free(struct fake *f);

/* One request on a connection of its own, and its whole answer in f->c.got. */
void fake_send(struct fake *f, const char *request);
/* The same with the usual headers: method, path, more headers (each with CRLF), form or NULL. */
void fake_ask(struct fake *f, const char *method, const char *path, const char *headers,
              const char *form);
/* A form from one of our own pages, with the session. */
void fake_post(struct fake *f, const char *path, const char *form);
void fake_get(struct fake *f, const char *path);

unsigned fake_status(const struct fake *f);
bool fake_has(const struct fake *f, const char *text);
/* The answers that a script of one's own may give. */
void fake_view(struct fake *f, uint64_t req, struct handoff_id id);
void fake_deny(struct fake *f, uint64_t req, enum denial why);
void fake_end_rows(struct fake *f, uint64_t req);
/* Whether the cookie is the session's; if not, or when a denial was ordered, that has been
 * answered. */
bool fake_knows(struct fake *f, uint64_t req, const struct sec *cookie);
/* As many strangers wait as may, behind one whose hash takes longer than a few requests. */
void fake_strangers(struct fake *f);
/* The keeper's channel ends. */
void fake_kill_keeper(struct fake *f);

#endif
