/* The command's verbs, snapshots of lists, and a full disk. */
#include "world.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "keeper/call.h"
#include "store/full_disk.h"
#include "store/internal.h"

static int teardown(void **state)
{
    full_disk = 0;
    return world_teardown(state);
}

static void done(struct world *w, enum err code)
{
    assert_string_equal(err_name(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code), err_name(code));
}

static enum msg next_answer(struct world *w, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->ann);

    rig_say_call(w->r, &o);
    rig_settle(w->r);
    assert_false(TAILQ_EMPTY(&w->r->gateway->said));
    return TAILQ_FIRST(&w->r->gateway->said)->type;
}

/* --- people ----------------------------------------------------------------------------------- */

static void test_people(void **state)
{
    struct world *w = *state;
    struct sec *v = rig_verifier("x");
    static const uint8_t salt[16];
    struct msg_ctl_user_add add = {.name = SLICE_LIT("ann"),
                                   .salt = slice_of(salt, 16),
                                   .ops = 3,
                                   .mem = 65536,
                                   .verifier = v};
    struct msg_ctl_user_row *row = NULL;

    assert_err(send_ctl_user_add(w->r->cli->own, &add), ERR_OK);
    done(w, ERR_EXISTS);
    add.name = SLICE_EMPTY;
    assert_err(send_ctl_user_add(w->r->cli->own, &add), ERR_OK);
    done(w, ERR_OUT_OF_RANGE);
    add.name = SLICE_LIT("bob");
    add.mem = LIM_PASSWORD_MEM_MOST + 1ull;
    assert_err(send_ctl_user_add(w->r->cli->own, &add), ERR_OK);
    done(w, ERR_OUT_OF_RANGE);
    add.mem = 65536;
    add.salt = slice_of(salt, 15);
    assert_err(send_ctl_user_add(w->r->cli->own, &add), ERR_OK);
    done(w, ERR_OUT_OF_RANGE);
    connect_ann(w);
    assert_err(send_ctl_user_list(w->r->cli->own, &(struct msg_ctl_user_list){0}), ERR_OK);
    row = &rig_take(w->r->cli, MSG_CTL_USER_ROW)->ctl_user_row;
    assert_slice(row->name, "ann");
    assert_int_equal(row->keys, 1);
    assert_int_equal(row->connections, 1);
    done(w, ERR_OK);
    sec_free(v);
}

static void test_new_password(void **state)
{
    struct world *w = *state;
    struct sec *cookie = rig_login(w->r, "ann", "ann's password"), *v = rig_verifier("new");
    static const uint8_t salt[16] = "another salt";
    struct msg_ctl_user_password p = {.name = SLICE_LIT("ann"),
                                      .salt = slice_of(salt, 16),
                                      .ops = 4,
                                      .mem = 131072,
                                      .verifier = v};

    assert_err(send_ctl_user_password(w->r->cli->own, &p), ERR_OK);
    done(w, ERR_OK);
    assert_err(send_who_get(w->r->surface->own, &(struct msg_who_get){.cookie = cookie}), ERR_OK);
    assert_int_equal(rig_take(w->r->surface, MSG_PAGE_DENIED)->page_denied.why, DENIAL_LOG_IN);
    sec_free(cookie);
    cookie = rig_login(w->r, "ann", "new");
    assert_err(
        send_login_start(w->r->surface->own, &(struct msg_login_start){.name = SLICE_LIT("ann")}),
        ERR_OK);
    assert_int_equal(rig_take(w->r->surface, MSG_LOGIN_SALT)->login_salt.ops, 4);
    p.name = SLICE_LIT("nobody");
    assert_err(send_ctl_user_password(w->r->cli->own, &p), ERR_OK);
    done(w, ERR_NOT_FOUND);
    sec_free(cookie);
    sec_free(v);
}

/* --- agent keys ------------------------------------------------------------------------------- */

static struct client_id first_key(struct world *w)
{
    struct client_id id;

    assert_err(send_ctl_key_list(w->r->cli->own, &(struct msg_ctl_key_list){0}), ERR_OK);
    id = rig_take(w->r->cli, MSG_CTL_KEY_ROW)->ctl_key_row.client;
    rig_forget(w->r->cli);
    return id;
}

