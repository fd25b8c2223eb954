/*
 * The digest of what was judged. Run by keeper and egress; pure. The method and the name stand in
 * the projection too, but the keeper reads no projection: it judges by the texts beside it, so
 * these are bound as well.
 */
#include "crypto/judged.h"

#include "crypto/hash.h"

static void add(struct hash_blake2b *h, struct slice s)
{
    const uint8_t length[] = {(uint8_t)(s.n >> 24), (uint8_t)(s.n >> 16), (uint8_t)(s.n >> 8),
                              (uint8_t)s.n};

    hash_blake2b_add(h, slice_of(length, sizeof(length)));
    hash_blake2b_add(h, s);
}

struct digest judged_digest(const struct judged *j)
{
    const uint8_t answers = j->answers;
    struct hash_blake2b h;

    hash_blake2b_init(&h);
    hash_blake2b_add(&h, slice_of(&j->kind, 1));
    hash_blake2b_add(&h, slice_of(&answers, 1));
    hash_blake2b_add(&h, ID_SLICE(j->request));
    add(&h, j->method);
    add(&h, j->name);
    add(&h, j->projection);
    return hash_blake2b_done(&h);
}
