/* Uses of modes call and refuse. */
#ifndef SG_EGRESS_MESSAGE_H
#define SG_EGRESS_MESSAGE_H

#include "egress/use.h"

extern const struct use_ops message_ops;

/* Keeps what is asked of the message when u->json is gone. */
void message_note(struct use *u);

#endif
