/* The scene of the egress process of "weather". */
#ifndef SG_HOSTILE_AS_EGRESS_H
#define SG_HOSTILE_AS_EGRESS_H

#include "cast.h"

struct as_egress {
    struct end *keeper, *gateway, *dialer;
    int listener; /* the upstream */
    uint16_t port;
    uint64_t last_call;
};
extern struct as_egress as_egress;

#define AS_EGRESS_SECRET "s3cret-of-the-weather"

/* Those who are not there, or not any more. */
void as_egress_meet(struct play *p);
/* An honest permit and head for that body, with the next call number and a new use. */
struct as_egress_use {
    struct msg_permit permit;
    struct msg_send_head head;
    struct msg_send_part part;
};
struct as_egress_use as_egress_use(const char *body);
/* The usual body. */
extern const char as_egress_body[];
/* Says all three. */
void as_egress_say(const struct as_egress_use *u);
/* A socket is wanted for it: brings one; what the upstream has of it. */
int as_egress_dial(struct play *p, const struct as_egress_use *u);
/* The upstream gets the request, and hangs up. */
void as_egress_taken(struct play *p, const struct as_egress_use *u);
/* Its result. */
struct msg_use_result as_egress_result(const struct as_egress_use *u);
/* Nothing of it has reached the upstream, and the keeper knows. */
void as_egress_unsent(struct play *p, const struct as_egress_use *u);

#endif
