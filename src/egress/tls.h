/*
 * What TLS to upstreams rests on: memory that is wiped, and trust anchors read before the jail and
 * parsed once (libcurl would parse its copy at each connection).
 */
#ifndef SG_EGRESS_TLS_H
#define SG_EGRESS_TLS_H

#include "base/err.h"

struct trust;

/*
 * Before anything else in the process uses OpenSSL or libcurl: makes both allocate from
 * base/mem_wiping.h, and starts them. ERR_UNAVAILABLE: OpenSSL has allocated already.
 */
MUST_USE enum err tls_start(void);

/* The trust anchors of the system, or of the file that SSL_CERT_FILE names. ERR_NOT_FOUND: no such
 * file, or nothing in it. Before the jail. */
MUST_USE enum err trust_read(struct trust **ret);

/* Of a request (a CURL *) that has a connection: whether TLS has taken bytes from it that nobody
 * has read. False without TLS. */
bool tls_has_unread(void *easy);

/* CURLOPT_SSL_CTX_FUNCTION, whose data is the const struct trust *. */
int trust_use(void *easy, void *ssl_ctx, void *trust);

#endif
