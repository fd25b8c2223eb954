/* Upstreams over TLS: the right certificate, wrong ones, and no copy of the credential left behind.
 */
#include "unit.h"

#include "egress/rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESULT                                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"content\":[],\"resultType\":\"complete\"}}"

static char folder[] = "/tmp/sidegate-tls-XXXXXX";

/* --- a certificate ---------------------------------------------------------------------------- */

/* Self-signed, for that host name, valid from an hour ago until then (seconds from now). */
static void make(const char *name, const char *host, long until)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_NAME *subject = X509_get_subject_name(x);
    char path[100], alt[100];
    X509_EXTENSION *e;
    FILE *f;

    snprintf(alt, sizeof(alt), "DNS:%s", host);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), until);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, subject);
    e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt);
    X509_add_ext(x, e, -1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    snprintf(path, sizeof(path), "%s/%s.crt", folder, name);
    f = fopen(path, "w");
    assert_int_equal(PEM_write_X509(f, x), 1);
    fclose(f);
    snprintf(path, sizeof(path), "%s/%s.key", folder, name);
    f = fopen(path, "w");
    assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(f);
    X509_EXTENSION_free(e);
    X509_free(x);
    EVP_PKEY_free(key);
}

static int group_setup(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)signal(SIGPIPE, SIG_IGN); /* the front writes to who has hung up */
    make("good", "localhost", 3600);
    make("name", "other.example", 3600);
    make("stranger", "localhost", 3600);
    make("old", "localhost", -60);
    return 0;
}

static int group_teardown(void **state)
{
    char command[100];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

/* What egress trusts: the good one and those that are good but for one thing. */
static void trust(void)
{
    char command[512], path[100];

    snprintf(command, sizeof(command), "cd %s && cat good.crt name.crt old.crt > trust.crt",
             folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof(path), "%s/trust.crt", folder);
    assert_int_equal(setenv("SSL_CERT_FILE", path, 1), 0);
}

/* --- a TLS end in front of the rig's upstream ------------------------------------------------- */

struct front {
    int outside, inside; /* both ends of what it relays */
    char crt[100], key[100];
    pthread_t thread;
    bool broken; /* the handshake failed */
    bool split;  /* a head is one record, what follows it another */
};

static bool tell(const struct front *f, SSL *ssl, const char *p, int n)
{
    size_t head = slice_find(slice_of(p, (size_t)n), SLICE_LIT("\r\n\r\n")) + 4;

    if (f->split && head < (size_t)n) {
        if (SSL_write(ssl, p, (int)head) != (int)head)
            return false;
        p += head;
        n -= (int)head;
    }
    return SSL_write(ssl, p, n) == n;
}

static void relay(struct front *f, SSL *ssl)
{
    char piece[16384];

    for (;;) {
        struct pollfd p[2] = {{f->outside, POLLIN, 0}, {f->inside, POLLIN, 0}};
        int n;

        if (SSL_pending(ssl) == 0 && poll(p, 2, -1) < 0)
            return;
        if (SSL_pending(ssl) > 0 || p[0].revents) {
            n = SSL_read(ssl, piece, sizeof(piece));
            if (n <= 0 || send(f->inside, piece, (size_t)n, MSG_NOSIGNAL) != n)
                return;
        } else if (p[1].revents) {
            n = (int)recv(f->inside, piece, sizeof(piece), 0);
            if (n <= 0 || !tell(f, ssl, piece, n))
                return;
        }
    }
}

static void *front_main(void *arg)
{
    struct front *f = arg;
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl;

    SSL_CTX_use_certificate_file(ctx, f->crt, SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(ctx, f->key, SSL_FILETYPE_PEM);
    ssl = SSL_new(ctx);
    SSL_set_fd(ssl, f->outside);
    if (SSL_accept(ssl) == 1)
        relay(f, ssl);
    else
        f->broken = true;
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(f->outside);
    close(f->inside);
    return NULL;
}

/* A connected pair over loopback TCP. */
static void tcp_pair(int ret[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(a);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&a, n), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &n), 0);
    ret[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(ret[0], (struct sockaddr *)&a, n), 0);
    ret[1] = accept(listener, NULL, NULL);
    close(listener);
}

/* Hands egress a socket whose other end speaks TLS with that certificate. */
static void front_start(struct front *f, const char *name, bool split)
{
    int outside[2];

    tcp_pair(outside);
    *f = (struct front){.outside = outside[1], .inside = rig_connect(&rig), .split = split};
    fcntl(f->inside, F_SETFL, 0);
    snprintf(f->crt, sizeof(f->crt), "%s/%s.crt", folder, name);
    snprintf(f->key, sizeof(f->key), "%s/%s.key", folder, name);
    assert_int_equal(pthread_create(&f->thread, NULL, front_main, f), 0);
    rig_give(&rig, outside[0]);
}

