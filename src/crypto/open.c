/*
 * The opening half. Run by keeper alone, on blobs that came back from a store, a client or surface,
 * any of which may have changed them. Trusts only the keys that it is given.
 */
#include "crypto/open.h"

#include <assert.h>
#include <sodium.h>

#include "base/limits.h"
#include "crypto/aead_ad.h"
#include "crypto/blob.h"
#include "crypto/init.h"
#include "crypto/sec_make.h"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

struct open_ctx {
    const struct aead_key *key;
    struct slice ad;
    struct slice blob;
    uint8_t *plain; /* blob.n - AEAD_OVERHEAD bytes */
};

static enum err check_head(const struct aead_key *key, struct slice blob)
{
    uint32_t id;
    enum err e = blob_key_id(blob, BLOB_XCHACHA20, &id);

    if (e)
        return e;
    return id == key->id && blob.n >= AEAD_OVERHEAD ? ERR_OK : ERR_CORRUPT;
}

static enum err open_with_key(void *ctx, struct slice key)
{
    struct open_ctx *c = ctx;
    struct slice nonce = slice_sub(c->blob, BLOB_HEAD, BLOB_HEAD + NONCE_BYTES);
    struct slice text = slice_sub(c->blob, BLOB_HEAD + NONCE_BYTES, c->blob.n);
    struct buf ad;
    int failed;

    BUG_IF(key.n != AEAD_KEY_BYTES);
    aead_ad(slice_sub(c->blob, 0, BLOB_HEAD), c->ad, &ad);
    failed = crypto_aead_xchacha20poly1305_ietf_decrypt(c->plain, NULL, NULL, text.p, text.n, ad.p,
                                                        ad.n, nonce.p, key.p);
    buf_free(&ad);
    return failed ? ERR_CORRUPT : ERR_OK;
}

enum err open_aead(const struct aead_key *key, struct slice ad, struct slice blob, struct buf *ret)
{
    struct open_ctx c = {.key = key, .ad = ad, .blob = blob};
    enum err e = check_head(key, blob);

    if (e)
        return e;
    c.plain = buf_room(ret, blob.n - AEAD_OVERHEAD);
    if (!c.plain)
        return ERR_TOO_LARGE;
    e = sec_with(key->key, open_with_key, &c);
    if (!e)
        buf_added(ret, blob.n - AEAD_OVERHEAD);
    return e;
}

enum err open_aead_sec(const struct aead_key *key, struct slice ad, struct slice blob,
                       struct sec **ret)
{
    struct open_ctx c = {.key = key, .ad = ad, .blob = blob};
    enum err e = check_head(key, blob);
    struct sec *s;

    if (e)
        return e;
    if (blob.n - AEAD_OVERHEAD > LIM_SECRET_BYTES)
        return ERR_CORRUPT;
    s = sec_make(blob.n - AEAD_OVERHEAD, &c.plain);
    return sec_filled(s, sec_with(key->key, open_with_key, &c), ret);
}

struct sec *open_box_key(uint32_t id, struct box_public *ret_public)
{
    uint8_t *secret_key;
    struct sec *s;

    crypto_init();
    s = sec_make(crypto_box_SECRETKEYBYTES, &secret_key);
    BUG_IF(crypto_box_keypair(ret_public->key.b, secret_key) != 0);
    ret_public->id = id;
    return sec_made(s);
}

struct box_ctx {
    const struct box_public *public;
    struct slice text;
    uint8_t *plain; /* text.n - crypto_box_SEALBYTES bytes */
};

static enum err open_box_with_key(void *ctx, struct slice key)
{
    struct box_ctx *c = ctx;

    BUG_IF(key.n != crypto_box_SECRETKEYBYTES);
    return crypto_box_seal_open(c->plain, c->text.p, c->text.n, c->public->key.b, key.p) == 0
               ? ERR_OK
               : ERR_CORRUPT;
}

enum err open_box(const struct sec *key, const struct box_public *public, struct slice blob,
                  struct sec **ret)
{
    struct box_ctx c = {.public = public};
    uint32_t id;
    struct sec *s;
    enum err e = blob_key_id(blob, BLOB_BOX, &id);

    if (e)
        return e;
    if (id != public->id || blob.n < BOX_OVERHEAD || blob.n - BOX_OVERHEAD > LIM_SECRET_BYTES)
        return ERR_CORRUPT;
    c.text = slice_sub(blob, BLOB_HEAD, blob.n);
    s = sec_make(blob.n - BOX_OVERHEAD, &c.plain);
    return sec_filled(s, sec_with(key, open_box_with_key, &c), ret);
}
