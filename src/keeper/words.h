/*
 * The two words that the link and the page of one handoff both show, so that a person can match
 * them. They follow from the handoff's id and say nothing about it: 65536 pairs, from a hash. They
 * prove nothing; they help to notice a mix-up.
 */
#ifndef SG_KEEPER_WORDS_H
#define SG_KEEPER_WORDS_H

#include "base/buf.h"
#include "base/id.h"

enum { WORDS_MAX = 32 /* bytes with the space and the NUL */ };

struct slice words_of(struct handoff_id id, char room[WORDS_MAX]);

#endif
