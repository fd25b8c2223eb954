/*
 * A call: one message of a client (or the stream that it opened) on its way through the gateway.
 * call.def is the table of its states; this header is what the other files see of it.
 */
#ifndef SG_GATEWAY_CALL_H
#define SG_GATEWAY_CALL_H

#include <sys/queue.h>
#include <uthash.h>

#include "crypto/sec.h"
#include "gateway/conf.h"
#include "gateway/quirks.h"
#include "gateway/sink.h"
#include "ipc/chan.h"
#include "ipc/gen/messages.h"

struct call_queue;
struct gateway;
struct gateway_session;

enum call_state {
#define STATE(name, waits_for) CALL_##name,
#include "gateway/call.def"
    CALL_STATE_COUNT
};

#define CALL_BIT(state) (1U << CALL_##state)

/* What happens to a call, and what arg is. */
enum call_ev {
    CALL_EV_PERMIT,      /* struct msg_call_permit */
    CALL_EV_OWN,         /* struct msg_call_own */
    CALL_EV_HANDOFF,     /* struct msg_call_handoff */
    CALL_EV_HOLD,        /* struct msg_call_hold */
    CALL_EV_NEUTRAL,     /* struct msg_call_neutral */
    CALL_EV_DENY,        /* struct msg_call_deny */
    CALL_EV_STORED,      /* struct msg_call_stored */
    CALL_EV_SNAPSHOT,    /* struct msg_snapshot_part */
    CALL_EV_KEEPER_LOST, /* the rest: NULL, but ANSWER */
    CALL_EV_HEAD,        /* struct msg_answer_head */
    CALL_EV_PART,        /* struct msg_answer_part */
    CALL_EV_END,         /* struct msg_answer_end */
    CALL_EV_EGRESS_LOST,
    CALL_EV_EGRESS_HERE, /* some egress process came */
    CALL_EV_WRITABLE,    /* room in the channel that it sends on */
    CALL_EV_ROOM,        /* room towards the client */
    CALL_EV_ANSWER,      /* enum answer: the client's to our elicitation */
    CALL_EV_GONE,        /* the client left */
    CALL_EV_KEY_GONE,    /* its agent key was removed */
    CALL_EV_CANCEL,      /* the client, or the end of its session, cancelled it */
    CALL_EV_TIME,
    CALL_EV_COUNT
};

struct call;

/* What an event does; afterwards c may be gone. */
typedef void call_action(struct call *c, const void *arg);

struct call {
    UT_hash_handle hh;
    uint64_t id;
    LIST_ENTRY(call) in_session;
    struct call_queue *queue; /* of what it waits for, as its state has it; NULL: of none */
    TAILQ_ENTRY(call) in_queue;
    struct gateway *g;
    enum call_state state;
    enum call_ev event; /* the last one */
    uint32_t next;      /* CALL_BITs of the states that may follow */

    /* who asks for what */
    const struct gateway_upstream *up;
    struct gateway_session *session; /* legacy; NULL for initialize */
    void (*leave)(struct call *c);   /* with a session: it is told that the call is over */
    struct sink *sink;               /* NULL: nobody to answer */
    struct http_req *http;           /* likewise */
    struct sec *token;   /* until call_open is sent; with call_may_feed until it is permitted */
    struct agent *agent; /* whose key was brought; NULL: none yet, or the session's */
    LIST_ENTRY(call) of_agent;
    enum call_kind kind;
    enum call_want want;
    void (*on_own)(struct call *c, const struct msg_call_own *m); /* what call_own brings */
    void (*on_snapshot)(struct call *c, struct slice text);       /* empty: there is none */
    uint64_t target; /* the call that an answer or a cancellation is for */
    int level;       /* logging/setLevel's */
    bool has_cursor; /* a list's second page or later */
    bool no_url;     /* the client answered our elicitation with an error */
    uint64_t began;

    /* the client's message: in refers to http's body, and is gone once body is made */
    struct json in;
    struct mcp_request req;
    enum era era;
    const struct mcp_method_row *method;
    const struct quirk *quirk;
    struct buf id_text;  /* its id as JSON text; empty: none */
    struct buf progress; /* its progress token, likewise */
    struct buf came;     /* the requestState that it brought */
    struct buf params;   /* Mcp-Param-* for the upstream: name and value, a line each */
    struct buf mismatch; /* which header is missing or differs from the body, or which member */
    uint32_t caps;       /* bits of mcp_client_caps */
    enum answer answer;  /* to our elicitation, in a retry */

    struct hold hold; /* of its agent key's share */

    /* at the keeper */
    bool open; /* the keeper that is here knows it: call_gone is owed */
    struct client_id client;
    bool anonymous;

    /* at egress */
    struct buf body; /* as it is sent, once more when the credential was refused */
    struct digest body_digest;
    size_t sent;
    struct chan *egress; /* not NULL from send_head until answer_end */
    uint64_t egress_generation;
    struct use_id use;
    struct use_id sent_use; /* the last of which send_head was said, or zero */
    unsigned stale_ends;    /* answer_end "refused" that the keeper overtook */

    /* the answer */
    struct buf message; /* parts of one */
    bool is_stream;     /* of several messages */
    uint32_t credit;    /* owed to egress */
    struct buf snapshot;
    bool legacy_only; /* it says of itself that it knows the legacy era alone */
    enum snapshot snapshot_kind;
    enum err failed; /* why a list is answered from the snapshot */

    /* waiting for a person */
    struct loop_timer *timer;
    uint64_t deadline; /* of loop_now */
    struct handoff_id handoff;
    struct buf words;
    struct buf leg; /* what a modern client gets when this leg ends first */
    uint64_t ticks; /* progress that we made up */
};

/* A new call in state NEW; req may be NULL (nobody to answer). */
struct call *call_new(struct gateway *g, const struct gateway_upstream *up, struct http_req *req);
void call_enter(struct call *c, enum call_state s);
/* A status is the client's answer, if it is there; the call goes on without it. */
void call_let_go(struct call *c, unsigned status);
/* Over: whoever still works for it is told, and it is freed. What the client gets must have been
 * said before; otherwise it gets nothing. */
void call_finish(struct call *c);
/* It has brought an agent key, with this digest of its token. */
void call_take_agent(struct call *c, const struct digest *token);
/* Counts what it holds by now. ERR_RATE_LIMITED, ERR_AGAIN: its agent key's share has no room. */
MUST_USE enum err call_hold(struct call *c);
/* Whether there is a message of the client's: GET and DELETE have none. */
bool call_has_message(const struct call *c);
/* It is server/discover: answered whatever the upstream does, and soon. */
bool call_is_discover(const struct call *c);
/* Whether a link can be shown on this call. */
bool call_shows_links(const struct call *c);
/* Whether this call's token is kept until it is permitted, to ask for the session's feed again. */
bool call_may_feed(const struct call *c);
/* Something happened; afterwards c may be gone. Defined above all that may come of it
 * (call_table.c). */
void call_event(struct call *c, enum call_ev ev, const void *arg);
/* By its number, or NULL. */
struct call *call_by_id(struct gateway *g, uint64_t id);
const char *call_state_name(enum call_state s);

#endif
