/*
 * Master keys and their replacement. Run by the keeper; trusts the key folder to be private, which
 * file_read checks. The order is what makes it safe at any crash: a key's file is on disk before a
 * row names it; a row is wrapped with the new key in one statement that names the old one; the old
 * file is destroyed when nothing is wrapped with it any more; and only then its own row goes, which
 * says until then that there is something to destroy.
 */
#include "keeper/master.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/open.h"
#include "crypto/random.h"
#include "os/file.h"
#include "os/log.h"

#include <stdio.h>

enum {
    KEY = AEAD_KEY_BYTES,
    STEP = 64,  /* rows wrapped again in one transaction */
    STRAY = 64, /* files of keys that no row names, at most */
    AD = 64
};

struct path {
    char text[320];
};

static struct path path_of(const struct keeper *k, uint32_t id)
{
    struct path p;

    (void)snprintf(p.text, sizeof(p.text), "%s/master-%u.key", k->master->dir, id); /* fits */
    return p;
}

static void remember(struct keeper *k, uint32_t id, struct sec *key)
{
    struct master_key *m = MEM_NEW(struct master_key);

    m->id = id;
    m->key = key; /* moved */
    LIST_INSERT_HEAD(&k->master->keys, m, in_list);
    if (id > k->master->last)
        k->master->last = id;
}

static void forget(struct master_key *m)
{
    LIST_REMOVE(m, in_list);
    sec_free(m->key);
    mem_free(m);
}

static struct master_key *find(const struct keeper *k, uint32_t id)
{
    struct master_key *m = NULL;

    LIST_FOREACH(m, &k->master->keys, in_list) {
        if (m->id == id)
            return m;
    }
    return NULL;
}

/* --- wrapping --------------------------------------------------------------------------------- */

enum err master_wrap(struct keeper *k, struct slice ad, const struct sec *key, struct buf *ret,
                     uint32_t *ret_kek)
{
    struct master_key *m = find(k, k->master->current);
    enum err e = ERR_OK;

    BUG_IF(!m);
    e = aead_seal_sec(&(struct aead_key){m->id, m->key}, ad, key, ret);
    if (!e)
        *ret_kek = m->id;
    return e;
}

enum err master_unwrap(struct keeper *k, uint32_t kek, struct slice ad, struct slice wrapped,
                       struct sec **ret)
{
    struct master_key *m = find(k, kek);

    return m ? open_aead_sec(&(struct aead_key){m->id, m->key}, ad, wrapped, ret) : ERR_CORRUPT;
}

void master_ad_user(struct slice user, struct buf *ret)
{
    buf_put_str(ret, "user.wrapped|");
    buf_put(ret, user);
}

void master_ad_root(uint64_t id, uint64_t purpose, struct buf *ret)
{
    buf_put_str(ret, "root.wrapped|");
    buf_put_u64_dec(ret, id);
    buf_put_u8(ret, '|');
    buf_put_u64_dec(ret, purpose);
}

/* --- files ------------------------------------------------------------------------------------ */

static enum err make_file(struct keeper *k, uint32_t id)
{
    struct path p = path_of(k, id);
    uint8_t bytes[KEY];
    enum err e = ERR_OK;

    random_bytes(bytes, sizeof(bytes));
    e = file_create(p.text, slice_of(bytes, sizeof(bytes)));
    if (!e)
        remember(k, id, sec_take(bytes, sizeof(bytes)));
    mem_wipe(bytes, sizeof(bytes));
    return e;
}

static enum err read_file(struct keeper *k, uint32_t id)
{
    struct buf b = BUF_INIT(KEY);
    enum err e = file_read(path_of(k, id).text, true, &b);

    if (!e && b.n != KEY)
        e = ERR_CONFIG;
    if (!e)
        remember(k, id, sec_take(b.p, b.n));
    else
        log_event(
            LEVEL_ERROR, "master_key_unreadable", LOG_NUM("id", id), LOG_ERR(e),
            LOG_STR(
                "hint",
                "is keys: the right folder, and are its files their owner's alone (mode 600)?"));
    buf_free(&b);
    return e ? ERR_CONFIG : ERR_OK;
}

enum err master_prepare(struct keeper *k, uint32_t *ret_id)
{
    uint32_t id = k->master->last + 1;
    enum err e = make_file(k, id);

    /* Of a switch that a crash undid; or another store's, if the folders do not belong together. */
    for (int i = 0; i < STRAY && e == ERR_EXISTS; i++)
        e = make_file(k, ++id);
    if (!e)
        *ret_id = id;
    return e;
}

enum err master_switch(struct keeper *k, uint32_t id)
{
    enum err e = store_do(k->store, Q_kek_add, VALS(V_INT(id), V_INT(keeper_now(k))));