static void test_keys(void **state)
{
    struct world *w = *state;
    struct msg_ctl_key_add add = {.user_name = SLICE_LIT("ann"),
                                  .label = SLICE_LIT("two"),
                                  .token_hash = hash_sha256(SLICE_LIT("ann-token"))};
    struct msg_ctl_key_row *row = NULL;

    assert_err(send_ctl_key_add(w->r->cli->own, &add), ERR_OK);
    done(w, ERR_EXISTS); /* the same key twice */
    add.token_hash = hash_sha256(SLICE_LIT("two-token"));
    add.user_name = SLICE_LIT("nobody");
    assert_err(send_ctl_key_add(w->r->cli->own, &add), ERR_OK);
    done(w, ERR_NOT_FOUND);
    assert_int_equal(next_answer(w, 1), MSG_CALL_HANDOFF);
    assert_err(send_ctl_key_list(w->r->cli->own,
                                 &(struct msg_ctl_key_list){.user_name = SLICE_LIT("ann")}),
               ERR_OK);
    row = &rig_take(w->r->cli, MSG_CTL_KEY_ROW)->ctl_key_row;
    assert_slice(row->label, "laptop");
    assert_slice(row->user_name, "ann");
    done(w, ERR_OK);
    assert_err(send_ctl_key_list(w->r->cli->own,
                                 &(struct msg_ctl_key_list){.user_name = SLICE_LIT("bob")}),
               ERR_OK);
    done(w, ERR_NOT_FOUND); /* not the same as somebody without keys */
}

static void test_key_removed(void **state)
{
    struct world *w = *state;
    struct client_id id = first_key(w);
    struct msg_call_open o = rig_call(1, w->ann);

    connect_ann(w);
    o.upstream = UP_TWO;
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o); /* waits for a person */
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    assert_err(send_ctl_key_remove(w->r->cli->own, &(struct msg_ctl_key_remove){.client = id}),
               ERR_OK);
    done(w, ERR_OK);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.code, ERR_UNAUTHENTICATED);
    /* Its bodies are read no more. */
    assert_true(
        ID_EQ(rig_take(w->r->gateway, MSG_TOKEN_GONE)->token_gone.token, hash_sec_sha256(w->ann)));
    rig_take(w->r->egress, MSG_DROP);
    assert_int_equal(next_answer(w, 2), MSG_CALL_DENY);
    assert_int_equal(w->r->events[EVENT_HANDOFF_CANCELLED], 1);
    assert_int_equal(w->r->events[EVENT_CONNECTION_REVOKED], 1);
    assert_int_equal(w->r->events[EVENT_KEY_REMOVED], 1);
    assert_err(send_ctl_key_remove(w->r->cli->own, &(struct msg_ctl_key_remove){.client = id}),
               ERR_OK);
    done(w, ERR_NOT_FOUND);
    rig_crash(w->r);
    assert_int_equal(next_answer(w, 3), MSG_CALL_DENY);
}

/* However many there are, each open handoff ends with a record of its own. */
static void test_user_removed_with_many_handoffs(void **state)
{
    enum { KEYS = 24, ASKED = 3 * KEYS };
    static const uint16_t upstreams[] = {UP_KEY, UP_TRIED, UP_TWO};
    struct world *w = *state;
    uint64_t number = 0;

    assert_err(limit_set(SET_USER_PROMPTS_PER_HOUR, ASKED), ERR_OK);
    assert_err(limit_set(SET_UPSTREAM_PROMPTS_PER_HOUR, ASKED), ERR_OK);
    for (unsigned i = 0; i < KEYS; i++) {
        char name[16];
        struct sec *token = NULL;

        snprintf(name, sizeof(name), "key-%u", i);
        rig_add_key(w->r, "ann", name, name);
        token = rig_sec(name);
        for (size_t u = 0; u < ARRAY_LEN(upstreams); u++) {
            struct msg_call_open o = rig_call(++number, token);

            o.upstream = upstreams[u];
            rig_say_call(w->r, &o);
            rig_take(w->r->gateway, MSG_CALL_HANDOFF);
        }
        sec_free(token);
    }
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], ASKED);
    assert_err(
        send_ctl_user_remove(w->r->cli->own, &(struct msg_ctl_user_remove){SLICE_LIT("ann")}),
        ERR_OK);
    done(w, ERR_OK);
    assert_int_equal(w->r->events[EVENT_HANDOFF_CANCELLED], ASKED);
    assert_err(limit_set(SET_USER_PROMPTS_PER_HOUR, 60), ERR_OK);
    assert_err(limit_set(SET_UPSTREAM_PROMPTS_PER_HOUR, 30), ERR_OK);
}

