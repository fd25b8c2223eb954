/*
 * Signatures. Made by keeper and audit with keys of their own; checked by anyone, on bytes that
 * anyone may have changed. Specification: RFC 8032, the pure variant.
 */
#include "crypto/sign.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/init.h"
#include "crypto/sec_make.h"

static_assert(SIGN_SEED_BYTES == crypto_sign_SEEDBYTES, "the seed's size");
static_assert(SIGN_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "the public key's size");
static_assert(SIGN_BYTES == crypto_sign_BYTES, "the signature's size");

struct pair_ctx {
    struct sign_public *public;
    uint8_t *secret_key;
};

static enum err pair_of(void *ctx, struct slice seed)
{
    struct pair_ctx *c = ctx;

    BUG_IF(seed.n != SIGN_SEED_BYTES);
    BUG_IF(crypto_sign_seed_keypair(c->public->b, c->secret_key, seed.p) != 0);
    return ERR_OK;
}

struct sec *sign_key(const struct sec *seed, struct sign_public *ret_public)
{
    struct pair_ctx c = {.public = ret_public};
    struct sec *key = sec_make(crypto_sign_SECRETKEYBYTES, &c.secret_key);

    BUG_IF(sec_with(seed, pair_of, &c) != ERR_OK);
    return sec_made(key);
}

/* What is signed. The caller frees ret. */
static void signed_text(const char *purpose, struct slice message, struct buf *ret)
{
    struct slice label = slice_str(purpose);

    buf_init(ret, label.n + 1 + message.n);
    buf_put(ret, label);
    buf_put_u8(ret, 0);
    buf_put(ret, message);
}

struct make_ctx {
    struct slice text;
    struct signature signature;
};

static enum err make(void *ctx, struct slice key)
{
    struct make_ctx *c = ctx;

    BUG_IF(key.n != crypto_sign_SECRETKEYBYTES);
    BUG_IF(crypto_sign_detached(c->signature.b, NULL, c->text.p, c->text.n, key.p) != 0);
    return ERR_OK;
}

struct signature sign_make(const struct sec *key, const char *purpose, struct slice message)
{
    struct make_ctx c;
    struct buf text;

    signed_text(purpose, message, &text);
    c.text = buf_slice(&text);
    BUG_IF(sec_with(key, make, &c) != ERR_OK);
    buf_free(&text);
    return c.signature;
}

enum err sign_check(const struct sign_public *public, const char *purpose, struct slice message,
                    const struct signature *signature)
{
    struct buf text;
    int failed;

    crypto_init();
    signed_text(purpose, message, &text);
    failed = crypto_sign_verify_detached(signature->b, text.p, text.n, public->b);
    buf_free(&text);
    return failed ? ERR_CORRUPT : ERR_OK;
}
