/* Roots and what is derived from them. Run by the keeper. */
#include "keeper/roots.h"

#include "crypto/derive.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "keeper/master.h"

/* A new age each month; the one before is good for what was sealed until then, and what is sealed
 * lives a day at most. */
static const uint64_t age_ms = 30ull * 24 * 3600 * 1000;

struct fresh {
    struct keeper *k;
    enum root_purpose purpose;
    uint64_t id;
    struct sec *root;
};

static void take(struct keeper *k, enum root_purpose purpose, uint32_t id, const struct sec *root)
{
    struct roots *r = k->roots;

    if (purpose == ROOT_LASTING) {
        sec_free(r->salt);
        sec_free(r->browser);
        r->salt = derive_key(root, "sidegate login salt", SLICE_EMPTY);
        r->browser = derive_key(root, "sidegate known browser", SLICE_EMPTY);
        return;
    }
    sec_free(r->age[1].state);
    sec_free(r->age[1].csrf);
    r->age[1] = r->age[0];
    r->age[0] = (struct roots_age){.id = id,
                                   .state = derive_key(root, "sidegate requestState", SLICE_EMPTY),
                                   .csrf = derive_key(root, "sidegate csrf", SLICE_EMPTY)};
}

static enum err fresh_work(void *ctx)
{
    struct fresh *f = ctx;
    struct buf ad = BUF_INIT(64), wrapped = BUF_INIT(256);
    uint32_t kek = 0;
    enum err e = ERR_OK;

    master_ad_root(f->id, f->purpose, &ad);
    e = master_wrap(f->k, buf_slice(&ad), f->root, &wrapped, &kek);
    if (!e)
        e = store_do(f->k->store, Q_root_add,
                     VALS(V_INT(f->id), V_INT(f->purpose), V_INT(kek), V_BYTES(buf_slice(&wrapped)),
                          V_INT(keeper_now(f->k))));
    if (!e && f->purpose == ROOT_AGING && f->k->roots->age[1].id != 0)
        e = store_do(f->k->store, Q_root_drop, VALS(V_INT(f->k->roots->age[1].id)));
    buf_free(&ad);
    buf_free(&wrapped);
    return e;
}

static enum err make(struct keeper *k, enum root_purpose purpose, uint64_t id)
{
    struct fresh f = {.k = k, .purpose = purpose, .id = id, .root = random_sec(DERIVE_KEY_BYTES)};
    enum err e = store_run(k->store, STORE_NORMAL, fresh_work, &f);

    if (!e)
        take(k, purpose, (uint32_t)id, f.root);
    sec_free(f.root);
    return e;
}

static enum err load(void *ctx)
{
    struct keeper *k = ctx;
    struct root_row row;
    struct store_rows q;
    struct buf ad = BUF_INIT(64);
    enum err e = ERR_OK;

    store_query(k->store, Q_root_list, VALS(), &row, &q);
    while (!e && store_next(&q)) {
        struct sec *root = NULL;

        k->roots->last = row.id;
        if (row.purpose == ROOT_AGING)
            k->roots->made = row.created;
        buf_clear(&ad);
        master_ad_root(row.id, row.purpose, &ad);
        e = master_unwrap(k, (uint32_t)row.kek, buf_slice(&ad), row.wrapped, &root);
        if (!e)
            take(k, (enum root_purpose)row.purpose, (uint32_t)row.id, root);
        sec_free(root);
    }
    buf_free(&ad);
    return store_end(&q, e);
}

enum err roots_open(struct keeper *k)
{
    struct roots *r = k->roots;
    enum err e = store_run(k->store, STORE_READ, load, k);

    if (!e && !r->salt)
        e = make(k, ROOT_LASTING, ++r->last);
    if (!e && (!r->age[0].state || r->made + age_ms < keeper_now(k)))
        e = make(k, ROOT_AGING, ++r->last);
    return e;
}

void roots_close(struct keeper *k)
{
    for (size_t i = 0; i < 2; i++) {
        sec_free(k->roots->age[i].state);
        sec_free(k->roots->age[i].csrf);
    }
    sec_free(k->roots->salt);
    sec_free(k->roots->browser);
    *k->roots = (struct roots){.salt = NULL};
}

struct aead_key roots_state_key(const struct keeper *k)
{
    return (struct aead_key){k->roots->age[0].id, k->roots->age[0].state};
}

struct aead_key roots_state_key_of(const struct keeper *k, uint32_t id)
{
    for (size_t i = 0; i < 2; i++) {
        if (k->roots->age[i].id == id && id != 0)
            return (struct aead_key){id, k->roots->age[i].state};
    }
    return (struct aead_key){0, NULL};
}

struct digest roots_csrf(const struct keeper *k, struct digest session)
{
    return hash_keyed(k->roots->age[0].csrf, ID_SLICE(session));
}

bool roots_csrf_ok(const struct keeper *k, struct digest session, struct digest token)
{
    bool ok = false;

    for (size_t i = 0; i < 2; i++) {
        if (k->roots->age[i].csrf) {
            struct digest want = hash_keyed(k->roots->age[i].csrf, ID_SLICE(session));

            ok |= ID_EQ(want, token);
        }
    }
    return ok;
}

struct digest roots_browser(const struct keeper *k, struct user_id user, struct digest verifier)
{
    struct buf b = BUF_INIT(ID_BYTES + DIGEST_BYTES);
    struct digest d;

    buf_put(&b, ID_SLICE(user));
    buf_put(&b, ID_SLICE(verifier));
    d = hash_keyed(k->roots->browser, buf_slice(&b));
    buf_free(&b);
    return d;
}

struct digest roots_salt(const struct keeper *k, struct slice name)
{
    return hash_keyed(k->roots->salt, name);
}
