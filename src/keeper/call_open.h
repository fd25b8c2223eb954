/* Calls as they come, are woken, and end with their client. */
#ifndef SG_KEEPER_CALL_OPEN_H
#define SG_KEEPER_CALL_OPEN_H

#include "keeper/core.h"

/* The handoff ended: whoever waits for it is decided again. */
void calls_wake(struct keeper *k, struct handoff_id id);
/* That client is no more. */
void calls_end_client(struct keeper *k, struct client_id client);

void call_on_open(struct keeper *k, struct chan *c, const struct msg_call_open *m);
void call_on_answer(struct keeper *k, struct chan *c, const struct msg_call_answer *m);
void call_on_gone(struct keeper *k, struct chan *c, const struct msg_call_gone *m);

#endif
