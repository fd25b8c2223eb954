/*
 * A stage for the gateway: the real thing in one thread with a real listener, and actors for keeper
 * and egress at the far ends of its channels, which say what a test lets them say and remember what
 * they were told.
 */
#ifndef SG_TEST_GATEWAY_STAGE_H
#define SG_TEST_GATEWAY_STAGE_H

#include "../httpd/client.h"
#include "unit.h"

#include "gateway/gateway.h"
#include "gateway/session.h"
#include "ipc/gen/send.h"
#include "proto/request.h"

#define TOKEN   "sgk_alice_0123456789"
#define SURFACE "http://localhost:8401"

enum { UP_BOTH = 0, UP_MODERN = 1, UP_LEGACY = 2, UP_OPEN = 3 };

/* The last call_open, copied. */
struct seen_open {
    uint64_t call;
    uint16_t upstream;
    enum era era;
    enum call_kind kind;
    enum call_want want;
    char method[LIM_METHOD_BYTES + 1], name[LIM_NAME_BYTES + 1], token[LIM_TOKEN_BYTES + 1];
    char state[LIM_STATE_BYTES + 1];
    struct digest body_digest, request;
    struct buf projection;
    uint8_t caps;
    struct session_id session;
    bool answers;
    enum answer answer;
};

struct seen_head {
    uint64_t call;
    struct use_id use;
    enum era era;
    enum call_kind kind;
    struct client_id client;
    struct session_id session;
    char protocol[33], caps[LIM_CAPS_BYTES + 1];
    uint32_t size;
    char params[1024]; /* "name=value;" of each */
    struct {
        char name[LIM_PARAM_NAME_BYTES + 1], value[LIM_NAME_BYTES + 1];
    } param[LIM_MCP_PARAMS];
    size_t params_n;
};

struct stage {
    struct loop *loop;
    struct gateway g;
    uint16_t port;
    struct chan *keeper, *egress;           /* the actors' ends */
    struct chan *near_keeper, *near_egress; /* the gateway's */
    struct chan *channels[16];              /* all that are open */
    bool keeper_ended, egress_ended;        /* as the actors see it */
    enum err keeper_why, egress_why;
    unsigned n[MSG_COUNT]; /* how many of each message the actors got */
    struct seen_open open;
    struct seen_head head;
    struct buf body;                    /* of the last send_head */
    uint64_t gone_call, cancelled_call; /* the last ones */
    struct use_id gone_use;             /* with the first */
    struct buf refusals;                /* "call id why", one a line */
    enum snapshot snapshot;
    enum answer answer; /* of the last call_answer */
    uint32_t credit;    /* all of it */
    struct client_id alice, bob;
    int still;         /* the far end of a keeper that reads nothing */
    bool asks_nobody;  /* the keeper lets token_check wait */
    bool knows_nobody; /* it says no */
    uint64_t check;    /* of the last token_check */
};

int stage_setup(void **state);
int stage_teardown(void **state);
/* The Mcp-Param headers that egress got after the last send_head. */
struct request_headers stage_headers(const struct stage *s);
#define STAGED(f) cmocka_unit_test_setup_teardown(f, stage_setup, stage_teardown)

void stage_add_egress(struct stage *s, uint16_t upstream, uint64_t generation);
/* The actor's process ends. */
void stage_end(struct stage *s, struct chan **actor);
/* The supervisor has handed the gateway a new keeper. */
void stage_add_keeper(struct stage *s);

/* Another keeper takes its place, which reads nothing until it wakes. */
void stage_still_keeper(struct stage *s);
void stage_wake_keeper(struct stage *s);

/* --- clients ---------------------------------------------------------------------------------- */

/* Sends a POST with these further header lines ("A: b\r\n...") and the token. */
void post(struct stage *s, struct client *c, const char *path, const char *headers,
          const char *body);
/* Anything: the request up to the empty line comes from the caller, Host apart. */
void request(struct stage *s, struct client *c, const char *line, const char *headers,
             const char *body);
/* A modern tools/call of that name; members are further members of params ("" or ",..."). */
void call_modern(struct stage *s, struct client *c, const char *id, const char *caps,
                 const char *members);

#define WAIT(s, c, cond) CLIENT_WAIT((s)->loop, c, cond)
/* Waits for the actors' nth message of a type. */
#define WAIT_MSG(s, c, type, nth) WAIT(s, c, (s)->n[type] >= (nth))
/* Turns a few times, to see that nothing happens. */
void quiet(struct stage *s, struct client *c);

/* What the last answer's body or last event holds; a parsed copy. */
bool has(const struct client *c, const char *text);

/* No call is left, the client goes, and the gateway has cut off nobody. */
void all_is_over(struct stage *s, struct client *c);

/* --- the keeper's lines ----------------------------------------------------------------------- */

void say_known(struct stage *s, uint64_t check, bool known);
/* The agent key of TOKEN is removed. */
void say_gone(struct stage *s);
void say_permit(struct stage *s, uint64_t call, const struct client_id *who, bool anonymous);
void say_own(struct stage *s, uint64_t call, bool connected, bool pending);
void say_deny(struct stage *s, uint64_t call, enum err code);
void say_handoff(struct stage *s, uint64_t call, const char *state);
void say_hold(struct stage *s, uint64_t call, const char *state);
void say_neutral(struct stage *s, uint64_t call, enum ending how);
void say_snapshot(struct stage *s, uint64_t call, enum snapshot kind, const char *text);

/* --- egress's lines --------------------------------------------------------------------------- */

void say_head(struct stage *s, uint64_t call, enum answer_kind kind);
void say_part(struct stage *s, uint64_t call, const char *text, bool last);
void say_end(struct stage *s, uint64_t call, enum answer_how how, enum err code);
/* All three for a JSON answer. */
void say_answer(struct stage *s, uint64_t call, const char *text);

/* --- scenes ----------------------------------------------------------------------------------- */

/* initialize with these capabilities at /mcp/both (or another path); writes the session id. */
void open_session(struct stage *s, const char *path, const char *caps, char ret_id[ID_TEXT + 1]);
/* A legacy POST in that session. */
void post_in(struct stage *s, struct client *c, const char *id, const char *body);
/* Up to the upstream: the call is permitted and its body is there. */
void let_through(struct stage *s, struct client *c);
/* With the credential, or without. */
void let_through_as(struct stage *s, struct client *c, bool anonymous);

#endif
