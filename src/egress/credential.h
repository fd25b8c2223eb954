/* The credential of a use. */
#ifndef SG_EGRESS_CREDENTIAL_H
#define SG_EGRESS_CREDENTIAL_H

#include "egress/use.h"

/* Opens it once, makes place and screen of it, and lets go of it. As place_fill. */
MUST_USE enum err credential_place(struct use *u);

#endif
