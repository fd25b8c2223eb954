/*
 * Agent keys that the keeper has vouched for, and requests that wait for its word: no body is read
 * before. What a key's calls hold is counted in its share, by the hash of its token.
 */
#ifndef SG_GATEWAY_KEYS_H
#define SG_GATEWAY_KEYS_H

#include <sys/queue.h>

#include "base/share.h"
#include "httpd/httpd.h"
#include "ipc/chan.h"

struct known_key;
struct key_check;

struct keys {
    struct known_key *by_hash;
    struct key_check *checks;        /* by number */
    TAILQ_HEAD(, key_check) unasked; /* waiting for room in the keeper's channel */
    uint64_t last_check;
    struct shares shares;
};

void keys_init(struct keys *all);
void keys_done(struct keys *all);

/* ops->head of a request with this bearer token: its body, of at most max bytes, is read when the
 * token is known. keeper: NULL while it is away. */
void keys_take(struct keys *all, struct chan *keeper, struct http_req *req, struct slice token,
               size_t max);
/* The request is over, whatever it waited for. */
void keys_leave(struct keys *all, const struct http_req *req);

/* What the keeper says. */
void keys_on_known(struct keys *all, const struct msg_token_known *m);
void keys_forget(struct keys *all, const struct digest *token);
/* There is room in its channel. */
void keys_writable(struct keys *all, struct chan *keeper);
/* It is gone, and what it said with it. */
void keys_lost(struct keys *all);

#endif
