/* The key hierarchy: what a copy of the store is worth, before and after a person is removed;
 * replacement of the master key at any crash; values that were moved; key files that are missing.
 */
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "keeper/master.h"
#include "os/file.h"

static char copy[80]; /* of the data folder */

static int setup(void **state)
{
    struct world *w = NULL;

    world_setup(state);
    w = *state;
    rig_connect(w->r, UP_KEY, "ann", "ann's password", "ann-token", "sk-of-ann-canary");
    rig_connect(w->r, UP_KEY, "bob", "bob's password", "bob-token", "sk-of-bob-canary");
    return 0;
}

static bool exists(const struct world *w, const char *name)
{
    char path[160];
    struct stat st;

    snprintf(path, sizeof(path), "%s/%s", w->r->keys, name);
    return stat(path, &st) == 0;
}

static void shell(const char *format, const char *a, const char *b)
{
    char line[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(line, sizeof(line), format, a, b);
#pragma GCC diagnostic pop
    assert_int_equal(system(line), 0);
}

/* Whether that person's credential still goes out, in a call. */
static bool works(struct world *w, struct sec *token, uint64_t number)
{
    struct msg_call_open o = rig_call(number, token);
    bool ok = false;

    rig_say_call(w->r, &o);
    rig_settle(w->r);
    if (!TAILQ_EMPTY(&w->r->egress->said)) {
        struct msg_permit *p = &rig_take(w->r->egress, MSG_PERMIT)->permit;

        ok = p->credential && sec_len(p->credential) == 2 + strlen("sk-of-ann-canary");
    }
    rig_forget(w->r->gateway);
    return ok;
}

static void remove_user(struct world *w, const char *name)
{
    assert_err(send_ctl_user_remove(w->r->cli->own,
                                    &(struct msg_ctl_user_remove){.name = slice_str(name)}),
               ERR_OK);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
}

/* --- what stands in the files ----------------------------------------------------------------- */

static void test_no_value_in_the_store(void **state)
{
    struct world *w = *state;

    rig_close(w->r, false);
    shell("! grep -raq canary %s%s", w->r->dir, "");
    shell("! grep -raq \"ann's password\" %s%s", w->r->dir, "");
    shell("! grep -raq ann-token %s%s", w->r->dir, "");
    rig_open(w->r);
    assert_true(works(w, w->ann, 1));
}

static void test_key_file_is_private(void **state)
{
    struct world *w = *state;
    struct stat st;
    char path[160];

    snprintf(path, sizeof(path), "%s/master-1.key", w->r->keys);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 32);
}

/* --- a person is removed ---------------------------------------------------------------------- */

static void test_removed_person(void **state)
{
    struct world *w = *state;

    remove_user(w, "ann");
    assert_true(exists(w, "master-2.key"));
    assert_false(exists(w, "master-1.key"));
    assert_int_equal(w->r->events[EVENT_USER_REMOVED], 1);
    assert_int_equal(w->r->events[EVENT_CONNECTION_REVOKED], 1);
    rig_forget(w->r->egress); /* the drop */
    rig_take(w->r->gateway, MSG_TOKEN_GONE);
    {
        struct msg_call_open o = rig_call(1, w->ann);

        rig_say_call(w->r, &o);
        assert_int_equal(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.code,
                         ERR_UNAUTHENTICATED);
    }
    assert_true(works(w, w->bob, 2)); /* everybody else goes on */
    rig_crash(w->r);
    assert_true(works(w, w->bob, 3));
}

/* Puts the store of before back, with the key folder of now. */
static enum err open_copy(struct world *w, struct keeper *k, struct loop *l)
{
    k->conf = w->r->conf;
    return keeper_open(k, l, copy, w->r->keys);
}

/* A copy of the store from before, and the keys of after: nothing opens, neither hers nor
 * anybody's. */
static void test_copy_from_before(void **state)
{
    struct world *w = *state;
    struct keeper *k = MEM_NEW(struct keeper);
    struct loop *l = loop_new();

    snprintf(copy, sizeof(copy), "%s/copy", w->r->dir);
    rig_close(w->r, false);
    shell("mkdir %s%s", copy, "");
    shell("cp %s/sidegate.db* %s/", w->r->dir, copy);
    rig_open(w->r);
    remove_user(w, "ann");
    assert_err(open_copy(w, k, l), ERR_CONFIG); /* its master key is not there */
    keeper_close(k);
    /* Not even with the new key under the old name. */
    shell("cp %s/master-2.key %s/master-1.key", w->r->keys, w->r->keys);
    assert_err(open_copy(w, k, l), ERR_CORRUPT);
    keeper_close(k);
    mem_free(k);
    loop_free(l);
}

