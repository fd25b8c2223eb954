/*
 * Egress on a stage, with a keeper, two gateways and a dialer that this test plays, and a raw
 * upstream in this process that does what a script says. What egress tells each is recorded.
 */
#ifndef SG_RIG_H
#define SG_RIG_H

#include "stage/stage.h"

#include "base/id.h"
#include "base/limits.h"
#include "proto/request.h"

enum { RIG_CONNS = 32, RIG_REQUESTS = 64, RIG_CALLS = 64 };

struct rig;

/* A connection that the upstream accepted. */
struct rig_conn {
    struct rig *rig;
    int fd; /* -1: closed */
    struct loop_watch *watch;
    struct buf in;
    unsigned requests; /* complete ones */
    bool stalled;      /* reads no more */
};

struct rig_request {
    struct buf head, body; /* NUL-terminated */
    unsigned conn;         /* index */
};

/* What a gateway saw of one call. */
struct rig_call {
    uint64_t call;
    enum role by; /* always the gateway */
    unsigned heads, messages, parts, ends;
    enum answer_kind kind;
    enum answer_how how;
    enum err code;
    struct buf text; /* the messages, one a line */
    size_t bytes;
};

/* What the keeper saw of one use. */
struct rig_use {
    struct use_id id;
    unsigned results, dial_wants;
    struct msg_use_result result;
    uint32_t hits;
    unsigned seals;
    bool has_state; /* of state_seal */
    struct buf theirs;
};

/* A request came in whole; the index is in rig->requests. */
typedef void rig_script(struct rig *r, struct rig_conn *c, const struct rig_request *q);

struct rig {
    struct stage s;
    struct stage_peer *keeper, *gateway, *gateway2, *dialer;
    int listener;
    uint16_t port;
    struct loop_watch *listener_watch;
    struct rig_conn conns[RIG_CONNS];
    unsigned conns_n;
    struct rig_request requests[RIG_REQUESTS];
    unsigned requests_n;
    rig_script *script;
    const char *canned; /* for rig_say_canned */
    unsigned step;      /* for scripts */

    bool no_credit; /* the gateway gives none */
    bool no_dial;   /* dial_want is only counted */
    enum err dial_error;
    unsigned dial_wants;
    uint64_t last_dial;
    const char *sealed; /* what the keeper makes of a state; NULL: it does not answer */
    unsigned refuse_wants;
    uint64_t last_refusal;
    struct rig_call calls[RIG_CALLS];
    unsigned calls_n;
    struct rig_use uses[RIG_CALLS];
    unsigned uses_n;
    unsigned results, ends;
    unsigned dropped, results_before_dropped;
    struct buf snapshots; /* "kind:text" one a line */
    unsigned snapshots_n; /* complete ones */
    unsigned alerts;
    unsigned char next_id;
};

/* Which configuration; 0 is one header "Authorization: Bearer {key}". */
struct rig_conf {
    unsigned protocols; /* 0: modern and legacy */
    const struct msg_conf_place *places;
    size_t places_n;
    const struct msg_conf_field *fields;
    size_t fields_n;
    const struct msg_conf_rule *rules;
    size_t rules_n;
    const char *verify_method;
    const char *path; /* NULL: /mcp */
    bool tls;
    const uint64_t *limits; /* pairs of enum limit and value */
    size_t limits_n;
    bool anonymous; /* no fields, no places */
};

extern struct rig rig; /* of this program */

void rig_start(struct rig *r, const struct rig_conf *c);
void rig_stop(struct rig *r);
/* Ends it, whatever it was doing. For cmocka. */
int rig_teardown(void **state);

/* One use; what is 0 or NULL gets the usual value. */
struct rig_ask {
    const char *body;
    const char *credential; /* of one field; "" none */
    enum era era;
    enum call_kind kind;
    enum mode mode;
    unsigned char user, connection, session, client;
    const char *protocol, *caps, *last_event_id;
    const struct request_headers *headers;     /* NULL: none */
    const char *state;                         /* the permit has it; NULL: none */
    uint64_t not_after;                        /* 0: in 10 s; else absolute */
    uint64_t call;                             /* of mode refuse: the number that egress gave */
    bool permit_only, head_only, body_later;   /* parts of it */
    const char *wrong_body, *wrong_projection; /* texts whose digests the permit has instead */
    bool wrong_kind;                           /* the permit is for a notification */
    bool lazy;                                 /* the permit says so */
    struct stage_peer *gateway;
    bool head_first;
};

/* Sends permit, head and parts; the index of call and use, which begin at 0 and go up together. */
unsigned rig_ask(struct rig *r, struct rig_ask a);
struct rig_call *rig_call_of(struct rig *r, unsigned i);
struct rig_use *rig_use_of(struct rig *r, unsigned i);
struct use_id rig_use_id(unsigned i);
void rig_permit(struct rig *r, unsigned i, const struct rig_ask *a);
void rig_head(struct rig *r, unsigned i, const struct rig_ask *a);
void rig_body(struct rig *r, unsigned i, const struct rig_ask *a);
/* Runs until use i has its result and call i its end. */
void rig_both(struct rig *r, unsigned i);
void rig_result(struct rig *r, unsigned i);
void rig_requests(struct rig *r, unsigned n);

/* Connects to the upstream, as the dialer does. */
int rig_connect(struct rig *r);
/* Answers a dial_want by hand. */
void rig_dialed(struct rig *r, uint64_t dial);
/* Answers the last one with this socket, which is closed here. */
void rig_give(struct rig *r, int fd);
/* How many pieces of the process's writable memory hold that text; -1: only root may look. */
int rig_copies(const struct rig *r, const char *text);

/* The upstream's voice. */
void rig_say(struct rig_conn *c, const char *text);
void rig_say_n(struct rig_conn *c, const void *p, size_t n);
void rig_hang_up(struct rig_conn *c);
/* 200 application/json with the text, %ID in it being the request's id. */
void rig_say_json(struct rig_conn *c, const struct rig_request *q, const char *text);
/* One event of a chunked stream; the head is rig_say_stream. */
void rig_say_stream(struct rig_conn *c);
void rig_say_event(struct rig_conn *c, const struct rig_request *q, const char *text);
void rig_say_stream_end(struct rig_conn *c);
/* Whether the request's head has that text. */
bool rig_has(const struct rig_request *q, const char *text);

#endif
