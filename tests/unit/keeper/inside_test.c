/* The keeper's own keys: not in what it says to any other process, not in the files of its store,
 * and not in a requestState, opened. */
#include "rig.h"

#include "base/base64.h"
#include "crypto/open.h"
#include "keeper/master.h"
#include "keeper/roots.h"

#include <dirent.h>
#include <fcntl.h>

enum { ALL = 8 << 20 };

#define CREDENTIAL "sk-a-credential"
#define TOKEN      "agent-token-1"
#define PASSWORD   "correct horse"

/* Where the keys may not be. */
struct channel {
    const char *name;
    struct buf bytes;
};

static enum err must_lack(void *ctx, struct slice key)
{
    const struct channel *p = ctx;
    struct slice all = buf_slice(&p->bytes);
    struct buf hex = BUF_INIT(256);

    assert_true(key.n >= 16);
    buf_put_hex(&hex, key);
    if (slice_find(all, key) < all.n || slice_find(all, buf_slice(&hex)) < all.n)
        fail_msg("a key is in %s", p->name);
    buf_free(&hex);
    return ERR_OK;
}

struct unwrapping {
    struct keeper *k;
    struct sec *key;
};

static enum err unwrap(void *ctx)
{
    struct unwrapping *u = ctx;
    struct user_row user;
    struct wrapped_row row;
    struct store_rows q;
    struct buf ad = BUF_INIT(128);
    enum err e = ERR_OK;

    assert_err(store_one(u->k->store, Q_user_by_name, VALS(V_STR("ann")), &user), ERR_OK);
    store_query(u->k->store, Q_user_key, VALS(V_ID(user.id)), &row, &q);
    assert_true(store_next(&q));
    master_ad_user(ID_SLICE(user.id), &ad);
    e = master_unwrap(u->k, (uint32_t)row.kek, buf_slice(&ad), row.wrapped, &u->key);
    buf_free(&ad);
    return store_end(&q, e);
}

static struct sec *data_key(struct rig *r)
{
    struct unwrapping u = {r->k, NULL};

    assert_err(store_run(r->k->store, STORE_READ, unwrap, &u), ERR_OK);
    return u.key;
}

static void must_hold_no_key(struct rig *r, struct channel *p)
{
    const struct roots *roots = r->k->roots;
    struct sec *of_ann = data_key(r);
    const struct sec *const keys[] = {roots->age[0].state,
                                      roots->age[0].csrf,
                                      roots->salt,
                                      roots->browser,
                                      r->k->box_key,
                                      LIST_FIRST(&r->k->master->keys)->key,
                                      of_ann};

    assert_true(p->bytes.n > 100);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_non_null(keys[i]);
        assert_err(sec_with(keys[i], must_lack, p), ERR_OK);
    }
    sec_free(of_ann);
}

static void read_store(const struct rig *r, struct buf *ret)
{
    DIR *dir = opendir(r->dir);
    const struct dirent *d;
    uint8_t part[4096];
    ssize_t n;

    assert_non_null(dir);
    while ((d = readdir(dir)) != NULL) {
        int fd = openat(dirfd(dir), d->d_name, O_RDONLY | O_CLOEXEC);
        while (d->d_type == DT_REG && (n = read(fd, part, sizeof part)) > 0)
            buf_put(ret, slice_of(part, (size_t)n));
        close(fd);
    }
    closedir(dir);
    assert_err(buf_err(ret), ERR_OK);
}

/* A call for another upstream, whose credential is missing: its requestState, opened. */
static void open_state(struct rig *r, struct buf *ret)
{
    struct sec *token = rig_sec(TOKEN);
    struct msg_call_open open = rig_call(77, token);
    struct aead_key key = roots_state_key(r->k);
    struct buf sealed = BUF_INIT(LIM_STATE_BYTES);

    open.upstream = UP_TWO;
    rig_forget(r->gateway);
    rig_say_call(r, &open);
    assert_err(base64_decode(BASE64_URL, rig_take(r->gateway, MSG_CALL_HANDOFF)->call_handoff.state,
                             &sealed),
               ERR_OK);
    assert_err(open_aead(&key, SLICE_LIT("requestState"), buf_slice(&sealed), ret), ERR_OK);
    buf_free(&sealed);
    sec_free(token);
}

static void must_lack_text(const struct channel *p, const char *text)
{
    if (slice_find(buf_slice(&p->bytes), slice_str(text)) < p->bytes.n)
        fail_msg("\"%s\" is in %s", text, p->name);
}

static void test_keys_stay_inside(void **state)
{
    struct rig *r = *state;
    struct sec *token = rig_sec(TOKEN);
    const struct msg_call_open open = rig_call(76, token);
    struct channel said = {"what the keeper says", BUF_INIT(ALL)},
                   stored = {"the store", BUF_INIT(ALL)},
                   carried = {"a requestState", BUF_INIT(LIM_STATE_BYTES)};

    r->heard = &said.bytes;
    rig_add_user(r, "ann", PASSWORD);
    rig_add_key(r, "ann", "laptop", TOKEN);
    rig_connect(r, UP_KEY, "ann", PASSWORD, TOKEN, CREDENTIAL);
    rig_say_call(r, &open);
    rig_take(r->egress, MSG_PERMIT);
    open_state(r, &carried.bytes);
    rig_settle(r);
    read_store(r, &stored.bytes);
    must_hold_no_key(r, &said);
    must_hold_no_key(r, &stored);
    must_hold_no_key(r, &carried);
    for (const struct channel *const *p = (const struct channel *const[]){&stored, &carried, NULL};
         *p; p++) {
        must_lack_text(*p, CREDENTIAL);
        must_lack_text(*p, TOKEN);
        must_lack_text(*p, PASSWORD);
    }
    /* And the search finds what is there: the permit has the credential, the store the name. */
    assert_true(slice_find(buf_slice(&said.bytes), SLICE_LIT(CREDENTIAL)) < said.bytes.n);
    assert_true(slice_find(buf_slice(&stored.bytes), SLICE_LIT("laptop")) < stored.bytes.n);
    r->heard = NULL;
    sec_free(token);
    buf_free(&said.bytes);
    buf_free(&stored.bytes);
    buf_free(&carried.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys_stay_inside, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