/* Each row of the table of master keys, as "id state ". */
static void assert_keks(struct world *w, const char *wanted)
{
    struct buf found = BUF_INIT(256), rows = rig_rows(w->r, Q_kek_list);
    const struct kek_row *row = (const void *)rows.p;

    for (size_t i = 0; i < rows.n / sizeof(*row); i++)
        buf_printf(&found, "%d %d ", (int)row[i].id, row[i].old);
    buf_free(&rows);
    buf_put_u8(&found, 0);
    assert_string_equal((const char *)found.p, wanted);
    buf_free(&found);
}

static enum err first_is_unused(void *ctx)
{
    struct number_row used;
    enum err e = store_one(((struct keeper *)ctx)->store, Q_kek_used, VALS(V_INT(1)), &used);

    assert_true(e || used.n == 0);
    return e;
}

static void test_copy_after_has_no_old_wrapping(void **state)
{
    struct world *w = *state;

    remove_user(w, "ann");
    assert_keks(w, "2 0 ");
    assert_err(store_run(w->r->k->store, STORE_READ, first_is_unused, w->r->k), ERR_OK);
}

static void test_two_removed_at_once(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"ann", "bob"};

    for (size_t i = 0; i < 2; i++)
        assert_err(send_ctl_user_remove(w->r->cli->own,
                                        &(struct msg_ctl_user_remove){.name = slice_str(names[i])}),
                   ERR_OK);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
    assert_false(exists(w, "master-1.key"));
    assert_false(exists(w, "master-2.key"));
    assert_true(exists(w, "master-3.key"));
    rig_add_user(w->r, "cid", "cid's password");
    rig_crash(w->r);
}

static void test_unknown_person(void **state)
{
    struct world *w = *state;

    assert_err(send_ctl_user_remove(w->r->cli->own,
                                    &(struct msg_ctl_user_remove){.name = SLICE_LIT("nobody")}),
               ERR_OK);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_NOT_FOUND);
    assert_true(exists(w, "master-1.key"));
    assert_false(exists(w, "master-2.key"));
}

/* --- replacement, stopped anywhere ------------------------------------------------------------ */

static enum err switch_work(void *ctx)
{
    struct keeper *k = ctx;

    return master_switch(k, k->master->last);
}

static enum err work_of_switch(void *ctx)
{
    struct world *w = ctx;

    return switch_work(w->r->k);
}

static void told(void *ctx, enum err e)
{
    (void)ctx;
    assert_err(e, ERR_OK);
}

/* The new key is the one in use, nothing is wrapped again yet, and the process dies. */
static void test_crash_after_the_switch(void **state)
{
    struct world *w = *state;
    uint32_t id = 0;

    assert_err(master_prepare(w->r->k, &id), ERR_OK);
    assert_int_equal(id, 2);
    assert_err(store_run(w->r->k->store, STORE_NORMAL, switch_work, w->r->k), ERR_OK);
    rig_crash(w->r);
    rig_settle(w->r);
    assert_false(exists(w, "master-1.key"));
    assert_true(works(w, w->ann, 1));
    assert_true(works(w, w->bob, 2));
    rig_crash(w->r);
    assert_true(works(w, w->ann, 3));
}

static void switched(void *ctx, enum err e)
{
    struct world *w = ctx;

    assert_err(e, ERR_OK);
    master_switched(w->r->k, w->r->k->master->last, told, w);
}

/* The hourly look for what is left comes in the same commit as a removal: nothing is taken for
 * unused that is only not yet wrapped with the new key. */
static void test_tidied_in_the_same_commit(void **state)
{
    struct world *w = *state;
    struct keeper *k = w->r->k;
    uint32_t id = 0;

    assert_true(works(w, w->ann, 1));
    assert_err(master_prepare(k, &id), ERR_OK);
    store_work(k->store, STORE_URGENT, work_of_switch, switched, w);
    k->master->left = true;
    master_tidy(k);
    rig_settle(w->r);
    assert_keks(w, "2 0 ");
    assert_false(exists(w, "master-1.key"));
    rig_crash(w->r);
    rig_forget(w->r->egress);
    assert_true(works(w, w->ann, 2));
    assert_true(works(w, w->bob, 3));
}

