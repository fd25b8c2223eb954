/* What a person and a model are told about a handoff; in Sidegate's words alone. */
#ifndef SG_GATEWAY_DELIVER_TEXT_H
#define SG_GATEWAY_DELIVER_TEXT_H

#include "gateway/conf.h"
#include "ipc/gen/messages.h"

/* The link of a handoff: a locator, nothing else. */
void deliver_put_link(struct buf *out, const struct gateway_conf *c, struct handoff_id h);
/* For the person, beside the link. */
void deliver_put_message(struct buf *out, const struct gateway_upstream *up, enum need need,
                         struct slice words);
/* For the model, when a call ends without an answer of the upstream. */
void deliver_put_ending(struct buf *out, const struct gateway_conf *c,
                        const struct gateway_upstream *up, enum ending how, struct slice words);

#endif
