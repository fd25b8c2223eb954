/* Whose certificate is taken for that of the configured host: handshakes over a socket pair. */
#include "unit.h"

#include "egress/tls.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static char anchors[] = "/tmp/sidegate-trust-XXXXXX";

struct server {
    SSL_CTX *ctx;
    SSL *ssl;
    X509 *crt;
};

/* Self-signed, with that subjectAltName and a common name that does not count, and trusted. */
static void server_start(struct server *s, const char *san, int version, int fd)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_EXTENSION *e;
    FILE *f;

    s->crt = X509_new();
    X509_set_version(s->crt, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(s->crt), 1);
    X509_gmtime_adj(X509_getm_notBefore(s->crt), -60);
    X509_gmtime_adj(X509_getm_notAfter(s->crt), 3600);
    X509_set_pubkey(s->crt, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(s->crt), "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
    assert_non_null(e);
    X509_add_ext(s->crt, e, -1);
    X509_EXTENSION_free(e);
    assert_true(X509_sign(s->crt, key, EVP_sha256()) > 0);
    s->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(s->ctx, 0); /* for the old version */
    assert_int_equal(SSL_CTX_set_min_proto_version(s->ctx, 0), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(s->ctx, version), 1);
    assert_int_equal(SSL_CTX_use_certificate(s->ctx, s->crt), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(s->ctx, key), 1);
    s->ssl = SSL_new(s->ctx);
    SSL_set_fd(s->ssl, fd);
    f = fopen(anchors, "w");
    assert_int_equal(PEM_write_X509(f, s->crt), 1);
    fclose(f);
    EVP_PKEY_free(key);
}

static void server_stop(struct server *s)
{
    SSL_free(s->ssl);
    SSL_CTX_free(s->ctx);
    X509_free(s->crt);
}

/* What the client says of a server with that certificate; ret_name: what it was told it is. */
static enum err meet(const char *host, const char *san, int version, char *ret_name, size_t n)
{
    struct server s;
    struct trust *t = NULL;
    struct tls *client;
    enum err e = ERR_AGAIN;
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    server_start(&s, san, version, fds[1]);
    assert_err(trust_read(slice_str(host), &t), ERR_OK);
    client = tls_new(t, fds[0]);
    for (int k = 0; k < 20 && e == ERR_AGAIN; k++) {
        e = tls_handshake(client);
        (void)SSL_accept(s.ssl);
    }
    snprintf(ret_name, n, "%s", SSL_get_servername(s.ssl, TLSEXT_NAMETYPE_host_name) ?: "");
    tls_free(client);
    trust_free(t);
    server_stop(&s);
    close(fds[0]);
    close(fds[1]);
    return e;
}

static void test_whose_certificate(void **state)
{
    static const struct {
        const char *host, *san;
        int version;
        enum err err;
        const char *told;
    } rows[] = {
        {"localhost", "DNS:localhost", TLS1_3_VERSION, ERR_OK, "localhost"},
        {"localhost", "DNS:localhost", TLS1_2_VERSION, ERR_OK, "localhost"},
        {"localhost", "DNS:localhost", TLS1_1_VERSION, ERR_UPSTREAM_TLS, NULL},
        {"LOCALHOST", "DNS:localhost", TLS1_3_VERSION, ERR_OK, "LOCALHOST"},
        {"localhost.", "DNS:localhost", TLS1_3_VERSION, ERR_OK, "localhost"},
        {"localhost", "DNS:localhost.example", TLS1_3_VERSION, ERR_UPSTREAM_TLS, NULL},
        {"a.localhost", "DNS:localhost", TLS1_3_VERSION, ERR_UPSTREAM_TLS, NULL},
        {"a.b.example", "DNS:*.b.example", TLS1_3_VERSION, ERR_OK, "a.b.example"},
        {"a.a.b.example", "DNS:*.b.example", TLS1_3_VERSION, ERR_UPSTREAM_TLS, NULL},
        {"b.example", "DNS:*.b.example", TLS1_3_VERSION, ERR_UPSTREAM_TLS, NULL},
        {"ab.b.example", "DNS:a*.b.example", TLS1_3_VERSION, ERR_UPSTREAM_TLS, NULL},
        {"localhost", "IP:127.0.0.1", TLS1_3_VERSION, ERR_UPSTREAM_TLS, NULL},
        {"localhost", "email:a@b.example", TLS1_3_VERSION, ERR_UPSTREAM_TLS, NULL},
        {"127.0.0.1", "IP:127.0.0.1", TLS1_3_VERSION, ERR_OK, ""},
        {"127.0.0.1", "DNS:127.0.0.1", TLS1_3_VERSION, ERR_UPSTREAM_TLS, NULL},
        {"127.0.0.1", "IP:127.0.0.2", TLS1_3_VERSION, ERR_UPSTREAM_TLS, NULL},
        {"::1", "IP:::1", TLS1_3_VERSION, ERR_OK, ""},
        {"::1", "IP:::2,DNS:localhost", TLS1_3_VERSION, ERR_UPSTREAM_TLS, NULL},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        char told[100];
        enum err e = meet(rows[k].host, rows[k].san, rows[k].version, told, sizeof(told));

        if (e != rows[k].err || (rows[k].told && strcmp(told, rows[k].told) != 0))
            fail_msg("row %zu, %s at %s: %s, told \"%s\"", k, rows[k].host, rows[k].san,
                     err_name(e), told);
    }
}

static void shake(struct tls *client, struct server *s)
{
    enum err e = ERR_AGAIN;

    for (int k = 0; k < 20 && (e == ERR_AGAIN || !SSL_is_init_finished(s->ssl)); k++) {
        e = tls_handshake(client);
        (void)SSL_accept(s->ssl);
    }
    assert_err(e, ERR_OK);
}

