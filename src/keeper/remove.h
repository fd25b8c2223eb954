/* Removing people and agent keys. */
#ifndef SG_KEEPER_REMOVE_H
#define SG_KEEPER_REMOVE_H

#include "keeper/core.h"

void remove_on_user_remove(struct keeper *k, struct chan *c, const struct msg_ctl_user_remove *m);
void remove_on_key_remove(struct keeper *k, struct chan *c, const struct msg_ctl_key_remove *m);

#endif
