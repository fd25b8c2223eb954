/* The two halves of a use, as they come. */
#ifndef SG_EGRESS_JOIN_H
#define SG_EGRESS_JOIN_H

#include "egress/egress.h"

void join_permit(struct egress *all, struct chan *c, struct msg_permit *m);
void join_head(struct egress *all, struct chan *c, const struct msg_send_head *m);
void join_param(struct egress *all, struct chan *c, const struct msg_send_param *m);
void join_part(struct egress *all, struct chan *c, const struct msg_send_part *m);

#endif
