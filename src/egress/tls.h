/*
 * TLS to upstreams, by OpenSSL: on connected sockets, with the trust anchors of the system, which
 * are read before the jail. TLS 1.2 and later, the server's certificate checked for its host's name
 * (RFC 9525), no renegotiation, no resumption, HTTP/1.1 only.
 */
#ifndef SG_EGRESS_TLS_H
#define SG_EGRESS_TLS_H

#include "base/err.h"
#include "base/slice.h"

struct trust;
struct tls; /* one connection */

/*
 * Before anything else in the process uses OpenSSL: makes it allocate from base/mem_wiping.h.
 * ERR_UNAVAILABLE: it has allocated already.
 */
MUST_USE enum err tls_start(void);

/* The trust anchors of the system, or of the file that SSL_CERT_FILE names, for the server of that
 * name or numeric address. ERR_NOT_FOUND: no such file, or nothing in it; ERR_CONFIG: a host that
 * cannot be checked for. Before the jail. */
MUST_USE enum err trust_read(struct slice host, struct trust **ret);

/* Takes NULL. */
void trust_free(struct trust *t);

/* The client's end on that socket, which is borrowed and not blocking; trust outlives it. */
struct tls *tls_new(const struct trust *t, int fd);
/* Says good-bye to the server if it can. Takes NULL; the socket is closed after it. */
void tls_free(struct tls *s);

/* The handshake: ERR_OK; ERR_AGAIN; ERR_UPSTREAM_TLS, also when the server hangs up. */
MUST_USE enum err tls_handshake(struct tls *s);
/* Sends what there is room for of s, which is not empty: ERR_OK, ERR_AGAIN, ERR_CLOSED. */
MUST_USE enum err tls_send(struct tls *s, struct slice bytes, size_t *ret_n);
/* ERR_OK, with 0 bytes at the end, whether the server said good-bye or not; ERR_AGAIN;
 * ERR_CLOSED. */
MUST_USE enum err tls_recv(struct tls *s, uint8_t *dst, size_t n, size_t *ret_n);
/* Whether bytes were taken from the socket that nobody has read. */
bool tls_has_unread(const struct tls *s);
/* Whether what said ERR_AGAIN last waits for room to send. */
bool tls_wants_room(const struct tls *s);

#endif
