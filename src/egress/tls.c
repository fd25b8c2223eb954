/*
 * TLS for egress: OpenSSL on sockets that the dialer connected. Trusts the file of anchors; fears
 * the server, and who is between.
 */
#include "egress/tls.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/mem_wiping.h"
#include "base/planted.h"

enum { HOST_BYTES = 256 };

struct trust {
    SSL_CTX *ctx;
    char host[HOST_BYTES];
    bool is_name; /* and not an address, which is not told to the server (RFC 6066 3) */
};

struct tls {
    SSL *ssl;
    bool wants_room;
};

static void *ssl_malloc(size_t n, UNUSED const char *file, UNUSED int line)
{
    return mem_wiping_malloc(n);
}

static void *ssl_realloc(void *p, size_t n, UNUSED const char *file, UNUSED int line)
{
    return mem_wiping_realloc(p, n);
}

static void ssl_free(void *p, UNUSED const char *file, UNUSED int line)
{
    mem_wiping_free(p);
}

enum err tls_start(void)
{
    return CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) == 1 ? ERR_OK
                                                                            : ERR_UNAVAILABLE;
}

/* --- trust ------------------------------------------------------------------------------------ */

/* Whose certificate it has to be. */
static enum err set_host(struct trust *t, struct slice host)
{
    X509_VERIFY_PARAM *p = SSL_CTX_get0_param(t->ctx);

    if (slice_ends(host,
                   SLICE_LIT("."))) /* of a name that is written in full; not in certificates */
        host.n--;
    if (host.n == 0 || !slice_to_cstr(host, t->host, sizeof(t->host)))
        return ERR_CONFIG;
    X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (PLANTED(any_name))
        return ERR_OK;
    t->is_name = X509_VERIFY_PARAM_set1_ip_asc(p, t->host) != 1;
    return !t->is_name || X509_VERIFY_PARAM_set1_host(p, t->host, 0) == 1 ? ERR_OK : ERR_CONFIG;
}

static void set_rules(SSL_CTX *c)
{
    SSL_CTX_set_verify(c, PLANTED(any_certificate) ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    /* An answer without a length may end without a good-bye, as that of many a small server does: cut
     * short it is no whole message. */
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT |
                               SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* Who asks for our certificate after the handshake hears that there is none. */
    SSL_CTX_set_post_handshake_auth(c, 1);
    SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
    /* A server that sends records without content gets a turn for each, like anybody. */
    (void)SSL_CTX_clear_mode(c, SSL_MODE_AUTO_RETRY);
    BUG_IF(SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) != 1);
    /* A certificate that is trusted itself need not lead to a root. */
    BUG_IF(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(c), X509_V_FLAG_PARTIAL_CHAIN) != 1);
}

void trust_free(struct trust *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->ctx);
    mem_free(t);
}

enum err trust_read(struct slice host, struct trust **ret)
{
    const char *file = getenv("SSL_CERT_FILE");
    struct trust *t = MEM_NEW(struct trust);
    enum err e = ERR_OK;

    t->ctx = SSL_CTX_new(TLS_client_method());
    BUG_IF(!t->ctx);
    set_rules(t->ctx);
    if (SSL_CTX_load_verify_file(t->ctx, file ? file : "/etc/ssl/certs/ca-certificates.crt") != 1)
        e = ERR_NOT_FOUND;
    if (!e)
        e = set_host(t, host);
    if (!e) {
        *ret = t;
        return ERR_OK;
    }
    trust_free(t);
    return e;
}

/* --- one connection --------------------------------------------------------------------------- */

struct tls *tls_new(const struct trust *t, int fd)
{
    struct tls *s = MEM_NEW(struct tls);

    s->ssl = SSL_new(t->ctx);
    BUG_IF(!s->ssl || SSL_set_fd(s->ssl, fd) != 1);
    BUG_IF(t->is_name && SSL_set_tlsext_host_name(s->ssl, t->host) != 1);
    return s;
}

void tls_free(struct tls *s)
{
    if (!s)
        return;
    ERR_clear_error();
    if (SSL_is_init_finished(s->ssl))
        (void)SSL_shutdown(s->ssl); /* who does not hear it sees the end of the connection */
    SSL_free(s->ssl);
    mem_free(s);
}

/* What became of an operation that gave n. ERR_OK: it was done. */
static enum err outcome(struct tls *s, int n)
{
    int why = SSL_get_error(s->ssl, n);

    s->wants_room = why == SSL_ERROR_WANT_WRITE;
    if (why == SSL_ERROR_NONE)
        return ERR_OK;
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? ERR_AGAIN : ERR_CLOSED;
}

enum err tls_handshake(struct tls *s)
{
    enum err e;

    ERR_clear_error();
    e = outcome(s, SSL_connect(s->ssl));
    return e == ERR_CLOSED ? ERR_UPSTREAM_TLS : e;
}

enum err tls_send(struct tls *s, struct slice bytes, size_t *ret_n)
{
    ERR_clear_error();
    return outcome(s, SSL_write_ex(s->ssl, bytes.p, bytes.n, ret_n));
}

enum err tls_recv(struct tls *s, uint8_t *dst, size_t n, size_t *ret_n)
{
    int done;

    ERR_clear_error();
    done = SSL_read_ex(s->ssl, dst, n, ret_n);
    if (done == 1 || SSL_get_error(s->ssl, done) != SSL_ERROR_ZERO_RETURN)
        return outcome(s, done);
    *ret_n = 0;
    return ERR_OK;
}

bool tls_has_unread(const struct tls *s)
{
    return SSL_has_pending(s->ssl) == 1;
}

bool tls_wants_room(const struct tls *s)
{
    return s->wants_room;
}
