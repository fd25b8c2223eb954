/* Sessions at a legacy upstream, as a use needs one. */
#ifndef SG_EGRESS_OPEN_H
#define SG_EGRESS_OPEN_H

#include "egress/use.h"

/* Opens the session of this legacy use, or waits until another has; then its ops->send. */
void open_session(struct use *u);
/* Which lists a server has, of the result of initialize or server/discover: bits of enum snapshot.
 */
unsigned open_server_has(const struct json *j, uint32_t result);
/* Takes the open session that this use is to end, so that nobody finds it any more. False: there is
 * none with an id. */
bool open_take_session(struct use *u);
/* This use waits or opens no more. */
void open_leave(struct use *u);

#endif
