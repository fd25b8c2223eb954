/*
 * TLS for egress: memory hooks and trust anchors. Trusts the file of anchors. Nothing here speaks
 * TLS; that is OpenSSL under libcurl.
 */
#include "egress/tls.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/mem_wiping.h"

struct trust {
    X509_STORE *store;
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
    if (CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) != 1)
        return ERR_UNAVAILABLE;
    if (curl_global_init_mem(CURL_GLOBAL_ALL, mem_wiping_malloc, mem_wiping_free,
                             mem_wiping_realloc, mem_wiping_strdup, mem_wiping_calloc) != CURLE_OK)
        return ERR_UNAVAILABLE;
    return ERR_OK;
}

enum err trust_read(struct trust **ret)
{
    const char *file = getenv("SSL_CERT_FILE");
    X509_STORE *store = X509_STORE_new();

    BUG_IF(!store);
    if (X509_STORE_load_file(store, file ? file : "/etc/ssl/certs/ca-certificates.crt") != 1) {
        X509_STORE_free(store);
        return ERR_NOT_FOUND;
    }
    *ret = MEM_NEW(struct trust);
    (*ret)->store = store;
    return ERR_OK;
}

int trust_use(UNUSED void *easy, void *ssl_ctx, void *trust)
{
    const struct trust *t = trust;

    SSL_CTX_set1_cert_store(ssl_ctx, t->store);
    return CURLE_OK;
}

bool tls_has_unread(void *easy)
{
    struct curl_tlssessioninfo *tls = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls) != CURLE_OK || !tls->internals)
        return false;
    return SSL_has_pending(tls->internals) == 1;
}
