/* What pool.c and http.c share. */
#ifndef SG_EGRESS_POOL_IN_H
#define SG_EGRESS_POOL_IN_H

#include <curl/curl.h>
#include <uthash.h>

#include "base/group.h"
#include "egress/pool.h"

enum { POOL_LISTS = ERA_COUNT * SNAPSHOT_COUNT };

/* What a pool tells its requests. */
struct pool_ops {
    /* What libcurl waits for, of a request that is under way. */
    void (*waits)(struct http *h, bool only_writes);
    /* libcurl is through with this request. Called outside libcurl. */
    void (*over)(struct http *h, CURLcode result);
};

/* A socket that libcurl has. */
struct pool_socket {
    int fd, port; /* ours */
    struct pool *pool;
    struct http *user; /* whose request is on it; NULL: idle */
    bool used;         /* a request has left on it */
    bool asked;        /* libcurl wants to know what comes */
    struct loop_watch *watch;
    struct group_link of_port, of_user;
    UT_hash_handle hh;
};

/* A socket that nobody has used yet. */
struct pool_spare {
    int fd;
    struct pool *pool;
    const struct http *http; /* whose it is; NULL: anybody's */
    struct group_link of_http;
    struct loop_watch *watch;
};

struct pool {
    struct pools *all;
    struct pool_key key;
    bool dropped; /* not found by pool_get any more */
    struct group_link of_connection;
    unsigned users;
    CURLM *multi;
    struct loop_timer *timer;      /* libcurl's */
    struct loop_timer *idle_timer; /* ends a pool that nobody uses */
    bool opened;                   /* a socket was given to libcurl in this call */
    unsigned inside;               /* depth of calls into libcurl */
    unsigned keep_alive;           /* seconds; what the upstream said last, or 0 */
    struct pool_socket *sockets;
    struct groups by_port, by_user; /* of the sockets */
    struct groups spares;           /* by whose they are */
    bool has_list[POOL_LISTS];
    struct digest lists[POOL_LISTS];
    uint64_t listed[POOL_LISTS]; /* ms, of the loop's clock */
    UT_hash_handle hh;
};

struct pools {
    struct loop *loop;
    const struct egress_conf *conf;
    const struct trust *trust;
    const struct pool_ops *ops;
    struct pool *by_key;
    struct groups by_connection; /* the same */
    unsigned count;              /* dropped ones too */
};

/* The spare socket that is for this request, or the one that is anybody's for longest, or -1. */
int pool_take_spare(struct pool *p, const struct http *h);
/* libcurl was given this socket, or has no use for it any more and it must be closed. */
void pool_socket_opened(struct pool *p, int fd);
void pool_socket_closed(struct pool *p, int fd);
/* Immediately before the first byte: libcurl chose the socket with this local port for the request;
 * unread: TLS has opened bytes of it that nobody read. False: something has come on it, or it has
 * ended; it will not be used again. */
MUST_USE bool pool_take(struct pool *p, int port, struct http *h, bool unread);
/* The request is over: its sockets are idle now. */
void pool_request_over(struct pool *p, const struct http *h);
/* Lets libcurl go on, then tells the requests that are over. */
void pool_drive(struct pool *p, int fd, int events);

#endif