/* The new key's file is there, and the process dies before any row names it. */
static void test_crash_before_the_switch(void **state)
{
    struct world *w = *state;
    uint32_t id = 0;

    assert_err(master_prepare(w->r->k, &id), ERR_OK);
    rig_crash(w->r);
    assert_true(works(w, w->ann, 1));
    remove_user(w, "ann"); /* takes the next number: what no row names may be another store's */
    rig_forget(w->r->egress);
    assert_true(works(w, w->bob, 2));
    assert_false(exists(w, "master-1.key"));
    assert_true(exists(w, "master-2.key") && exists(w, "master-3.key"));
}

static void outside(struct world *w, const char *sql)
{
    char line[512];

    rig_close(w->r, false);
    snprintf(line, sizeof(line), "sqlite3 %s/sidegate.db \"%s\"", w->r->dir, sql);
    if (system("command -v sqlite3 >/dev/null") != 0)
        skip();
    assert_int_equal(system(line), 0);
    rig_open(w->r);
}

/* The file of the old key cannot be destroyed while its name is a link. */
static void put_in_the_way(struct world *w)
{
    shell("mv %s/master-1.key %s/elsewhere", w->r->keys, w->r->keys);
    shell("ln -s elsewhere %s/master-1.key%s", w->r->keys, "");
}

static void take_away(struct world *w)
{
    shell("mv %s/elsewhere %s/master-1.key", w->r->keys, w->r->keys);
}

/* Removes ann; the command must say that the old key is still there. */
static void remove_in_vain(struct world *w)
{
    struct msg_ctl_done *d = NULL;

    put_in_the_way(w);
    assert_err(send_ctl_user_remove(w->r->cli->own,
                                    &(struct msg_ctl_user_remove){.name = SLICE_LIT("ann")}),
               ERR_OK);
    d = &rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done;
    assert_int_not_equal(d->code, ERR_OK);
    assert_true(slice_find(d->detail, SLICE_LIT("master key")) < d->detail.n);
    assert_keks(w, "1 1 2 0 ");
    rig_forget(w->r->egress);
    assert_true(works(w, w->bob, 1));
}

static void test_old_key_stays_and_the_next_start_destroys_it(void **state)
{
    struct world *w = *state;

    remove_in_vain(w);
    rig_crash(w->r);
    rig_settle(w->r);
    assert_keks(w, "1 1 2 0 "); /* still in the way */
    assert_true(works(w, w->bob, 2));
    take_away(w);
    rig_crash(w->r);
    rig_settle(w->r);
    assert_keks(w, "2 0 ");
    assert_false(exists(w, "master-1.key"));
    assert_true(works(w, w->bob, 3));
}

static void test_old_key_stays_and_is_tried_again(void **state)
{
    struct world *w = *state;

    remove_in_vain(w);
    take_away(w);
    master_tidy(w->r->k);
    rig_settle(w->r);
    assert_keks(w, "2 0 ");
    assert_false(exists(w, "master-1.key"));
}

/* One that stays is no reason to leave the next. */
static void test_old_key_stays_and_another_goes(void **state)
{
    struct world *w = *state;

    remove_in_vain(w);
    assert_err(send_ctl_user_remove(w->r->cli->own,
                                    &(struct msg_ctl_user_remove){.name = SLICE_LIT("bob")}),
               ERR_OK);
    assert_int_not_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
    assert_keks(w, "1 1 3 0 ");
    assert_false(exists(w, "master-2.key"));
}

/* The process died when the file was destroyed, and its row not yet gone. */
static void test_crash_before_the_row_goes(void **state)
{
    struct world *w = *state;

    remove_user(w, "ann");
    rig_forget(w->r->egress);
    outside(w, "INSERT INTO kek (id, state, created) VALUES (1, 1, 0)");
    rig_settle(w->r);
    assert_keks(w, "2 0 ");
    assert_true(works(w, w->bob, 1));
}

/* But a key that something is still wrapped with is not done without. */
static void test_old_key_is_gone_too_early(void **state)
{
    struct world *w = *state;
    struct keeper *k = MEM_NEW(struct keeper);
    struct loop *l = loop_new();
    uint32_t id = 0;

    assert_err(master_prepare(w->r->k, &id), ERR_OK);
    assert_err(store_run(w->r->k->store, STORE_NORMAL, switch_work, w->r->k), ERR_OK);
    rig_close(w->r, true);
    put_in_the_way(w);
    k->conf = w->r->conf;
    assert_err(keeper_open(k, l, w->r->dir, w->r->keys), ERR_CONFIG);
    keeper_close(k);
    mem_free(k);
    loop_free(l);
    take_away(w);
    rig_open(w->r);
    assert_true(works(w, w->bob, 1));
}

