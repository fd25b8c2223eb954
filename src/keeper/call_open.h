/* Calls as they come, are woken, and end with their client. */
#ifndef SG_KEEPER_CALL_OPEN_H
#define SG_KEEPER_CALL_OPEN_H

#include "keeper/core.h"

/* The handoff ended: whoever waits for it is decided again. */
void calls_wake(struct keeper *k, struct handoff_id id);
/* That client is no more. */
void calls_end_client(struct keeper *k, struct client_id client);

#endif
