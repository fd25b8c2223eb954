/*
 * Things found by what they have in common, such as the calls of one agent key: looking for them
 * costs what they are, however many others there are. A group is there while it has members.
 */
#ifndef SG_BASE_GROUP_H
#define SG_BASE_GROUP_H

#include <sys/queue.h>
#include <uthash.h>

#include "base/id.h"

struct group;

/* All groups by one kind of key. Zeroed at first; stays where it is while there are any. */
struct groups {
    struct group *by_key;
};

/* In a thing, for each kind of key that it is found by. Zeroed at first. */
struct group_link {
    struct group *of; /* NULL: it is in none */
    void *thing;
    TAILQ_ENTRY(group_link) in_group;
};

/* Last in the group of that key, which is at most DIGEST_BYTES long. l is in none before. */
void group_join(struct groups *all, struct slice key, struct group_link *l, void *thing);
/* Nothing when l is in none. */
void group_leave(struct group_link *l);
/* Who joined first; NULL: nobody is there. */
struct group_link *group_first(const struct groups *all, struct slice key);
/* Who joined next. */
struct group_link *group_next(const struct group_link *l);
size_t group_size(const struct groups *all, struct slice key);

#endif
