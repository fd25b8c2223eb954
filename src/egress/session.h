/*
 * Sessions at a legacy upstream: one gateway's session of one client, with one connection, has one
 * of the upstream's, which no other gateway can use or end. The upstream's session id is as good as
 * a credential: it stays here. MCP 2025-11-25 basic/transports "Session Management",
 * basic/lifecycle.
 */
#ifndef SG_EGRESS_SESSION_H
#define SG_EGRESS_SESSION_H

#include <sys/queue.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/group.h"
#include "base/id.h"

struct use;

enum session_state { SESSION_NEW, SESSION_OPENING, SESSION_OPEN };

/* Of one client at one gateway: another may have one under the same id. */
struct gateway_session {
    struct session_id id;
    uint64_t gateway, generation;
};

struct session_key {
    struct client_id client;
    struct gateway_session session;
    struct user_id user;
    struct connection_id connection;
};

struct egress_session {
    struct session_key key;
    struct sessions *all;
    bool forgotten; /* not found any more; freed with its last user */
    unsigned users;
    enum session_state state;
    struct buf id;      /* the upstream's, or empty: it has none */
    struct buf version; /* what the upstream negotiated */
    bool shaped;        /* what it lists may be what its agent made of it */
    TAILQ_HEAD(, use) waiting_for_open;
    TAILQ_ENTRY(egress_session) by_age;
    struct group_link of_session, of_connection;
    UT_hash_handle hh;
};

struct sessions {
    struct egress_session *by_key;
    TAILQ_HEAD(, egress_session) by_age;     /* of those in by_key, the longest unused first */
    struct groups by_session, by_connection; /* of the same, by what they end with */
};

void sessions_init(struct sessions *all);

/* The session of this key, or NULL. */
struct egress_session *egress_session_find(const struct sessions *all,
                                           const struct session_key *key);
/* The session of this key, made (NEW) if there is none; the longest unused makes room beyond
 * LIM_UPSTREAM_SESSIONS. Goes back with session_put. */
struct egress_session *session_get(struct sessions *all, const struct session_key *key);
/* One that nobody else finds. */
struct egress_session *session_own(struct sessions *all);
void session_put(struct egress_session *s);
/* The next session_get makes a new one; who uses this one goes on. */
void egress_session_forget(struct egress_session *s);

/* Forgets what was opened for that session, and nothing that another gateway opened under its id. */
void sessions_end(struct sessions *all, const struct gateway_session *ended);
/* Forgets what was opened with that connection. */
void sessions_drop(struct sessions *all, const struct connection_id *connection);

#endif
