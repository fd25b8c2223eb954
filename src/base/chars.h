/* What the places that a credential goes to can carry, and what is wrong with a value that they
 * cannot. Said by the supervisor of each field; surface and keeper check what is typed by it. */
#ifndef SG_BASE_CHARS_H
#define SG_BASE_CHARS_H

#include "base/slice.h"

/* What a place wants beside what all want: no control character, no space at either end. */
enum {
    CHARS_ASCII = 1,    /* the value of a header (RFC 9110 5.5) */
    CHARS_NO_COLON = 2, /* the user name of Basic (RFC 7617 2) */
};

/* From the least to the worst. */
enum chars_wrong {
    CHARS_FIT,
    CHARS_COLON,
    CHARS_NOT_ASCII,
    CHARS_SPACE, /* at an end, where it is not seen and does not arrive */
    CHARS_CONTROL,
    CHARS_LINE, /* a line break */
};

/* The worst that is wrong with s for places that want these of the above. */
enum chars_wrong chars_check(struct slice s, unsigned wants);

#endif
