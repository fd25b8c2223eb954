/* The gateway's scene: its keeper, the egress processes of "weather" and "open", and clients. */
#ifndef SG_HOSTILE_AS_GATEWAY_H
#define SG_HOSTILE_AS_GATEWAY_H

#include "cast.h"

/* A client with one request. Ana's is 1, Ben's is 2. */
struct as_call {
    struct client c;
    unsigned upstream;
    uint64_t call;
};

struct as_gateway {
    struct end *keeper;
    struct end *egress[2]; /* by upstream */
    uint16_t port;
    struct as_call bystander; /* Ben's, at "open", under way until the end of the row */
};
extern struct as_gateway as_gateway;

/* Those who are not there, or not any more. */
void as_gateway_meet(struct play *p);

/* --- clients ---------------------------------------------------------------------------------- */

/* A POST with the token "sgk_<key>"; more: further header lines. */
void as_gateway_post(struct as_call *c, const char *key, const char *more, const char *body);
/* A modern request with id 7 that can show links and forms; the keeper is asked. members: of
 * params, each with a comma behind it. */
void as_gateway_modern(struct as_call *c, unsigned upstream, const char *method,
                       const char *members);
/* tools/call of "forecast". */
void as_gateway_call(struct as_call *c, unsigned upstream);
/* A legacy session of Ana's at "weather", which can show links; its header line. */
struct session_id as_gateway_session(struct play *p, char ret[64]);
/* Its first message; the keeper is asked. */
void as_gateway_initialize(struct as_call *c);
/* A message in it; the keeper is asked. The tools/call has id 7. */
void as_gateway_legacy(struct as_call *c, const char *session, const char *body);
extern const char as_gateway_tool[];

/* The client has text, whole and at the end of what it got or not. Fails when its connection ends
 * without. */
void as_gateway_gets(struct play *p, struct as_call *c, const char *text);
/* The client's answer has this HTTP status (NULL: any), ends, and each of its messages is JSON. */
void as_gateway_answered(struct play *p, struct as_call *c, const char *status);

/* --- honest peers ----------------------------------------------------------------------------- */

/* The keeper lets it through; egress has all of it. */
void as_gateway_permit(struct as_call *c);
/* As they are said: the whole, or one part of it. */
void as_gateway_answer(struct as_call *c, const char *message);
void as_gateway_head(struct as_call *c, enum answer_kind kind);
void as_gateway_part(struct as_call *c, const char *message);
void as_gateway_end(struct as_call *c, enum answer_how how);
/* The gateway has told the keeper that the call is over. */
void as_gateway_gone(struct as_call *c);

#define AS_GATEWAY_RESULT(text) "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"" text "\"}}"

#endif
