/* Each role with the honest peers that it needs. The ends are of the play that is on. */
#ifndef SG_HOSTILE_CAST_H
#define SG_HOSTILE_CAST_H

#include "play.h"

/* The instances of honest peers; hostile ones have others. */
enum { HONEST = 0, SECOND = 1, HOSTILE = 9 };

extern const struct cast cast_dialer, cast_audit, cast_surface, cast_egress, cast_keeper,
    cast_gateway;
extern const struct cast *const casts[];
extern const size_t casts_n;

/* A listening socket on a free port of 127.0.0.1; what it accepts, waiting for it; a connection to
 * it. */
int tcp_listener(uint16_t *ret_port);
int tcp_accept(struct play *p, int listener);
int tcp_connect(uint16_t port);

/* A client: sends at once, takes in what comes while others are waited for. */
struct client {
    int fd; /* -1: closed by us */
    struct buf got;
    bool eof; /* the other side has closed */
};
void client_open(struct client *c, uint16_t port);
void client_send(struct client *c, const char *text);
/* Reads what is there; true: there is an end. For UNTIL. */
bool client_ended(struct client *c);
/* Reads what is there; whether text has come. */
bool client_has(struct client *c, const char *text);
/* Takes NULL and what is closed. */
void client_close(struct client *c);

#endif
