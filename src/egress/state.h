/* How a call goes on whose answer asks for input. */
#ifndef SG_EGRESS_STATE_H
#define SG_EGRESS_STATE_H

#include "egress/use.h"

/* ERR_PROTOCOL: the body has a requestState, or is none that the permit's could go into. */
MUST_USE enum err state_check(const struct use *u);
/* Makes the body that leaves: with the requestState of the permit, if it has one. ERR_TOO_LARGE, or
 * as use_hold. */
MUST_USE enum err state_put_in(struct use *u);
/* Takes this screened response over, if it asks for input; the message is then empty. */
MUST_USE bool state_keep(struct use *u, const struct json *j, const struct jsonrpc *m,
                         struct buf *message);
/* The answer is there: asks the keeper to seal what was kept. */
void state_ask(struct use *u);

#endif