/* --- revoking --------------------------------------------------------------------------------- */

static void test_revoke_scopes(void **state)
{
    struct world *w = *state;
    const struct msg_ctl_done *none = NULL;
    struct msg_ctl_revoke r[] = {
        {.scope = CTL_SCOPE_CONNECTION},
        {.scope = CTL_SCOPE_USER, .name = SLICE_LIT("ann")},
        {.scope = CTL_SCOPE_UPSTREAM, .name = SLICE_LIT("key")},
        {.scope = CTL_SCOPE_ALL},
    };
    struct msg_ctl_revoke misses[] = {
        {.scope = CTL_SCOPE_USER, .name = SLICE_LIT("nobody")},
        {.scope = CTL_SCOPE_UPSTREAM},
        {.scope = CTL_SCOPE_UPSTREAM, .name = SLICE_LIT("neither configured nor connected")},
        {.scope = CTL_SCOPE_CONNECTION},
    };

    for (size_t i = 0; i < ARRAY_LEN(r); i++) {
        connect_ann(w);
        assert_err(send_ctl_connection_list(w->r->cli->own, &(struct msg_ctl_connection_list){0}),
                   ERR_OK);
        r[0].connection =
            rig_take(w->r->cli, MSG_CTL_CONNECTION_ROW)->ctl_connection_row.connection;
        done(w, ERR_OK);
        assert_err(send_ctl_revoke(w->r->cli->own, &r[i]), ERR_OK);
        assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.count, 1);
        assert_err(send_ctl_connection_list(w->r->cli->own, &(struct msg_ctl_connection_list){0}),
                   ERR_OK);
        done(w, ERR_OK);
    }
    connect_ann(w);
    for (size_t i = 0; i < ARRAY_LEN(misses); i++) {
        assert_err(send_ctl_revoke(w->r->cli->own, &misses[i]), ERR_OK);
        done(w, ERR_NOT_FOUND);
    }
    assert_err(send_ctl_revoke(w->r->cli->own, &(struct msg_ctl_revoke){.scope = CTL_SCOPE_UPSTREAM,
                                                                        .name = SLICE_LIT("two")}),
               ERR_OK);
    none = &rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done;
    assert_int_equal(none->count, 0);
    assert_err(none->code, ERR_OK);
    assert_int_equal(next_answer(w, 9), MSG_CALL_PERMIT);
}

/* Somebody changes the store while it is closed. */
static void change_store(struct world *w, const char *sql)
{
    char path[96];
    sqlite3 *db = NULL;

    rig_close(w->r, false);
    snprintf(path, sizeof(path), "%s/sidegate.db", w->r->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    rig_open(w->r);
}

/* More than one transaction takes: all of them, each on record. */
static void test_revoke_many(void **state)
{
    enum { MORE = 1000 };
    struct world *w = *state;

    connect_ann(w);
    change_store(w, "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 1000)"
                    " INSERT INTO connection SELECT randomblob(16), user, client, 'more ' || n,"
                    " 1, 0, 1, 0, 0, 0 FROM connection, c");
    revoke_all(w);
    while (TAILQ_EMPTY(&w->r->cli->said))
        rig_settle(w->r);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.count, MORE + 1);
    for (int i = 0; i < 100 && w->r->events[EVENT_CONNECTION_REVOKED] <= MORE; i++) {
        loop_turn(w->r->loop, 300);
        rig_settle(w->r);
    }
    assert_int_equal(w->r->events[EVENT_CONNECTION_REVOKED], MORE + 1);
    rig_close(w->r, false);
    rig_open(w->r);
    revoke_all(w);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.count, 0);
}

static void remove_first_key(struct world *w, enum err want)
{
    const struct client_id id = first_key(w);

    assert_err(send_ctl_key_remove(w->r->cli->own, &(struct msg_ctl_key_remove){.client = id}),
               ERR_OK);
    done(w, want);
}

