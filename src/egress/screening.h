/* What the screen does with the answers of a use, and what is counted of that. */
#ifndef SG_EGRESS_SCREENING_H
#define SG_EGRESS_SCREENING_H

#include "egress/use.h"

/* Screens one message into out, counting, also when the message is then too large. */
MUST_USE enum err screening_message(struct use *u, const struct json *j, struct buf *out);
/* A reflection that no keeper would count is told to nobody, or guessing would cost nothing. */
bool screening_is_uncounted(const struct use *u);
/* The keeper counts reflections while a stream goes on. */
void screening_tell(struct use *u);

#endif
