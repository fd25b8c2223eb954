/*
 * Digests. Run by every role; pure but for the opening of secrets. Specifications: FIPS 180-4, RFC
 * 7693.
 */
#include "crypto/hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/mem.h"

static_assert(sizeof(struct hash_blake2b) >= sizeof(crypto_generichash_blake2b_state),
              "the header's struct holds the library's");
static_assert(DIGEST_BYTES == crypto_hash_sha256_BYTES, "one size of digest");
static_assert(DIGEST_BYTES == crypto_generichash_blake2b_BYTES, "one size of digest");

struct digest hash_sha256(struct slice s)
{
    struct digest d;

    (void)crypto_hash_sha256(d.b, s.p, s.n); /* always 0 */
    return d;
}

static enum err sha256_of(void *ctx, struct slice bytes)
{
    struct digest *d = ctx;

    *d = hash_sha256(bytes);
    return ERR_OK;
}

/* One that is lost is like no other. */
static struct digest of_sec(const struct sec *s, enum err (*fn)(void *, struct slice))
{
    struct digest d;

    if (sec_with(s, fn, &d) != ERR_OK)
        randombytes_buf(d.b, sizeof d.b);
    return d;
}

struct digest hash_sec_sha256(const struct sec *s)
{
    return of_sec(s, sha256_of);
}

static void blake2b(struct slice key, struct slice s, struct digest *ret)
{
    BUG_IF(crypto_generichash_blake2b(ret->b, sizeof ret->b, s.p, s.n, key.p, key.n) != 0);
}

struct digest hash_blake2b(struct slice s)
{
    struct digest d;

    blake2b(SLICE_EMPTY, s, &d);
    return d;
}

static crypto_generichash_blake2b_state *state_of(struct hash_blake2b *h)
{
    return (crypto_generichash_blake2b_state *)(void *)h->state;
}

void hash_blake2b_init(struct hash_blake2b *h)
{
    BUG_IF(crypto_generichash_blake2b_init(state_of(h), NULL, 0, DIGEST_BYTES) != 0);
}

void hash_blake2b_add(void *h, struct slice s)
{
    if (s.n > 0)
        BUG_IF(crypto_generichash_blake2b_update(state_of(h), s.p, s.n) != 0);
}

struct digest hash_blake2b_done(struct hash_blake2b *h)
{
    struct digest d;

    BUG_IF(crypto_generichash_blake2b_final(state_of(h), d.b, sizeof d.b) != 0);
    mem_wipe(h, sizeof *h);
    return d;
}

struct keyed_ctx {
    struct slice s;
    struct digest d;
};

static enum err keyed(void *ctx, struct slice key)
{
    struct keyed_ctx *c = ctx;

    BUG_IF(key.n < crypto_generichash_blake2b_KEYBYTES_MIN ||
           key.n > crypto_generichash_blake2b_KEYBYTES_MAX);
    blake2b(key, c->s, &c->d);
    return ERR_OK;
}

struct digest hash_keyed(const struct sec *key, struct slice s)
{
    struct keyed_ctx c = {.s = s};

    BUG_IF(sec_with(key, keyed, &c) != ERR_OK);
    return c.d;
}

static enum err blake2b_of(void *ctx, struct slice bytes)
{
    struct digest *d = ctx;

    *d = hash_blake2b(bytes);
    return ERR_OK;
}

struct digest hash_sec(const struct sec *s)
{
    return of_sec(s, blake2b_of);
}
