/* The keeper with people, agent keys and credentials, and with honest peers: audit acknowledges
 * what it is sent, and an egress process comes when one is wanted. */
#ifndef SG_HOSTILE_AS_PEOPLE_H
#define SG_HOSTILE_AS_PEOPLE_H

#include "cast.h"

/* Ana has two agent keys, Ben one. */
enum { ANA, BEN, PEOPLE };
enum { KEY_ANA, KEY_ANA_OTHER, KEY_BEN, KEYS };

struct as_person {
    const char *name;
    struct sec *verifier; /* of the password */
    struct sec *cookie;   /* NULL until as_people_login */
    struct digest csrf;
};

struct as_people {
    struct play *play;
    struct end *audit, *gateway, *surface, *dialer, *cli;
    struct end *egress[4]; /* by upstream; NULL: not wanted yet */
    struct as_person person[PEOPLE];
    struct sec *token[KEYS];
    uint64_t number;     /* the last of calls and requests */
    bool silent;         /* audit acknowledges nothing */
    uint64_t seq, epoch; /* of the newest record */
    uint32_t seal_key;   /* as the keeper said */
    struct digest public_key;
};
extern struct as_people as_people;
extern const struct cast cast_people;

/* --- peers ------------------------------------------------------------------------------------ */

/* Acknowledges what came, brings egress processes that are wanted; true. For UNTIL. */
bool as_people_serve(void);
/* hear(), served. */
const union msg_any *as_people_hear(struct end *e, enum msg type);
/* What an honest audit has at that number. */
struct digest as_people_head(uint64_t seq);
/* A new honest audit process; those who are not there, or not any more. */
void as_people_audit(void);
void as_people_meet(void);
/* The command says this; how it was answered. */
enum err as_people_ctl(enum msg type, const void *m);
/* What was said so far has been dealt with; gateway, surface and audit stand. */
void as_people_settle(void);

/* --- calls ------------------------------------------------------------------------------------ */

/* An honest tools/call with the next number. */
struct msg_call_open as_people_call(unsigned key, uint16_t upstream);
void as_people_open(const struct msg_call_open *m);
/* The call was denied for this. */
void as_people_denied(uint64_t call, enum err why);
/* The gateway and egress have the permit; the use. */
struct use_id as_people_permit(const struct msg_call_open *m);
/* Opens the call and takes its permit. */
struct use_id as_people_use(unsigned key, uint16_t upstream);
void as_people_result(uint16_t upstream, struct use_id use, enum result result);
/* Opens the call, which needs a person. Lives as long as the play. */
const struct msg_call_handoff *as_people_ask(const struct msg_call_open *m);
/* Nothing was released to anybody and not taken. */
void as_people_nothing_released(void);

/* --- pages ------------------------------------------------------------------------------------ */

void as_people_login(unsigned person);
/* What an honest surface posts for it; its slices live until the next. */
struct msg_handoff_submit as_people_form(unsigned person, struct handoff_id handoff);
/* The page was denied for this. */
void as_people_page_denied(uint64_t req, enum denial why);
/* The state of the handoff, as its person sees it; the next form can be posted. */
enum handoff_state as_people_view(unsigned person, struct handoff_id handoff);
/* The person completes it. */
void as_people_complete(unsigned person, struct handoff_id handoff);
/* From nothing to a live connection. */
void as_people_connect(unsigned key, uint16_t upstream);
/* The number of uses left of the person's connection to the upstream; -1: no connection. Its id. */
int64_t as_people_left(unsigned person, uint16_t upstream, struct connection_id *ret_id);
int64_t as_people_left_to_ana(uint16_t upstream);

#endif
