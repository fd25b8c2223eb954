/* The process: what it holds, and the one place where its parts meet. */
#ifndef SG_SURFACE_SURFACE_H
#define SG_SURFACE_SURFACE_H

#include "crypto/box_seal.h"
#include "httpd/httpd.h"
#include "ipc/chan.h"
#include "surface/conf.h"
#include "surface/hasher.h"

struct visit;

struct surface {
    struct loop *loop;
    struct httpd *httpd;
    struct hasher *hasher;
    struct surface_conf conf;
    struct chan *keeper; /* NULL: not there at the moment */
    struct box_public seal;
    bool sealable;            /* seal came from this keeper */
    enum recording recording; /* as this keeper said last */
    struct visit *waiting;    /* browser requests that wait, by their number (uthash) */
    uint64_t last_req;
};

/* The configuration is complete: starts the password thread and the server, which does not listen
 * yet. Before the jail. ERR_CONFIG, ERR_UNAVAILABLE. */
MUST_USE enum err surface_open(struct surface *s, struct loop *l);
void surface_close(struct surface *s);

/* A message of the supervisor or the keeper, for the surface that ctx is; false when it is not one
 * of ours. */
MUST_USE bool surface_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);
/* The keeper's channel is there, or (NULL) is gone: whoever waits for it is told so. */
void surface_set_keeper(struct surface *s, struct chan *keeper);

#endif
