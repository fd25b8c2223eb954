/* A raw HTTP client for tests, in the same thread as the server: nothing waits but the loop. */
#ifndef SG_TEST_HTTPD_CLIENT_H
#define SG_TEST_HTTPD_CLIENT_H

#include "base/buf.h"
#include "os/loop.h"

struct client {
    int fd; /* -1 when closed */
    struct buf got;
    bool eof;   /* the server closed */
    bool reset; /* with a reset */
    bool deaf;  /* client_read does nothing */
};

/* A listening, non-blocking socket on a free loopback port. */
int client_listener(uint16_t *ret_port);
void client_open(struct client *c, uint16_t port);
/* With a small receive buffer, so that it is full soon. */
void client_open_small(struct client *c, uint16_t port);
/* Sends all of it; the kernel must take it at once. */
void client_send(struct client *c, struct slice s);
void client_send_str(struct client *c, const char *s);
/* Reads what is there. */
void client_read(struct client *c);
void client_half_close(struct client *c);
void client_close(struct client *c);
/* Closes with a reset. */
void client_reset(struct client *c);
/* How often needle stands in what was received. */
size_t client_count(const struct client *c, const char *needle);

/* Turns the loop until cond is true, reading for every client given; fails the test after 30 s. */
#define CLIENT_WAIT(loop, c, cond)                                                                 \
    do {                                                                                           \
        uint64_t start_ = client_now();                                                            \
        while (!(cond)) {                                                                          \
            if (client_now() - start_ > 30000)                                                     \
                fail_msg("waited in vain for: %s\ngot: %.*s", #cond, (int)(c)->got.n,              \
                         (const char *)(c)->got.p);                                                \
            loop_turn((loop), 5);                                                                  \
            client_read(c);                                                                        \
        }                                                                                          \
    } while (0)

uint64_t client_now(void); /* ms */

#endif
