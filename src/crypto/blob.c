/* The head of encrypted blobs. Pure. Run by whoever seals, and by keeper, on blobs that others may
 * have changed. */
#include "crypto/blob.h"

enum { AT_VERSION, AT_ALGORITHM, AT_KEY };

void blob_put_head(struct buf *b, enum blob_algorithm algorithm, uint32_t key_id)
{
    buf_put_u8(b, BLOB_VERSION);
    buf_put_u8(b, (uint8_t)algorithm);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_u8(b, (uint8_t)(key_id >> shift));
}

enum err blob_key_id(struct slice blob, enum blob_algorithm wanted, uint32_t *ret_id)
{
    uint32_t id = 0;

    if (blob.n < BLOB_HEAD || blob.p[AT_VERSION] != BLOB_VERSION || blob.p[AT_ALGORITHM] != wanted)
        return ERR_CORRUPT;
    for (size_t i = AT_KEY; i < BLOB_HEAD; i++)
        id = id << 8 | blob.p[i];
    *ret_id = id;
    return ERR_OK;
}
