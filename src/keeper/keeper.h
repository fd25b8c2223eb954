/* The keeper as a whole: its start and end, and its peers. */
#ifndef SG_KEEPER_KEEPER_H
#define SG_KEEPER_KEEPER_H

#include "keeper/core.h"

/* Opens the store and the keys, and ends what an earlier life left undone. k is zeroed but for
 * conf, which is complete. ERR_CONFIG: conf or keys do not fit together. ERR_AGAIN: another process
 * has the store. On an error keeper_close is called all the same. */
MUST_USE enum err keeper_open(struct keeper *k, struct loop *l, const char *data_dir,
                              const char *key_dir);
/* Finishes what is queued for the store, and frees everything. */
void keeper_close(struct keeper *k);

/* A channel came, or ended. */
void keeper_peer(struct keeper *k, struct chan *c);
void keeper_lost(struct keeper *k, struct chan *c);
/* There is room again in a channel that was full. */
void keeper_writable(struct keeper *k, struct chan *c);

#endif