    return e ? e : store_do(k->store, Q_kek_retire, VALS(V_INT(id)));
}

void master_give_up(struct keeper *k, uint32_t id)
{
    struct master_key *m = find(k, id);

    BUG_IF(!m || id == k->master->current);
    forget(m);
    IGNORE(file_destroy(path_of(k, id).text)); /* nothing was wrapped with it */
}

/* --- wrapping again --------------------------------------------------------------------------- */

/* The first person's key, or else root, that the old key wrapped, with the current one.
 * ERR_NOT_FOUND: there is none left. */
static enum err wrap_again(struct keeper *k, uint32_t old, bool user)
{
    struct buf ad = BUF_INIT(AD), fresh = BUF_INIT(256);
    struct wrapped_row person;
    struct root_row root;
    struct store_rows q;
    struct sec *key = NULL;
    uint32_t kek = 0;
    enum err e = ERR_NOT_FOUND;

    if (user)
        store_query(k->store, Q_kek_user, VALS(V_INT(old)), &person, &q);
    else
        store_query(k->store, Q_kek_root, VALS(V_INT(old)), &root, &q);
    if (store_next(&q)) {
        if (user)
            master_ad_user(ID_SLICE(person.user), &ad);
        else
            master_ad_root(root.id, root.purpose, &ad);
        e = master_unwrap(k, old, buf_slice(&ad), user ? person.wrapped : root.wrapped, &key);
    }
    e = store_end(&q, e);
    if (!e)
        e = master_wrap(k, buf_slice(&ad), key, &fresh, &kek);
    if (!e && user)
        e = store_do(k->store, Q_user_rewrap,
                     VALS(V_INT(kek), V_BYTES(buf_slice(&fresh)), V_ID(person.user), V_INT(old)));
    else if (!e)
        e = store_do(k->store, Q_root_rewrap,
                     VALS(V_INT(kek), V_BYTES(buf_slice(&fresh)), V_INT(root.id), V_INT(old)));
    sec_free(key);
    buf_free(&fresh);
    buf_free(&ad);
    return e;
}

struct wrap_step {
    struct keeper *k;
    uint32_t old;  /* 0: no old key is left */
    bool unused;   /* nothing is wrapped with it any more */
    uint32_t left; /* this one and those before it could not be destroyed */
    enum err why;  /* the first reason */
};

static enum err step_work(void *ctx)
{
    struct wrap_step *s = ctx;
    struct number_row old = {0};
    enum err e = store_one(s->k->store, Q_kek_old, VALS(V_INT(s->left)), &old);

    s->old = (uint32_t)old.n;
    s->unused = false;
    /* Still the current one: the removal that retires it is in this same commit, and what is
     * wrapped again now would be wrapped with it again. The next step comes after that removal is
     * done. */
    if (e || s->old == 0 || s->old == s->k->master->current)
        return e;
    for (size_t n = 0; !e && n < STEP; n++)
        e = wrap_again(s->k, s->old, true);
    if (e == ERR_NOT_FOUND) {
        do /* there are three at most */
            e = wrap_again(s->k, s->old, false);
        while (!e);
    }
    s->unused = e == ERR_NOT_FOUND;
    return s->unused ? ERR_OK : e;
}

static enum err drop_work(void *ctx)
{
    struct wrap_step *s = ctx;

    return store_do(s->k->store, Q_kek_drop, VALS(V_INT(s->old)));
}

static void tell(struct keeper *k, enum err e)
{
    struct master_wait *w = NULL;

    k->master->busy = false;
    k->master->left = e != ERR_OK;
    while ((w = TAILQ_FIRST(&k->master->waits))) {
        TAILQ_REMOVE(&k->master->waits, w, in_queue);
        w->fn(w->ctx, e);
        mem_free(w);
    }
}

static void step_done(void *ctx, enum err e);

/* The row is gone, or the file could not be destroyed: on to the next. */
static void dropped(void *ctx, enum err e)
{
    struct wrap_step *s = ctx;

    if (e) {
        log_event(LEVEL_ERROR, "master_key_not_destroyed", LOG_NUM("id", s->old), LOG_ERR(e));
        s->left = s->old;
        s->why = s->why ? s->why : e;
    }
    store_work(s->k->store, STORE_URGENT, step_work, step_done, s);
}

static void destroy(struct wrap_step *s)
{
    struct keeper *k = s->k;
    struct master_key *m = find(k, s->old);
    enum err e = PLANTED(old_master_stays) ? ERR_OK : file_destroy(path_of(k, s->old).text);

    if (e) {
        dropped(s, e);
        return;
    }
    log_event(LEVEL_INFO, "master_key_destroyed", LOG_NUM("id", s->old));
    if (m)
        forget(m);
    store_work(k->store, STORE_URGENT, drop_work, dropped, s);
}

