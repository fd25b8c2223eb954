/*
 * Sealing to the running keeper. Run by surface, for as long as it takes to seal what was typed.
 * Trusts libsodium's sealed boxes: an X25519 key pair for this one message, whose secret half is
 * wiped at once.
 */
#include "crypto/box_seal.h"

#include <assert.h>
#include <sodium.h>

#include "crypto/blob.h"
#include "crypto/init.h"

static_assert(BOX_OVERHEAD == BLOB_HEAD + crypto_box_SEALBYTES, "the blob's parts");
static_assert(DIGEST_BYTES == crypto_box_PUBLICKEYBYTES, "a public key fits a digest");

enum err box_seal(const struct box_public *to, struct slice plain, struct buf *ret)
{
    size_t start = ret->n;
    uint8_t *p;

    crypto_init();
    if (!buf_room(ret, plain.n + BOX_OVERHEAD))
        return ERR_TOO_LARGE;
    blob_put_head(ret, BLOB_BOX, to->id);
    p = buf_room(ret, plain.n + crypto_box_SEALBYTES);
    if (crypto_box_seal(p, plain.p, plain.n, to->key.b) != 0) {
        buf_cut(ret, start);
        return ERR_CORRUPT;
    }
    buf_added(ret, plain.n + crypto_box_SEALBYTES);
    BUG_IF(ret->n != start + plain.n + BOX_OVERHEAD);
    return ERR_OK;
}