/* A call of that agent key, which waits for a person in the legacy era. */
static void ask_person(struct world *w, uint64_t number, uint16_t upstream)
{
    struct msg_call_open o = rig_call(number, w->ann);

    o.upstream = upstream;
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
}

/* A handoff that cannot be read ends, and keeps no other from it, nor its key from being removed. */
static void test_handoffs_end_beside_damage(void **state)
{
    struct world *w = *state;

    ask_person(w, 1, UP_KEY);
    ask_person(w, 2, UP_TWO);
    change_store(w, "UPDATE handoff SET tool = 'a' || char(0) || 'b', expires = 1"
                    " WHERE upstream = 'two'; UPDATE handoff SET expires = 2 WHERE expires > 1");
    for (int i = 0; i < 20 && w->r->events[EVENT_HANDOFF_EXPIRED] == 0; i++) {
        loop_turn(w->r->loop, 500);
        rig_settle(w->r);
    }
    assert_int_equal(w->r->events[EVENT_HANDOFF_EXPIRED], 1);
    assert_int_equal(w->r->events[EVENT_HANDOFF_FAILED], 1);
    ask_person(w, 3, UP_TWO);
    change_store(w, "UPDATE handoff SET tool = 'a' || char(0) || 'b' WHERE state < 3");
    remove_first_key(w, ERR_OK);
    rig_forget(w->r->gateway);
    assert_int_equal(next_answer(w, 4), MSG_CALL_DENY);
}

/* An agent key that cannot be read is nobody's, and keeps no other out, nor the keeper from
 * starting. */
static void test_keys_beside_damage(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    change_store(w, "INSERT INTO client SELECT x'00000000000000000000000000000001', user,"
                    " 'a' || char(0), randomblob(32), 0, 0, 0 FROM client LIMIT 1");
    assert_int_equal(next_answer(w, 1), MSG_CALL_PERMIT);
}

/* A key goes with all its connections, and who removes it hears that one could not be read. */
static void test_key_removed_beside_damage(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    change_store(w, "INSERT INTO connection SELECT randomblob(16), user, client,"
                    " 'a' || char(0), 1, 0, 1, 0, 0, 0 FROM connection");
    remove_first_key(w, ERR_CORRUPT);
    rig_take(w->r->egress, MSG_DROP);
    rig_forget(w->r->gateway);
    assert_int_equal(next_answer(w, 1), MSG_CALL_DENY);
}

/* What cannot be read, before or behind it, keeps no other: whoever asked is told of it. */
static void test_revoke_beside_damage(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    change_store(w, "CREATE TEMP TABLE d (id, name);"
                    "INSERT INTO d VALUES (x'00000000000000000000000000000001', 'b'),"
                    " (x'ffffffffffffffffffffffffffffffff', 'c');"
                    "INSERT INTO connection SELECT d.id,"
                    " user, client, 'a' || char(0) || name, 1, 0, 1, 0, 0, 0"
                    " FROM connection, d");
    assert_err(send_ctl_revoke(w->r->cli->own, &(struct msg_ctl_revoke){.scope = CTL_SCOPE_ALL}),
               ERR_OK);
    done(w, ERR_CORRUPT);
    rig_close(w->r, false); /* what is dead in memory alone comes back */
    rig_open(w->r);
    assert_int_equal(next_answer(w, 9), MSG_CALL_HANDOFF);
}

/* --- upstreams and snapshots ------------------------------------------------------------------ */

static void put(struct world *w, struct use_id use, enum era era, const char *text)
{
    assert_err(send_snapshot_put(w->r->egress->own,
                                 &(struct msg_snapshot_put){.use = use,
                                                            .era = era,
                                                            .kind = SNAPSHOT_TOOLS,
                                                            .size = (uint32_t)strlen(text),
                                                            .part = slice_str(text)}),
               ERR_OK);
}