/* A client and a server after their handshake. */
struct pair {
    struct server server;
    struct trust *trust;
    struct tls *client;
    int fds[2];
};

static void pair_start(struct pair *p, size_t tickets)
{
    *p = (struct pair){.trust = NULL};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, p->fds), 0);
    server_start(&p->server, "DNS:localhost", TLS1_3_VERSION, p->fds[1]);
    SSL_set_num_tickets(p->server.ssl, tickets);
    assert_err(trust_read(SLICE_LIT("localhost"), &p->trust), ERR_OK);
    p->client = tls_new(p->trust, p->fds[0]);
    shake(p->client, &p->server);
}

static void pair_stop(struct pair *p)
{
    tls_free(p->client);
    trust_free(p->trust);
    server_stop(&p->server);
    close(p->fds[0]);
    if (p->fds[1] >= 0)
        close(p->fds[1]);
}

/* A server that sends such records for ever does not hold who reads: each is a turn of its own. */
static void test_records_without_content(void **state)
{
    struct pair p;
    uint8_t got[10];
    size_t n = 0;

    (void)state;
    pair_start(&p, 0);
    for (int k = 0; k < 10; k++) {
        assert_int_equal(SSL_key_update(p.server.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(p.server.ssl), 1);
    }
    assert_err(tls_recv(p.client, got, sizeof(got), &n), ERR_AGAIN);
    assert_true(recv(p.fds[0], got, 1, MSG_PEEK) == 1);
    pair_stop(&p);
}

/* Small servers close the socket and say nothing. */
static void test_end_without_a_good_bye(void **state)
{
    struct pair p;
    uint8_t got[10];
    size_t n = 0;

    (void)state;
    pair_start(&p, 2);
    assert_int_equal(SSL_write(p.server.ssl, "all", 3), 3);
    close(p.fds[1]);
    p.fds[1] = -1;
    while (tls_recv(p.client, got, sizeof(got), &n) == ERR_AGAIN)
        ;
    assert_int_equal(n, 3);
    assert_err(tls_recv(p.client, got, sizeof(got), &n), ERR_OK);
    assert_int_equal(n, 0);
    pair_stop(&p);
}

/* A server that asks for a certificate when it has seen the request, and does not insist. */
static void test_asked_for_a_certificate(void **state)
{
    struct pair p;
    uint8_t got[10];
    size_t n = 0;

    (void)state;
    pair_start(&p, 2);
    SSL_set_verify(p.server.ssl, SSL_VERIFY_PEER, NULL);
    assert_int_equal(SSL_verify_client_post_handshake(p.server.ssl), 1);
    assert_int_equal(SSL_do_handshake(p.server.ssl), 1);
    for (int k = 0; k < 5; k++)
        assert_err(tls_recv(p.client, got, sizeof(got), &n), ERR_AGAIN);
    (void)SSL_read(p.server.ssl, got, sizeof(got)); /* our answer */
    assert_int_equal(SSL_write(p.server.ssl, "all", 3), 3);
    for (int k = 0; k < 5 && n == 0; k++) /* tickets come before it */
        if (tls_recv(p.client, got, sizeof(got), &n) != ERR_OK)
            n = 0;
    assert_int_equal(n, 3);
    pair_stop(&p);
}

/* More than the other end takes at once, in pieces, as it changes its keys and asks for ours. */
static void test_much(void **state)
{
    static uint8_t much[1000000], got[sizeof(much)];
    struct pair p;
    enum err e = ERR_AGAIN;
    size_t sent = 0, came = 0, n = 0, waits = 0;
    uint8_t none[10];

    (void)state;
    for (size_t i = 0; i < sizeof(much); i++)
        much[i] = (uint8_t)(i * 2654435761u >> 13);
    pair_start(&p, 2);
    for (unsigned round = 0; came < sizeof(much); round++) {
        int k;

        if (sent < sizeof(much)) {
            e = tls_send(p.client, slice_sub(slice_of(much, sizeof(much)), sent, sent + 65536), &n);
            sent += e ? 0 : n;
            waits += e && tls_wants_room(p.client);
            assert_err(tls_recv(p.client, none, sizeof(none), &n), ERR_AGAIN);
        }
        k = SSL_read(p.server.ssl, got + came, 7000);
        came += k > 0 ? (size_t)k : 0;
        if (round % 50 == 0 && sent < sizeof(much)) {
            SSL_key_update(p.server.ssl, SSL_KEY_UPDATE_REQUESTED);
            (void)SSL_do_handshake(p.server.ssl);
        }
    }
    assert_true(waits > 0);
    assert_memory_equal(much, got, sizeof(much));
    pair_stop(&p);
}

static void test_what_cannot_be_checked(void **state)
{
    static char long_name[300];
    struct trust *t = NULL;

    (void)state;
    memset(long_name, 'a', sizeof(long_name) - 1);
    assert_err(trust_read(SLICE_EMPTY, &t), ERR_CONFIG);
    assert_err(trust_read(SLICE_LIT("."), &t), ERR_CONFIG);
    assert_err(trust_read(slice_str(long_name), &t), ERR_CONFIG);
    assert_int_equal(unlink(anchors), 0);
    assert_err(trust_read(SLICE_LIT("localhost"), &t), ERR_NOT_FOUND);
    assert_null(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose_certificate),
        cmocka_unit_test(test_records_without_content),
        cmocka_unit_test(test_end_without_a_good_bye),
        cmocka_unit_test(test_asked_for_a_certificate),
        cmocka_unit_test(test_much),
        cmocka_unit_test(test_what_cannot_be_checked),
    };

    close(mkstemp(anchors));
    setenv("SSL_CERT_FILE", anchors, 1);
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