static void step_done(void *ctx, enum err e)
{
    struct wrap_step *s = ctx;
    struct keeper *k = s->k;

    if (!e && s->unused) {
        destroy(s);
        return;
    }
    if (!e && s->old != 0) {
        store_work(k->store, STORE_URGENT, step_work, step_done, s);
        return;
    }
    if (e)
        log_event(LEVEL_ERROR, "master_key_not_replaced", LOG_ERR(e));
    e = e ? e : s->why;
    mem_free(s);
    tell(k, e);
}

static void go_on(struct keeper *k)
{
    struct wrap_step *s = NULL;

    if (k->master->busy)
        return;
    k->master->busy = true;
    s = MEM_NEW(struct wrap_step);
    s->k = k;
    store_work(k->store, STORE_URGENT, step_work, step_done, s);
}

void master_tidy(struct keeper *k)
{
    if (k->master->left)
        go_on(k);
}

void master_switched(struct keeper *k, uint32_t id, master_fn *fn, void *ctx)
{
    struct master_wait *w = MEM_NEW(struct master_wait);

    if (id > k->master->current)
        k->master->current = id;
    w->fn = fn;
    w->ctx = ctx;
    TAILQ_INSERT_TAIL(&k->master->waits, w, in_queue);
    go_on(k);
}

/* --- the start -------------------------------------------------------------------------------- */

static enum err first_key(void *ctx)
{
    struct keeper *k = ctx;

    return store_do(k->store, Q_kek_add, VALS(V_INT(k->master->last), V_INT(keeper_now(k))));
}

/* An old key that is only there to be destroyed need not be there any more. */
static enum err read_key(struct keeper *k, uint32_t id, bool old)
{
    struct number_row used = {1};
    enum err e = old ? store_one(k->store, Q_kek_used, VALS(V_INT(id)), &used) : ERR_OK;

    return e || used.n == 0 ? e : read_file(k, id);
}

/* A store that names no key gets the first one, unless there are keys: then it is not theirs, and
 * to make one could be to destroy the only copy of another store's. */
static enum err make_first(struct keeper *k, uint32_t *ret_id)
{
    bool any = false;
    enum err e = file_any(k->master->dir, &any);

    if (!e && any && !PLANTED(keys_overlooked)) {
        log_event(LEVEL_ERROR, "keys_of_another_store",
                  LOG_STR("hint", "the store is new, but the folder of keys has a master key: is "
                                  "data: the right folder? No key was changed. If the key is of "
                                  "a first start that was interrupted, and no store needs it, "
                                  "move it away"));
        return ERR_CONFIG;
    }
    if (!e)
        e = master_prepare(k, ret_id);
    if (!e)
        e = store_run(k->store, STORE_NORMAL, first_key, k);
    if (e == ERR_NO_SPACE && *ret_id != 0) { /* it was not stored: the next start may try again */
        master_give_up(k, *ret_id);
        *ret_id = 0;
    }
    return e;
}

static enum err read_keys(void *ctx)
{
    struct keeper *k = ctx;
    struct kek_row row;
    struct store_rows q;
    enum err e = ERR_OK;

    store_query(k->store, Q_kek_list, VALS(), &row, &q);
    while (!e && store_next(&q)) {
        k->master->current = (uint32_t)row.id; /* the newest */
        k->master->left |= row.old;
        e = read_key(k, (uint32_t)row.id, row.old);
    }
    return store_end(&q, e);
}

enum err master_open(struct keeper *k, const char *dir)
{
    uint32_t id = 0;
    enum err e = ERR_OK;

    LIST_INIT(&k->master->keys);
    TAILQ_INIT(&k->master->waits);
    if (!slice_to_cstr(slice_str(dir), k->master->dir, sizeof(k->master->dir)))
        return ERR_CONFIG;
    e = store_run(k->store, STORE_READ, read_keys, k);
    if (!e && k->master->current == 0) {
        e = make_first(k, &id);
        k->master->current = id;
    }
    if (!e)
        master_tidy(k);
    return e;
}

void master_close(struct keeper *k)
{
    struct master_wait *w = NULL;

    if (!k->master->dir[0])
        return;
    while (!LIST_EMPTY(&k->master->keys))
        forget(LIST_FIRST(&k->master->keys));
    while ((w = TAILQ_FIRST(&k->master->waits))) {
        TAILQ_REMOVE(&k->master->waits, w, in_queue);
        mem_free(w);
    }
}
