/* A use whose two halves are there, before anything of it leaves. */
#ifndef SG_EGRESS_PERMITTED_H
#define SG_EGRESS_PERMITTED_H

#include "egress/use.h"

/* Parses the body. ERR_PROTOCOL: it is not what was permitted; or see permitted_is_limit. */
MUST_USE enum err permitted_check(struct use *u);
/* Whether that error is a limit of ours, and no lie of the gateway. */
bool permitted_is_limit(enum err e);

#endif