static void snapshot_is(struct world *w, uint64_t call, const char *text)
{
    struct msg_snapshot_part *p = NULL;

    assert_err(send_snapshot_get(w->r->gateway->own,
                                 &(struct msg_snapshot_get){.call = call, .kind = SNAPSHOT_TOOLS}),
               ERR_OK);
    p = &rig_take(w->r->gateway, MSG_SNAPSHOT_PART)->snapshot_part;
    assert_int_equal(p->size, strlen(text));
    assert_true(slice_eq_str(p->part, text));
}

static struct use_id list_call(struct world *w, struct sec *token, uint64_t number, enum era era)
{
    struct msg_call_open o = rig_call(number, token);
    struct use_id use;

    o.era = era;
    o.method = SLICE_LIT("tools/list");
    rig_say_call(w->r, &o);
    use = rig_take(w->r->egress, MSG_PERMIT)->permit.use;
    rig_take(w->r->gateway, MSG_CALL_PERMIT);
    return use;
}

static void test_probe_and_snapshots(void **state)
{
    struct world *w = *state;
    struct msg_ctl_upstream_row *row = NULL;
    struct use_id use;
    struct sec *bob = rig_sec("bob-token");

    assert_err(send_ctl_upstream_probe(
                   w->r->cli->own, &(struct msg_ctl_upstream_probe){.name = SLICE_LIT("nothing")}),
               ERR_OK);
    done(w, ERR_NOT_FOUND);
    assert_err(send_ctl_upstream_probe(w->r->cli->own,
                                       &(struct msg_ctl_upstream_probe){.name = SLICE_LIT("key")}),
               ERR_OK);
    {
        struct msg_permit *p = &rig_take(w->r->egress, MSG_PERMIT)->permit;

        assert_int_equal(p->mode, MODE_PROBE);
        assert_true(ID_IS_ZERO(p->user));
        use = p->use;
    }
    put(w, use, ERA_MODERN, "{\"everybody\"}");
    put(w, use, ERA_LEGACY, "{\"everybody, legacy\"}");
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    done(w, ERR_OK);
    assert_err(send_ctl_upstream_list(w->r->cli->own, &(struct msg_ctl_upstream_list){0}), ERR_OK);
    row = &rig_take(w->r->cli, MSG_CTL_UPSTREAM_ROW)->ctl_upstream_row;
    assert_slice(row->name, "key");
    assert_true(row->seen > 0);
    rig_forget(w->r->cli);
    /* A list that was seen with ann's credential is for nobody else. */
    rig_add_user(w->r, "bob", "bob's password");
    rig_add_key(w->r, "bob", "desk", "bob-token");
    connect_ann(w);
    use = list_call(w, w->ann, 1, ERA_MODERN);
    put(w, use, ERA_MODERN, "{\"ann\"}");
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
    snapshot_is(w, 1, "{\"ann\"}");
    (void)list_call(w, bob, 2, ERA_MODERN);
    snapshot_is(w, 2, "{\"everybody\"}");
    /* And of its era alone. */
    (void)list_call(w, w->ann, 3, ERA_LEGACY);
    snapshot_is(w, 3, "{\"everybody, legacy\"}");
    sec_free(bob);
}

/* A list that ann's agent gets, seen with its credential. */
static void list_seen(struct world *w, uint64_t number)
{
    struct use_id use = list_call(w, w->ann, number, ERA_MODERN);

    put(w, use, ERA_MODERN, "{\"seen with a credential\"}");
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
}

static bool is_stored(struct world *w)
{
    uint64_t seen = 0;

    rig_forget(w->r->cli);
    assert_err(send_ctl_upstream_list(w->r->cli->own, &(struct msg_ctl_upstream_list){0}), ERR_OK);
    seen = rig_take(w->r->cli, MSG_CTL_UPSTREAM_ROW)->ctl_upstream_row.seen;
    rig_forget(w->r->cli);
    return seen > 0;
}

/* Another agent of the same person was given nothing. */
static void test_lists_of_a_connection(void **state)
{
    struct world *w = *state;
    struct sec *other = rig_sec("other-token");

    rig_add_key(w->r, "ann", "other", "other-token");
    connect_ann(w);
    list_seen(w, 1);
    snapshot_is(w, 1, "{\"seen with a credential\"}");
    (void)list_call(w, other, 2, ERA_MODERN);
    snapshot_is(w, 2, "");
    sec_free(other);
}

static void revoke_done(struct world *w)
{
    revoke_all(w);
    done(w, ERR_OK);
}

