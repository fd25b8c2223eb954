/*
 * Master keys: files of 32 bytes in the key folder, outside of the store and of its backups. They
 * wrap people's data keys and the roots. Removing a person replaces the master key: everything else
 * is wrapped again with a new one and the old one is destroyed, so that a copy of the store taken
 * before no longer opens with what is left.
 */
#ifndef SG_KEEPER_MASTER_H
#define SG_KEEPER_MASTER_H

#include "crypto/aead.h"
#include "keeper/core.h"

struct master_key {
    LIST_ENTRY(master_key) in_list;
    uint32_t id;
    struct sec *key;
};

/* e: why an old key is still there. */
typedef void master_fn(void *ctx, enum err e);

struct master_wait {
    TAILQ_ENTRY(master_wait) in_queue;
    master_fn *fn;
    void *ctx;
};

struct master {
    char dir[256];
    LIST_HEAD(, master_key) keys; /* newest first */
    uint32_t current, last;
    bool busy; /* wrapping again */
    bool left; /* an old key is still there: tried again by master_tidy and at the next start */
    TAILQ_HEAD(, master_wait) waits;
};

/* Reads the keys that the store names from dir, or makes the first. ERR_CONFIG: the store has data
 * and its key is not there. */
MUST_USE enum err master_open(struct keeper *k, const char *dir);
void master_close(struct keeper *k);

/* Wraps 32 bytes with the current key. Inside work. */
MUST_USE enum err master_wrap(struct keeper *k, struct slice ad, const struct sec *key,
                              struct buf *ret, uint32_t *ret_kek);
MUST_USE enum err master_unwrap(struct keeper *k, uint32_t kek, struct slice ad,
                                struct slice wrapped, struct sec **ret);

/* Makes the file of a new key; it is durable, and nothing uses it yet. */
MUST_USE enum err master_prepare(struct keeper *k, uint32_t *ret_id);
/* Inside work: from this transaction on the new key is the one in use. */
MUST_USE enum err master_switch(struct keeper *k, uint32_t id);
/* After that transaction: it became true; wraps the rest again in small steps, destroys the old
 * keys, then calls fn. */
void master_switched(struct keeper *k, uint32_t id, master_fn *fn, void *ctx);
/* Now and then: destroys what could not be destroyed before. */
void master_tidy(struct keeper *k);
/* After it failed: the new key is destroyed. */
void master_give_up(struct keeper *k, uint32_t id);

/* What a wrapped key is bound to. */
void master_ad_user(struct slice user, struct buf *ret);
void master_ad_root(uint64_t id, uint64_t purpose, struct buf *ret);

#endif
