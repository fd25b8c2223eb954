/*
 * Riders: uses that go with a credential, or under an agent key, and take nothing of a lease: a
 * session's stream, a listen, lists, notifications. They last no longer than what they ride on.
 * In memory only: with the keeper's channel egress loses them all.
 */
#ifndef SG_KEEPER_RIDER_H
#define SG_KEEPER_RIDER_H

#include "keeper/core.h"

/* The agent key is no more: what rode on it alone is cut. What has a connection ends with that. */
void riders_end_client(struct keeper *k, struct client_id client);

#endif