static void replace(struct world *w)
{
    assert_int_equal(next_answer(w, 2), MSG_CALL_PERMIT);
    rig_take(w->r->gateway, MSG_CALL_PERMIT);
    rig_result(w->r->egress, rig_take(w->r->egress, MSG_PERMIT)->permit.use, RESULT_ANSWERED, true);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    assert_true(is_stored(w)); /* refused, and nobody gave another one yet */
    assert_err(send_call_gone(w->r->gateway->own, &(struct msg_call_gone){.call = 2}), ERR_OK);
    connect_ann(w);
}

static void remove_key(struct world *w)
{
    assert_err(
        send_ctl_key_remove(w->r->cli->own, &(struct msg_ctl_key_remove){.client = first_key(w)}),
        ERR_OK);
    done(w, ERR_OK);
}

static void remove_user(struct world *w)
{
    assert_err(
        send_ctl_user_remove(w->r->cli->own, &(struct msg_ctl_user_remove){SLICE_LIT("ann")}),
        ERR_OK);
    done(w, ERR_OK);
}

static void test_lists_go_with_their_connection(void **state)
{
    static void (*const ends[])(struct world *) = {revoke_all, replace, remove_key, remove_user};
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        connect_ann(w);
        list_seen(w, 10 + i);
        assert_true(is_stored(w));
        ends[i](w);
        assert_false(is_stored(w));
        revoke_done(w);
        rig_forget(w->r->egress);
        rig_forget(w->r->gateway);
        if (ends[i] == remove_key)
            rig_add_key(w->r, "ann", "laptop", "ann-token");
    }
}

/* On its way when the connection went: it comes too late. */
static void test_list_after_its_connection(void **state)
{
    struct world *w = *state;
    struct use_id use;

    connect_ann(w);
    use = list_call(w, w->ann, 1, ERA_MODERN);
    revoke_done(w);
    put(w, use, ERA_MODERN, "{\"too late\"}");
    rig_settle(w->r);
    assert_false(is_stored(w));
}

/* The largest list that is stored. */
static void put_big(struct world *w)
{
    struct use_id use = list_call(w, w->ann, 1, ERA_MODERN);
    static uint8_t part[LIM_PART_BYTES];
    uint32_t size = LIM_SNAPSHOT_BYTES, at = 0;

    memset(part, 'x', sizeof(part));
    for (; at < size; at += LIM_PART_BYTES)
        assert_err(send_snapshot_put(
                       w->r->egress->own,
                       &(struct msg_snapshot_put){.use = use,
                                                  .kind = SNAPSHOT_TOOLS,
                                                  .size = size,
                                                  .offset = at,
                                                  .part = slice_of(part, size - at < LIM_PART_BYTES
                                                                             ? size - at
                                                                             : LIM_PART_BYTES)}),
                   ERR_OK);
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    for (int i = 0; i < 5; i++)
        rig_settle(w->r);
}

static void test_big_snapshot(void **state)
{
    struct world *w = *state;
    uint32_t size = LIM_SNAPSHOT_BYTES, at = 0;

    put_big(w);
    assert_err(send_snapshot_get(w->r->gateway->own,
                                 &(struct msg_snapshot_get){.call = 1, .kind = SNAPSHOT_TOOLS}),
               ERR_OK);
    for (at = 0; at < size;) {
        struct msg_snapshot_part *p = &rig_take(w->r->gateway, MSG_SNAPSHOT_PART)->snapshot_part;

        assert_int_equal(p->offset, at);
        at += (uint32_t)p->part.n;
    }
    assert_err(send_snapshot_get(w->r->gateway->own, &(struct msg_snapshot_get){.call = 99}),
               ERR_OK);
    rig_quiet(w->r->gateway); /* no such call */
}

/* More than a channel may hold, asked for in one turn: given as the gateway reads, which goes on.
 */
