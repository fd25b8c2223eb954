/*
 * Encrypting with a key of ours. Run by keeper, and by no exposed role. Trusts libsodium; the nonce
 * has 192 random bits, so no counter has to survive a crash. Specification:
 * draft-irtf-cfrg-xchacha-03.
 */
#include "crypto/aead.h"

#include <assert.h>
#include <sodium.h>

#include "crypto/aead_ad.h"
#include "crypto/blob.h"
#include "crypto/random.h"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES   crypto_aead_xchacha20poly1305_ietf_ABYTES

static_assert(AEAD_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the key's size");
static_assert(AEAD_OVERHEAD == BLOB_HEAD + NONCE_BYTES + TAG_BYTES, "the blob's parts");

void aead_ad(struct slice head, struct slice ad, struct buf *ret)
{
    buf_init(ret, head.n + ad.n);
    buf_put(ret, head);
    buf_put(ret, ad);
}

struct seal_ctx {
    const struct aead_key *key;
    struct slice ad;
    struct slice plain;
    struct buf *out;
};

static enum err seal_with_key(void *ctx, struct slice key)
{
    struct seal_ctx *c = ctx;
    struct buf *out = c->out;
    struct buf ad;
    size_t start = out->n;
    uint8_t *p;

    BUG_IF(key.n != AEAD_KEY_BYTES);
    if (!buf_room(out, c->plain.n + AEAD_OVERHEAD))
        return ERR_TOO_LARGE;
    blob_put_head(out, BLOB_XCHACHA20, c->key->id);
    aead_ad(slice_sub(buf_slice(out), start, out->n), c->ad, &ad);
    p = buf_room(out, NONCE_BYTES + c->plain.n + TAG_BYTES);
    random_bytes(p, NONCE_BYTES);
    BUG_IF(crypto_aead_xchacha20poly1305_ietf_encrypt(p + NONCE_BYTES, NULL, c->plain.p, c->plain.n,
                                                      ad.p, ad.n, NULL, p, key.p) != 0);
    buf_added(out, NONCE_BYTES + c->plain.n + TAG_BYTES);
    buf_free(&ad);
    return ERR_OK;
}

enum err aead_seal(const struct aead_key *key, struct slice ad, struct slice plain, struct buf *ret)
{
    struct seal_ctx c = {key, ad, plain, ret};

    return sec_with(key->key, seal_with_key, &c);
}

static enum err seal_plain(void *ctx, struct slice plain)
{
    struct seal_ctx *c = ctx;

    return aead_seal(c->key, c->ad, plain, c->out);
}

enum err aead_seal_sec(const struct aead_key *key, struct slice ad, const struct sec *plain,
                       struct buf *ret)
{
    struct seal_ctx c = {.key = key, .ad = ad, .out = ret};

    return sec_with(plain, seal_plain, &c);
}
