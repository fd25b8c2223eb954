/* What of the upstream the keeper stores. */
#ifndef SG_EGRESS_SNAPSHOT_H
#define SG_EGRESS_SNAPSHOT_H

#include "egress/use.h"

/* The list requests, the kind of each, and the member of the result that holds the list. */
#define SNAPSHOT_LISTS 4
struct snapshot_list {
    const char *method;
    enum snapshot kind;
    const char *member;
};
extern const struct snapshot_list snapshot_lists[SNAPSHOT_LISTS];

/* What of the answer to the request in u->json is worth storing. */
void snapshot_expect(struct use *u);
/* The same, where that request is ours. */
void snapshot_expect_method(struct use *u, struct slice method);
/* Whether a client's capabilities leave an agent nothing to say. */
bool snapshot_plain_caps(const struct json *j, uint32_t caps);
/* The client's message is about to leave: what it may have changed in the upstream's session. */
void snapshot_note_sent(const struct use *u);
/* Stores the result of u's list request, when all of it is there and it is new. message is
 * screened. */
void snapshot_of_answer(struct use *u, struct slice message);
/* Stores what the server says of itself, the screened result of initialize or server/discover. */
void snapshot_server(struct use *u, const struct json *j, uint32_t result);
/* Stores an object, when it is new. */
void snapshot_store(struct use *u, enum snapshot kind, struct slice object);
/* Forgets what was stored with that connection. */
void snapshots_drop(struct egress *all, const struct connection_id *connection);

#endif