static void test_key_file_is_gone(void **state)
{
    struct world *w = *state;
    struct keeper *k = MEM_NEW(struct keeper);
    struct loop *l = loop_new();

    rig_close(w->r, false);
    shell("mv %s/master-1.key %s/elsewhere", w->r->keys, w->r->keys);
    k->conf = w->r->conf;
    assert_err(keeper_open(k, l, w->r->dir, w->r->keys), ERR_CONFIG);
    keeper_close(k);
    assert_false(exists(w, "master-1.key")); /* and none is made in its place */
    shell("mv %s/elsewhere %s/master-1.key", w->r->keys, w->r->keys);
    shell("chmod 640 %s/master-1.key%s", w->r->keys, ""); /* nor is one read that others can read */
    k->conf = w->r->conf;
    assert_err(keeper_open(k, l, w->r->dir, w->r->keys), ERR_CONFIG);
    keeper_close(k);
    shell("chmod 600 %s/master-1.key%s", w->r->keys, "");
    mem_free(k);
    loop_free(l);
    rig_open(w->r);
    assert_true(works(w, w->ann, 1));
}

/* A mistyped folder, or a disk that is not there: the keys are another store's. */
static void test_new_store_beside_keys(void **state)
{
    struct world *w = *state;
    struct keeper *k = MEM_NEW(struct keeper);
    struct loop *l = loop_new();

    snprintf(copy, sizeof(copy), "%s/elsewhere", w->r->dir);
    rig_close(w->r, false);
    shell("cp %s/master-1.key %s/was", w->r->keys, w->r->dir);
    shell("mkdir %s%s", copy, "");
    assert_err(open_copy(w, k, l), ERR_CONFIG);
    keeper_close(k);
    shell("cmp %s/master-1.key %s/was", w->r->keys, w->r->dir);
    shell("mv %s/master-1.key %s/master-7.key", w->r->keys, w->r->keys);
    assert_err(open_copy(w, k, l), ERR_CONFIG);
    keeper_close(k);
    assert_false(exists(w, "master-1.key"));
    shell("mv %s/master-7.key %s/master-1.key", w->r->keys, w->r->keys);
    mem_free(k);
    loop_free(l);
    rig_open(w->r);
    assert_true(works(w, w->ann, 1));
}

/* --- values that were moved ------------------------------------------------------------------- */

/* Bob's row gets ann's value, sealed as it is: it does not open there. */
static void test_value_in_another_row(void **state)
{
    struct world *w = *state;

    outside(w, "UPDATE secret SET sealed = (SELECT s.sealed FROM secret s JOIN connection c ON "
               "c.id = s.connection JOIN user u ON u.id = "
               "c.user WHERE u.name = 'ann')");
    assert_true(works(w, w->ann, 1));
    assert_false(works(w, w->bob, 2));
}

/* Bob's data key row gets ann's. */
static void test_key_of_another_person(void **state)
{
    struct world *w = *state;

    outside(w, "UPDATE user SET wrapped = (SELECT wrapped FROM user WHERE name = 'ann')");
    assert_true(works(w, w->ann, 1));
    assert_false(works(w, w->bob, 2));
}

/* Ann's whole connection is given to bob. */
static void test_connection_of_another_person(void **state)
{
    struct world *w = *state;

    outside(w, "DELETE FROM connection WHERE user = (SELECT id FROM user WHERE name = 'bob'); "
               "UPDATE connection SET user = (SELECT id FROM user "
               "WHERE name = 'bob'), client = (SELECT client.id FROM client JOIN user ON user.id = "
               "client.user WHERE name = 'bob')");
    assert_false(works(w, w->bob, 2));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_no_value_in_the_store),
        T(test_key_file_is_private),
        T(test_removed_person),
        T(test_copy_from_before),
        T(test_new_store_beside_keys),
        T(test_copy_after_has_no_old_wrapping),
        T(test_two_removed_at_once),
        T(test_unknown_person),
        T(test_crash_after_the_switch),
        T(test_tidied_in_the_same_commit),
        T(test_crash_before_the_switch),
        T(test_old_key_stays_and_the_next_start_destroys_it),
        T(test_old_key_stays_and_is_tried_again),
        T(test_old_key_stays_and_another_goes),
        T(test_crash_before_the_row_goes),
        T(test_old_key_is_gone_too_early),
        T(test_key_file_is_gone),
        T(test_value_in_another_row),
        T(test_key_of_another_person),
        T(test_connection_of_another_person),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