/* With the credential in it. */
static void reflect(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    (void)r;
    rig_say_json(c, q,
                 "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"content\":[{\"type\":\"text\","
                 "\"text\":\"s3cret-canary-0123456789\"}],\"resultType\":\"complete\"}}");
}

static void answer(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    (void)r;
    rig_say_json(c, q, RESULT);
}

static void test_good(void **state)
{
    struct front f;
    unsigned i;

    (void)state;
    trust();
    rig_start(&rig, &(struct rig_conf){.tls = true});
    rig.no_dial = true;
    rig.script = answer;
    i = rig_ask(&rig, (struct rig_ask){0});
    stage_until_count(&rig.s, &rig.dial_wants, 1);
    front_start(&f, "good", false);
    rig_both(&rig, i);
    assert_int_equal(rig_call_of(&rig, i)->how, ANSWER_HOW_DONE);
    assert_true(rig_has(&rig.requests[0], "Authorization: Bearer s3cret"));
    rig.script = reflect;
    i = rig_ask(&rig, (struct rig_ask){0}); /* kept alive */
    rig_both(&rig, i);
    assert_int_equal(rig_call_of(&rig, i)->how, ANSWER_HOW_DONE);
    assert_int_equal(rig.dial_wants, 1);
    stage_idle(&rig.s, 20);
    if (!UNDER_ASAN && rig_copies(&rig, "canary-0123456789") >= 0)
        assert_int_equal(rig_copies(&rig, "canary-0123456789"), 0);
    rig_stop(&rig);
    assert_int_equal(pthread_join(f.thread, NULL), 0);
}

static void test_bad(void **state)
{
    static const char *const names[] = {"name", "stranger", "old"};

    (void)state;
    trust();
    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        struct front f;
        unsigned i;

        rig_start(&rig, &(struct rig_conf){.tls = true});
        rig.no_dial = true;
        rig.script = answer;
        i = rig_ask(&rig, (struct rig_ask){0});
        stage_until_count(&rig.s, &rig.dial_wants, 1);
        front_start(&f, names[k], false);
        rig_both(&rig, i);
        if (rig_use_of(&rig, i)->result.result != RESULT_UNSENT ||
            rig_use_of(&rig, i)->result.code != ERR_UPSTREAM_TLS)
            fail_msg("%s: %s", names[k], err_name(rig_use_of(&rig, i)->result.code));
        assert_int_equal(pthread_join(f.thread, NULL), 0);
        assert_int_equal(rig.requests_n, 0);
        rig_stop(&rig);
    }
}

/* A server that speaks no TLS at all. */
static void test_plain(void **state)
{
    unsigned i;

    (void)state;
    trust();
    rig_start(&rig, &(struct rig_conf){.tls = true});
    i = rig_ask(&rig, (struct rig_ask){0});
    stage_until_count(&rig.s, &rig.conns_n, 1);
    rig_say(&rig.conns[0], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    rig_both(&rig, i);
    assert_int_equal(rig_use_of(&rig, i)->result.result, RESULT_UNSENT);
    assert_err(rig_use_of(&rig, i)->result.code, ERR_UPSTREAM_TLS);
    rig_stop(&rig);
}

#define R7     "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}"        /* 36 bytes */
#define EVIL_7 "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"e\":1}}" /* 41 bytes */

/* In one record with the end of an answer is what looks like the next answer: TLS has it, and no
 * byte of it is in the socket. */
static void answer_twice(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    (void)r;
    (void)q;
    rig_say(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 36\r\n\r\n" R7
               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
               "41\r\n\r\n" EVIL_7);
}

static void test_surplus_in_a_record(void **state)
{
    struct front f[2];

    (void)state;
    trust();
    rig_start(&rig, &(struct rig_conf){.tls = true});
    rig.no_dial = true;
    rig.script = answer_twice;
    for (unsigned k = 0; k < ARRAY_LEN(f); k++) {
        unsigned i = rig_ask(&rig, (struct rig_ask){0});

        stage_until_count(&rig.s, &rig.dial_wants, k + 1);
        front_start(&f[k], "good", true);
        rig_both(&rig, i);
        assert_int_equal(rig_call_of(&rig, i)->how, ANSWER_HOW_DONE);
        assert_non_null(strstr((const char *)rig_call_of(&rig, i)->text.p, "\"result\":{}"));
    }
    rig_stop(&rig);
    for (unsigned k = 0; k < ARRAY_LEN(f); k++)
        assert_int_equal(pthread_join(f[k].thread, NULL), 0);
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(test_good), T(test_bad), T(test_plain),
                                       T(test_surplus_in_a_record)};

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
