/* What the sidegate command asks. It reaches the keeper through the supervisor's control socket,
 * which checked who calls; no verb gives a secret out. */
#ifndef SG_KEEPER_CTL_H
#define SG_KEEPER_CTL_H

#include "keeper/core.h"

/* ctl_done; nothing when the command is gone. */
void ctl_say(struct keeper *k, uint64_t peer, enum err code);
/* The same with a sentence that says more than the error's own. */
void ctl_say_why(struct keeper *k, uint64_t peer, enum err code, const char *why);

#endif
