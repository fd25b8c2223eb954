/*
 * Agent keys that the keeper has vouched for, and requests that wait for its word: no body is read
 * before. What a key's calls hold is counted in its share, by the hash of its token.
 */
#ifndef SG_GATEWAY_KEYS_H
#define SG_GATEWAY_KEYS_H

#include "base/share.h"
#include "httpd/httpd.h"
#include "ipc/chan.h"

struct gateway;
struct key;
struct key_check;

struct keys {
    struct key *by_hash;
    struct key_check *checks; /* by number */
    uint64_t last_check;
    struct shares shares;
};

void keys_init(struct keys *all);
void keys_done(struct keys *all);

/* ops->head of a request with this bearer token: its body, of at most max bytes, is read when the
 * token is known. */
void keys_take(struct gateway *g, struct http_req *req, struct slice token, size_t max);
/* The request is over, whatever it waited for. */
void keys_leave(struct gateway *g, const struct http_req *req);

/* What the keeper says. With a key that is gone ends whatever was shown with it: calls, sessions,
 * connections. */
void keys_on_known(struct gateway *g, const struct msg_token_known *m);
void keys_on_gone(struct gateway *g, const struct msg_token_gone *m);
/* There is room in its channel. */
void keys_writable(struct gateway *g);
/* It is gone, and what it said with it. */
void keys_lost(struct gateway *g);

#endif