static void test_many_lists_at_once(void **state)
{
    enum { LISTS = 12 };
    struct world *w = *state;
    uint32_t got[LISTS] = {0};

    put_big(w);
    for (uint64_t i = 0; i < LISTS; i++)
        (void)list_call(w, w->ann, 10 + i, ERA_MODERN);
    for (uint64_t i = 0; i < LISTS; i++)
        assert_err(
            send_snapshot_get(w->r->gateway->own,
                              &(struct msg_snapshot_get){.call = 10 + i, .kind = SNAPSHOT_TOOLS}),
            ERR_OK);
    /* One that is over waits for nothing. */
    assert_err(send_call_gone(w->r->gateway->own, &(struct msg_call_gone){.call = 10 + LISTS - 1}),
               ERR_OK);
    for (uint64_t i = 0; i < LISTS - 1; i++) {
        while (got[i] < LIM_SNAPSHOT_BYTES) {
            struct msg_snapshot_part *p =
                &rig_take(w->r->gateway, MSG_SNAPSHOT_PART)->snapshot_part;

            assert_int_equal(p->call, 10 + i);
            got[i] += (uint32_t)p->part.n;
        }
    }
    rig_quiet(w->r->gateway);
    assert_non_null(w->r->gateway->theirs);
    assert_null(w->r->k->calls->wanting.by_key);
}

static void test_hostile_snapshots(void **state)
{
    struct world *w = *state;
    struct msg_snapshot_put bad[] = {
        {.size = 4, .offset = 2, .part = SLICE_LIT("ab")},         /* not from the start */
        {.size = 0, .offset = 0},                                  /* nothing */
        {.size = LIM_SNAPSHOT_BYTES + 1, .part = SLICE_LIT("ab")}, /* too much */
        {.size = 2, .offset = 0, .part = SLICE_LIT("abc")},        /* more than it said */
        {.size = 2, .offset = 0},                                  /* an empty part */
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        bad[i].use = list_call(w, w->ann, 1 + i, ERA_MODERN);
        assert_err(send_snapshot_put(w->r->egress->own, &bad[i]), ERR_OK);
        assert_true(rig_refused(w->r->egress));
        rig_again(w->r->egress);
    }
}

/* --- a full disk ------------------------------------------------------------------------------ */

static void test_full_disk(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    rig_settle(w->r);
    loop_turn(w->r->loop, 300); /* what rides is written */
    rig_settle(w->r);
    full_disk = 1; /* the next group */
    assert_int_equal(next_answer(w, 1), MSG_CALL_DENY);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.code, ERR_NO_SPACE);
    rig_quiet(w->r->egress);
    /* Room again, and nobody helped. */
    assert_int_equal(next_answer(w, 2), MSG_CALL_PERMIT);
    rig_take(w->r->gateway, MSG_CALL_PERMIT);
    rig_take(w->r->egress, MSG_PERMIT);
    /* Revoking in the room of the reserve. */
    rig_settle(w->r);
    loop_turn(w->r->loop, 300);
    rig_settle(w->r);
    full_disk = 1;
    revoke_all(w);
    done(w, ERR_OK);
    rig_take(w->r->egress, MSG_DROP);
    assert_true(w->r->k->store->reserve_gone);
    assert_int_equal(next_answer(w, 3), MSG_CALL_HANDOFF);
    assert_false(w->r->k->store->reserve_gone);
}

/* Surface hears of it, and when there is room again, though nobody asks for anything. */
static void test_full_disk_and_health(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    rig_settle(w->r);
    loop_turn(w->r->loop, 300);
    rig_settle(w->r);
    assert_string_equal(recording_name(w->r->recording), recording_name(RECORDING_FINE));
    full_disk = -1;
    assert_int_equal(next_answer(w, 1), MSG_CALL_DENY);
    rig_settle(w->r);
    assert_string_equal(recording_name(w->r->recording), recording_name(RECORDING_FULL));
    full_disk = 0;
    for (int i = 0; i < 30 && w->r->recording == RECORDING_FULL; i++) {
        loop_turn(w->r->loop, 1000);
        rig_settle(w->r);
    }
    assert_string_equal(recording_name(w->r->recording), recording_name(RECORDING_FINE));
}

/* Not even the reserve helps: it still counts in memory, until the process ends. */
static void test_full_disk_and_no_reserve(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    list_seen(w, 2);
    loop_turn(w->r->loop, 300);
    rig_settle(w->r);
    full_disk = -1;
    revoke_all(w);
    done(w, ERR_NO_SPACE);
    rig_take(w->r->egress, MSG_DROP);
    full_disk = 0;
    (void)list_call(w, w->ann, 3, ERA_MODERN);
    snapshot_is(w, 3, "");
    assert_int_equal(next_answer(w, 1), MSG_CALL_HANDOFF);
    rig_quiet(w->r->egress);
}

