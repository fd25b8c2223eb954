/*
 * Legacy sessions (MCP 2025-11-25 basic/transports, "Session Management"). A session is a name, not
 * a credential: each request brings its own token, the keeper says whose it is, and it must be the
 * one who initialized.
 */
#ifndef SG_GATEWAY_SESSION_H
#define SG_GATEWAY_SESSION_H

#include <sys/queue.h>
#include <uthash.h>

#include "gateway/ask.h"
#include "gateway/call.h"

enum { SESSION_SHOWN = 16 /* handoffs whose end the client is told */ };

LIST_HEAD(call_list, call);

struct gateway_session {
    UT_hash_handle hh;
    struct gateway *g;
    struct session_id id;
    const struct gateway_upstream *up;
    struct client_id client;
    struct agent *agent; /* whose token initialized; a cheap first look, not the decision */
    TAILQ_ENTRY(gateway_session) of_agent;
    struct session_list *list; /* of the agent's, that it is in */
    uint32_t caps;             /* bits of mcp_client_caps */
    struct buf caps_text;
    const struct quirk *quirk;
    bool no_url;          /* it declared URL elicitation and answered that it cannot */
    int log_level;        /* index of the least level that is sent; -1: all */
    struct sink *stream;  /* the GET stream, or NULL */
    struct call *feed;    /* the upstream's stream that feeds it, or NULL */
    bool unfed;           /* the stream has no feed for want of a lease: the next call brings one */
    struct call *closing; /* the client's DELETE on its way to the upstream, or NULL */
    bool ended;           /* nobody finds it any more */
    struct call_list calls;
    unsigned n_calls;
    struct asks asks;
    struct handoff_id shown[SESSION_SHOWN];
    unsigned n_shown;
    struct loop_timer *timer; /* SET_SESSION_IDLE */
};

/* What initialize brought. */
struct session_start {
    const struct gateway_upstream *up;
    struct client_id client;
    struct digest token;
    uint32_t caps;
    struct slice caps_text; /* JSON */
    const struct quirk *quirk;
};

/* A new session; beyond SET_SESSIONS_PER_CLIENT the agent key's longest idle one ends for it.
 * ERR_RATE_LIMITED: none is idle. */
MUST_USE enum err session_new(struct gateway *g, const struct session_start *n,
                              struct gateway_session **ret);
/* Ends it: its calls but closing, its stream; keeper and egress are told when that is over too. */
void session_end(struct gateway_session *s);
/* The client's DELETE is permitted: the session is over for it, and egress has yet to hear of it. */
void session_closing(struct call *c);
/* A DELETE that the upstream does not get, since nobody may send it there; it is over. */
void session_close(struct call *c);
void sessions_done(struct gateway *g);

/*
 * The session that a request names, if it is this upstream's and was opened by this agent:
 * ERR_OK, or ERR_UNKNOWN_SESSION. text is the header's value.
 */
MUST_USE enum err gateway_session_find(struct gateway *g, struct slice text,
                                       const struct gateway_upstream *up, const struct agent *agent,
                                       struct gateway_session **ret);
struct gateway_session *session_by_id(struct gateway *g, struct session_id id);
/* The call is one of this session's, with its capabilities and quirk, until it is over. */
void session_join(struct gateway_session *s, struct call *c);
/* Whether this client is another than whose session the call names: the one who initialized it is
 * the only one who may use it. */
bool session_is_foreign(const struct call *c, const struct client_id *client);
/* Put off the end of an idle session. */
void session_used(struct gateway_session *s);

/* The client gets this message outside of any call: on its GET stream, or not at all. */
void session_send(struct gateway_session *s, struct slice message);
/* Makes sink the GET stream. ERR_EXISTS when there is one. */
MUST_USE enum err session_take_stream(struct gateway_session *s, struct sink *sink);

/* A handoff was shown to this session. */
void session_show(struct gateway_session *s, struct handoff_id h);
bool session_was_shown(const struct gateway_session *s, struct handoff_id h);
void gateway_session_forget(struct gateway_session *s, struct handoff_id h);

/* The index of params.level as in logging/setLevel ("debug" is 0), or -1. */
int session_log_level(const struct json *j, uint32_t params);

#endif
