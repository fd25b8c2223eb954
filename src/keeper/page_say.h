/* How a page's request ends. */
#ifndef SG_KEEPER_PAGE_SAY_H
#define SG_KEEPER_PAGE_SAY_H

#include "keeper/core.h"

enum { PAGE_OK = DENIAL_COUNT }; /* for page_end */

/* What a browser is told of an error of looking for its session. */
enum denial page_why(enum err e);
void page_denied(struct chan *c, uint64_t req, enum denial why);
/* page_done, or page_denied; nothing when surface is gone. */
void page_end(struct keeper *k, uint64_t peer, uint64_t req, unsigned how);

#endif
