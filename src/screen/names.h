/* What the name of a member, a variable or a parameter says of what it names. Pure. */
#ifndef SG_SCREEN_NAMES_H
#define SG_SCREEN_NAMES_H

#include "base/slice.h"

enum name_hint {
    NAME_PUBLIC,  /* no secret, unless it is a token of a known kind */
    NAME_WEAK,    /* of a word in a name: public, unless another word is secret */
    NAME_UNKNOWN, /* a secret when it looks like one */
    NAME_SECRET,
};

/* Never NAME_WEAK. */
enum name_hint names_hint(struct slice name);

#endif