/* What was to be removed and is not is there as the store has it. */
static void test_removal_on_a_full_disk(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    for (unsigned i = 0; i < 2; i++) {
        loop_turn(w->r->loop, 300);
        rig_settle(w->r);
        full_disk = -1;
        if (i == 0)
            remove_first_key(w, ERR_NO_SPACE);
        else {
            assert_err(send_ctl_user_remove(w->r->cli->own,
                                            &(struct msg_ctl_user_remove){SLICE_LIT("ann")}),
                       ERR_OK);
            done(w, ERR_NO_SPACE);
        }
        full_disk = 0;
        rig_close(w->r, false);
        rig_open(w->r);
        assert_int_equal(next_answer(w, 1 + i), MSG_CALL_PERMIT);
    }
}

static void ride(struct world *w, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->ann);

    o.kind = CALL_KIND_RESPONSE;
    rig_say_call(w->r, &o);
}

/* The result of a lease's last use meets a full disk: it is not forgotten, or what rides on the
 * running use would go on with a lease that is used up. */
static void test_result_on_a_full_disk(void **state)
{
    struct world *w = *state;
    struct use_id use;

    w->r->k->conf.upstreams[UP_KEY].lease = LEASE_KIND_TASK;
    w->r->k->conf.upstreams[UP_KEY].lease_uses = 1;
    connect_ann(w);
    assert_int_equal(next_answer(w, 1), MSG_CALL_PERMIT);
    rig_take(w->r->gateway, MSG_CALL_PERMIT);
    use = rig_take(w->r->egress, MSG_PERMIT)->permit.use;
    loop_turn(w->r->loop, 300);
    rig_settle(w->r);
    full_disk = -1;
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
    assert_int_equal(running(w), 1);
    ride(w, 2);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.call, 2);
    full_disk = 0; /* room again, and before the result is stored */
    ride(w, 3);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.call, 3);
    rig_quiet(w->r->egress);
    while (running(w) > 0)
        loop_turn(w->r->loop, 2000);
    rig_settle(w->r);
    assert_int_equal(w->r->events[EVENT_USE_RESULT], 1);
    ride(w, 4);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.call, 4);
    rig_quiet(w->r->egress);
    /* Everything else goes on. */
    assert_int_equal(next_answer(w, 5), MSG_CALL_HANDOFF);
}

/* The process ends before there is room: the use is unknown at the next start, as after any crash.
 */
static void test_result_never_stored(void **state)
{
    struct world *w = *state;
    struct use_id use;

    connect_ann(w);
    assert_int_equal(next_answer(w, 1), MSG_CALL_PERMIT);
    use = rig_take(w->r->egress, MSG_PERMIT)->permit.use;
    full_disk = -1;
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
    rig_close(w->r, false);
    full_disk = 0;
    rig_open(w->r);
    rig_settle(w->r);
    assert_int_equal(running(w), 0);
    assert_int_equal(w->r->events[EVENT_USE_UNKNOWN], 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup_ann, teardown)
    const struct CMUnitTest tests[] = {
        T(test_people),
        T(test_new_password),
        T(test_keys),
        T(test_key_removed),
        T(test_user_removed_with_many_handoffs),
        T(test_revoke_scopes),
        T(test_revoke_beside_damage),
        T(test_revoke_many),
        T(test_handoffs_end_beside_damage),
        T(test_keys_beside_damage),
        T(test_key_removed_beside_damage),
        T(test_removal_on_a_full_disk),
        T(test_probe_and_snapshots),
        T(test_lists_of_a_connection),
        T(test_lists_go_with_their_connection),
        T(test_list_after_its_connection),
        T(test_big_snapshot),
        T(test_many_lists_at_once),
        T(test_hostile_snapshots),
        T(test_full_disk),
        T(test_full_disk_and_health),
        T(test_full_disk_and_no_reserve),
        T(test_result_on_a_full_disk),
        T(test_result_never_stored),
    };

    full_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
