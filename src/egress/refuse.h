/* Errors that egress answers for a client that cannot be asked. */
#ifndef SG_EGRESS_REFUSE_H
#define SG_EGRESS_REFUSE_H

#include "egress/use.h"

/* Gives u, which the keeper permitted for it, the error of that number to send. ERR_GONE: nobody
 * waits for it any more. */
MUST_USE enum err refuse_take(struct use *u, uint64_t number);
/* The use is over: what was asked on it needs no answer. */
void refuse_leave(struct use *of);

#endif
