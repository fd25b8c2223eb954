/*
 * Riders: uses that go with a credential, or under an agent key, and take nothing of a lease: a
 * session's stream, a listen, lists, notifications. They last no longer than what they ride on.
 * In memory only: with the keeper's channel egress loses them all.
 */
#ifndef SG_KEEPER_RIDER_H
#define SG_KEEPER_RIDER_H

#include "ipc/gen/messages.h"

struct keeper;
struct use;

/* A use of mode call that was started: takers are counted, riders kept with the lease they ride on,
 * or with the agent key where there is no lease. */
void rider_begin(struct use *u);
/* It ended, and the store has what became of its lease. When the last that takes has ended on a
 * lease that is used up, or the credential was refused, its riders are cut. No-op the second time.
 */
void rider_end(struct use *u);
/* The agent key is no more: what rode on it alone is cut. What has a connection ends with that. */
void riders_end_client(struct keeper *k, struct client_id client);

#endif
