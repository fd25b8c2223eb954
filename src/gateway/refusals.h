/*
 * How fast the gateway says no by itself. What it asks the keeper about takes from the agent key's
 * pace there; what the keeper never hears of takes from one with the same numbers here, the key's
 * own: beyond it a refusal is ERR_TOO_FAST. Strangers have one pace all together, and are told what
 * they lack however many they are, since one of them may be somebody with a wrong key. Refusals
 * beyond a pace have no line of the log each, but one a second together.
 */
#ifndef SG_GATEWAY_REFUSALS_H
#define SG_GATEWAY_REFUSALS_H

#include "base/pace.h"
#include "base/share.h"
#include "os/loop.h"

struct refusals {
    struct loop *loop;
    struct loop_timer *timer; /* the next line that sums */
    struct pace strangers;
    uint64_t of_keys, of_strangers; /* without a line, since the last such */
};

void refusals_init(struct refusals *r, struct loop *loop);
void refusals_done(struct refusals *r);

/* One more, of the owner of s, or of a stranger: NULL. False: it is one too many, and was counted. */
MUST_USE bool refusals_take(struct refusals *r, struct share *s);
/* The same of something that is refused for *e, which it may change. Whether to log it by itself. */
MUST_USE bool refusals_logs(struct refusals *r, struct share *s, enum err *e);

#endif
