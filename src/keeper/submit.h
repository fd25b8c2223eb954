/* A person hands in what a handoff asks for. */
#ifndef SG_KEEPER_SUBMIT_H
#define SG_KEEPER_SUBMIT_H

#include "keeper/core.h"

/* Handoffs that were being tried when the process died go back to the person. Inside work. */
MUST_USE enum err submit_recover(struct keeper *k);

#endif
