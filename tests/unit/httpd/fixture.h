/*
 * A server with a real listener, and behind it a role that does what a path says: /hold and /stream
 * are answered by the test, with /wait the body waits for it, and the query names whose share is
 * counted. Everything runs in one thread; the loop is turned until what is awaited is there.
 */
#ifndef SG_TEST_HTTPD_FIXTURE_H
#define SG_TEST_HTTPD_FIXTURE_H

#include "unit.h"

#include "base/limits.h"
#include "client.h"
#include "httpd/httpd.h"

#define H "Host: a\r\n"

enum { BODY_MAX = 2000, HELD = 64 };

struct fixture {
    struct loop *loop;
    struct httpd *h;
    uint16_t port;
    unsigned heads, requests, ends, sent, gone, drains, refusals;
    enum err last_refusal;
    struct shares shares;
    struct http_req *asked;      /* the request for /wait whose body is not decided about */
    struct http_req *held[HELD]; /* requests for /hold and /stream that have not ended */
    uint64_t gone_at;
    struct buf seen; /* method, path, query, body of each request */
};

int fixture_setup(void **state);
int fixture_teardown(void **state);
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

/* The role says that this body is read, and counted for whom the query names. */
void fixture_read(struct fixture *fx, struct http_req *req);
void fixture_reply(struct http_req *req, unsigned status, struct slice body);
/* Restarts the server under changed limits. */
void fixture_again(struct fixture *fx);

static inline void set(enum limit l, uint64_t v)
{
    assert_err(limit_set(l, v), ERR_OK);
}

#endif
