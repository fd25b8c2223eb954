/* The store: what is on disk after which order of things, who is undone with whom, and what is
 * refused. */
#include "store/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/mem.h"
#include "full_disk.h"
#include "os/file.h"
#include "store/migrations.h"

struct rig {
    char dir[64];
    struct store *s;
};

static int setup(void **state)
{
    struct rig *r = MEM_NEW(struct rig);

    strcpy(r->dir, "/tmp/sg-store-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_OK);
    *state = r;
    return 0;
}

static const char *path_in(const struct rig *r, const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", r->dir, name);
    return path;
}

static int teardown(void **state)
{
    static const char *const files[] = {"sidegate.db", "sidegate.db-wal", "reserve", "copy.db"};
    struct rig *r = *state;

    store_close(r->s);
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        IGNORE(file_remove(path_in(r, files[i])));
    assert_int_equal(rmdir(r->dir), 0);
    mem_free(r);
    return 0;
}

static void reopen(struct rig *r)
{
    store_close(r->s);
    r->s = NULL;
    assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_OK);
}

/* One piece of work: adds a master key row, then fails or not. */
struct job {
    struct store *s;
    int64_t id;
    enum err then;
    int ran, done;
    enum err e;
    int *order; /* of done callbacks */
};

static enum err job_work(void *ctx)
{
    struct job *j = ctx;
    enum err e = store_do(j->s, Q_kek_add, VALS(V_INT(j->id), V_INT(7)));

    j->ran++;
    return e ? e : j->then;
}

static void job_done(void *ctx, enum err e)
{
    struct job *j = ctx;

    j->e = e;
    j->done = j->order ? ++*j->order : 1;
}

static void answered(void *ctx, enum err e)
{
    *(enum err *)ctx = e;
}

/* What store_one says, from outside. */
#define ONE(s, q, vals, row, e) store_ask((s), q, (vals), (row), answered, (e))

/* All rows that a statement gives, from outside. */
struct listing {
    struct store *s;
    enum stmt q;
    struct buf rows;
};

static enum err list_work(void *ctx)
{
    struct listing *l = ctx;

    return store_all(l->s, l->q, VALS(), &l->rows);
}

static size_t rows(struct store *s)
{
    struct listing l = {s, Q_kek_list, BUF_INIT(4096)};
    size_t n = 0;

    assert_int_equal(store_run(s, STORE_READ, list_work, &l), ERR_OK);
    n = l.rows.n / sizeof(struct kek_row);
    buf_free(&l.rows);
    return n;
}

static void one_job(struct rig *r, struct job *j, enum store_urgency u)
{
    j->s = r->s;
    store_work(r->s, u, job_work, job_done, j);
    store_flush(r->s);
    assert_true(j->done);
}

static void test_fresh_and_again(void **state)
{
    struct rig *r = *state;
    struct job j = {.id = 1};
    struct stat st;

    one_job(r, &j, STORE_NORMAL);
    assert_int_equal(j.e, ERR_OK);
    assert_int_equal(stat(path_in(r, "sidegate.db"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(path_in(r, "sidegate.db-wal"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access(path_in(r, "sidegate.db-shm"), F_OK), -1);
    reopen(r);
    assert_int_equal(rows(r->s), 1);
}

static void test_second_opener_refused(void **state)
{
    struct rig *r = *state;
    struct store *other = NULL;

    assert_int_equal(store_open(r->dir, NULL, &other), ERR_AGAIN);
    assert_null(other);
}

static void outside(struct rig *r, const char *sql)
{
    sqlite3 *db = NULL;

    store_close(r->s);
    r->s = NULL;
    assert_int_equal(sqlite3_open(path_in(r, "sidegate.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_newer_schema_refused(void **state)
{
    struct rig *r = *state;

    outside(r, "INSERT INTO schema_version VALUES (99)");
    assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_CONFIG);
    assert_null(r->s);
}

static const unsigned char *const older[] = {
    migration_0001, migration_0002, migration_0003, migration_0004, migration_0005, migration_0006,
    migration_0007, migration_0008, migration_0009, migration_0010, migration_0011};

enum {
    USES_STAY = 4 /* up to this version a use keeps its row at its end */,
    LISTS_OF_PEOPLE = 6 /* up to this one a list is a person's */,
    NEWEST_STAYS = 11 /* up to this one the newest record's number stands in node */
};

/* A new store as the program of that version made it; it is closed. */
static void make_older(struct rig *r, size_t version)
{
    store_close(r->s);
    r->s = NULL;
    assert_int_equal(file_remove(path_in(r, "sidegate.db")), ERR_OK);
    outside(r, "CREATE TABLE schema_version (version INTEGER PRIMARY KEY) STRICT");
    for (size_t i = 0; i < version; i++) {
        char text[80];

        outside(r, (const char *)older[i]);
        snprintf(text, sizeof(text), "INSERT INTO schema_version VALUES (%zu)", i + 1);
        outside(r, text);
    }
}

/* A store of any older schema is brought up, and what stands in it stays: of uses those that run,
 * and each chain that was spent. */
static void test_older_schema(void **state)
{
    struct rig *r = *state;

    for (size_t version = 1; version <= USES_STAY; version++) {
        struct listing uses = {NULL, Q_use_all, BUF_INIT(4096)};
        const struct use_row *use = NULL;

        make_older(r, version);
        outside(r, "INSERT INTO kek VALUES (1, 0, 7);"
                   "CREATE TEMP TABLE u (n, state, chain);"
                   "INSERT INTO u VALUES (1, 0, NULL), (2, 0, 2),"
                   "  (3, 1, NULL), (4, 2, 4), (5, 3, NULL);"
                   "INSERT INTO use SELECT CAST('000000000000000' || n AS BLOB), "
                   "zeroblob(16), 3, 0, state,"
                   "  zeroblob(16), zeroblob(16), 'up', zeroblob(16), zeroblob(16), 1, "
                   "  CAST('000000000000000' || chain AS BLOB),"
                   "  zeroblob(32), zeroblob(32), 1000, 2000 FROM u");
        assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_OK);
        assert_int_equal(rows(r->s), 1);
        uses.s = r->s;
        assert_int_equal(store_run(r->s, STORE_READ, list_work, &uses), ERR_OK);
        assert_int_equal(uses.rows.n, 2 * sizeof(*use));
        use = (const void *)uses.rows.p;
        assert_int_equal(use[0].id.b[15], '1');
        assert_int_equal(use[1].id.b[15], '2');
        buf_free(&uses.rows);
        for (uint8_t i = 0; i < 6; i++) {
            struct use_id chain = {"000000000000000"};
            struct number_row until;
            enum err e = ERR_OK;

            chain.b[15] = (uint8_t)('0' + i);
            ONE(r->s, Q_chain_find, VALS(V_ID(chain)), &until, &e);
            assert_int_equal(e, i == 2 || i == 4 ? ERR_OK : ERR_NOT_FOUND);
            if (e == ERR_OK)
                assert_int_equal(until.n, 1000 + 25 * 3600000);
        }
        reopen(r);
        assert_int_equal(rows(r->s), 1);
    }
}

struct list_of {
    struct store *s;
    struct connection_id connection;
};

static enum err only_list_is_a(void *ctx)
{
    struct list_of *l = ctx;
    struct bytes_row list;
    struct store_rows q;

    store_query(l->s, Q_snapshot_get, VALS(V_STR("up"), V_INT(1), V_INT(2), V_ID(l->connection)),
                &list, &q);
    assert_true(store_next(&q));
    assert_true(slice_eq_str(list.bytes, "a"));
    return store_end(&q, ERR_OK);
}

/* Of lists those stay that were seen without a credential: whose the others were is not known. */
static void test_older_lists(void **state)
{
    struct list_of ann = {.connection = {"000000000000000"}};
    struct rig *r = *state;
    struct upstream_row seen;
    enum err e = ERR_OK;

    ann.connection.b[15] = '1';
    make_older(r, LISTS_OF_PEOPLE);
    outside(r, "INSERT INTO snapshot VALUES ('up', zeroblob(16), 1, 2, 5, x'61'),"
               "  ('up', CAST('0000000000000001' AS BLOB), 1, 2, 6, x'62')");
    assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_OK);
    ann.s = r->s;
    assert_int_equal(store_run(r->s, STORE_READ, only_list_is_a, &ann), ERR_OK);
    ONE(r->s, Q_upstream_seen, VALS(V_STR("up")), &seen, &e);
    assert_int_equal(e, ERR_OK);
    assert_string_equal(seen.name, "up");
    assert_int_equal(seen.connections, 0);
    assert_int_equal(seen.seen, 5);
}

#define HANDOFF(id, request)                                                                       \
    "INSERT INTO handoff SELECT x'" id "000000000000000000000000000000', user, id, 'up', 0, 1, 0," \
    " 0, 'tools/call', 'tool', 0, 0, zeroblob(16), 1, 2, 0, " request ", x'' FROM client;"

/* A handoff that is open stays so, and others may be beside it: each for a request of its own. */
static void test_older_handoffs(void **state)
{
    static const struct {
        const char *sql;
        int rc;
    } more[] = {{HANDOFF("02", "zeroblob(32)"), SQLITE_CONSTRAINT_UNIQUE},
                {HANDOFF("02", "randomblob(32)"), SQLITE_OK},
                {HANDOFF("03", "(SELECT max(request) FROM handoff)"), SQLITE_CONSTRAINT_UNIQUE}};
    struct rig *r = *state;

    make_older(r, ARRAY_LEN(older));
    outside(r, "INSERT INTO kek VALUES (1, 0, 7);"
               "INSERT INTO user VALUES (zeroblob(16), 'ann', zeroblob(16), 1, 1, zeroblob(32), 1,"
               "  x'', 1);"
               "INSERT INTO client VALUES (zeroblob(16), zeroblob(16), 'laptop', zeroblob(32), 1,"
               "  1, 0);" HANDOFF("01", "zeroblob(32)"));
    assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(more); i++)
        assert_int_equal(sqlite3_exec(r->s->db, more[i].sql, NULL, NULL, NULL), more[i].rc);
}

/* What agents can fill is never read through to find a part of it, nor are handoffs that are over
 * to find a live one, nor others' connections: a start, and each call, would take the longer the
 * more there is. */
static void test_nothing_is_read_through(void **state)
{
    static const char *const texts[] = {
#define Q(name, sql, params, row) sql,
#include "store/statements.def"
    };
    static const char *const bad[] = {
        "SCAN handoff",
        "SCAN chain",
        "SCAN outbox",
        "SCAN h",
        "SEARCH handoff USING INDEX handoff_user (user=?)",
        "SEARCH handoff USING INDEX handoff_user (user=? AND created>?)",
        "SEARCH handoff USING INDEX handoff_client (client=?)",
        "SEARCH h USING INDEX handoff_user (user=?)",
        "SCAN c USING INDEX connection_key",
        "SCAN use",
    };
    struct rig *r = *state;
    unsigned wrong = 0;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        sqlite3_stmt *plan = NULL;
        char text[2048];

        /* With them go all rows that are theirs, as the plans of newer SQLites say. */
        if (strncmp(texts[i], "DELETE FROM user", 16) == 0 ||
            strncmp(texts[i], "DELETE FROM client", 18) == 0)
            continue;
        snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", texts[i]);
        assert_int_equal(sqlite3_prepare_v2(r->s->db, text, -1, &plan, NULL), SQLITE_OK);
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);

            for (size_t b = 0; b < ARRAY_LEN(bad); b++) {
                if (strcmp(step, bad[b]) != 0 || i == Q_use_all) /* by a start, to end them all */
                    continue;
                print_error("%s: %s\n", texts[i], step);
                wrong++;
            }
        }
        sqlite3_finalize(plan);
    }
    assert_int_equal(wrong, 0);
}

static void test_not_a_database(void **state)
{
    struct rig *r = *state;

    store_close(r->s);
    r->s = NULL;
    assert_int_equal(file_remove(path_in(r, "sidegate.db")), ERR_OK);
    IGNORE(file_remove(path_in(r, "sidegate.db-wal")));
    assert_int_equal(
        file_create(path_in(r, "sidegate.db"),
                    SLICE_LIT("this is not a database, and it is longer than a header is: "
                              "0123456789012345678901234567890123456789012345678901234567")),
        ERR_OK);
    assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_CORRUPT);
}

/* Three in one commit: the failing one in the middle takes nobody with it, and all are told after
 * the commit, in order. */
static void test_group(void **state)
{
    struct rig *r = *state;
    int order = 0;
    struct job a = {.s = r->s, .id = 1, .order = &order};
    struct job b = {.s = r->s, .id = 2, .order = &order, .then = ERR_FORBIDDEN};
    struct job c = {.s = r->s, .id = 3, .order = &order};
    struct job d = {.s = r->s, .id = 1, .order = &order}; /* its key is taken by a */

    store_work(r->s, STORE_NORMAL, job_work, job_done, &a);
    store_work(r->s, STORE_NORMAL, job_work, job_done, &b);
    store_work(r->s, STORE_NORMAL, job_work, job_done, &c);
    store_work(r->s, STORE_NORMAL, job_work, job_done, &d);
    assert_int_equal(a.ran + b.ran + c.ran, 0);
    store_flush(r->s);
    assert_int_equal(a.e, ERR_OK);
    assert_int_equal(b.e, ERR_FORBIDDEN);
    assert_int_equal(c.e, ERR_OK);
    assert_int_equal(d.e, ERR_EXISTS);
    assert_int_equal(a.done, 1);
    assert_int_equal(b.done, 2);
    assert_int_equal(c.done, 3);
    assert_int_equal(d.done, 4);
    assert_int_equal(rows(r->s), 2);
    reopen(r);
    assert_int_equal(rows(r->s), 2);
}

static void more_done(void *ctx, enum err e)
{
    struct job *j = ctx;

    job_done(j, e);
    if (j->id++ < 3)
        store_work(j->s, STORE_NORMAL, job_work, more_done, j);
}

/* A done callback may queue the next piece. */
static void test_work_from_done(void **state)
{
    struct rig *r = *state;
    struct job j = {.s = r->s, .id = 1};

    store_work(r->s, STORE_NORMAL, job_work, more_done, &j);
    for (int i = 0; i < 3; i++)
        store_flush(r->s);
    assert_int_equal(j.ran, 3);
    assert_int_equal(rows(r->s), 3);
}

static void test_at_the_end_of_the_turn(void **state)
{
    struct rig *r = *state;
    struct loop *l = loop_new();
    struct job j = {.id = 1};

    store_close(r->s);
    assert_int_equal(store_open(r->dir, l, &r->s), ERR_OK);
    j.s = r->s;
    store_work(r->s, STORE_NORMAL, job_work, job_done, &j);
    assert_int_equal(j.done, 0);
    loop_turn(l, 0);
    assert_int_equal(j.done, 1);
    /* What did not run is dropped, not done. */
    store_work(r->s, STORE_NORMAL, job_work, job_done, &j);
    store_close(r->s);
    r->s = NULL;
    loop_turn(l, 0);
    assert_int_equal(j.ran, 1);
    loop_free(l);
}

/* What is lazy is the first in the next transaction, and has its own in time. */
static void test_lazy(void **state)
{
    struct rig *r = *state;
    struct loop *l = loop_new();
    int order = 0;
    struct job lazy = {.id = 1, .order = &order}, other = {.id = 2, .order = &order};

    store_close(r->s);
    assert_int_equal(store_open(r->dir, l, &r->s), ERR_OK);
    lazy.s = other.s = r->s;
    store_work(r->s, STORE_LAZY, job_work, job_done, &lazy);
    assert_int_equal(lazy.ran, 0);
    store_work(r->s, STORE_NORMAL, job_work, job_done, &other);
    loop_turn(l, 0);
    assert_int_equal(lazy.done, 1);
    assert_int_equal(other.done, 2);
    store_work(r->s, STORE_LAZY, job_work, job_done, &lazy); /* its id is taken */
    for (int i = 0; lazy.ran == 1 && i < 10; i++)
        loop_turn(l, 1000);
    assert_int_equal(lazy.ran, 2);
    assert_int_equal(lazy.e, ERR_EXISTS);
    store_work(r->s, STORE_LAZY, job_work, job_done, &lazy);
    store_drain(r->s);
    assert_int_equal(lazy.ran, 3);
    store_work(r->s, STORE_LAZY, job_work, job_done, &lazy);
    store_close(r->s);
    r->s = NULL;
    assert_int_equal(lazy.ran, 3);
    loop_free(l);
}

/* A copy of the files at any moment after the commit has what was committed: nothing waits in this
 * process. */
static void test_commit_is_in_the_files(void **state)
{
    struct rig *r = *state;
    struct job j = {.id = 1};
    char line[512];
    struct store *copy = NULL;

    one_job(r, &j, STORE_NORMAL);
    snprintf(line, sizeof(line), "mkdir %s/copy && cp %s/sidegate.db* %s/copy/", r->dir, r->dir,
             r->dir);
    assert_int_equal(system(line), 0);
    assert_int_equal(store_open(path_in(r, "copy"), NULL, &copy), ERR_OK);
    assert_int_equal(rows(copy), 1);
    store_close(copy);
    snprintf(line, sizeof(line), "rm -r %s/copy", r->dir);
    assert_int_equal(system(line), 0);
}

/* Each commit is synced once before anybody is told (the plant sync_off turns this red), however
 * many share it. */
static void test_commit_is_synced(void **state)
{
    struct rig *r = *state;
    struct job j[3] = {{.s = r->s, .id = 1}, {.s = r->s, .id = 2}, {.s = r->s, .id = 3}};

    for (size_t i = 0; i < 3; i++)
        store_work(r->s, STORE_NORMAL, job_work, job_done, &j[i]);
    full_disk_syncs = 0;
    store_flush(r->s);
    assert_int_equal(full_disk_syncs, 1);
}

/* What does not fit its column: an id of two bytes, a truth that is neither, a number that is no
 * state of the kind, a text that is too long or has a NUL. */
static void test_damaged_value(void **state)
{
    static const struct {
        const char *sql;
        enum err e;
    } rows[] = {
        {"x'0102', 5, 0, 0, zeroblob(32), 0", ERR_CORRUPT},
        {"zeroblob(16), 5, 0, 0, zeroblob(33), 0", ERR_CORRUPT},
        {"zeroblob(16), 5, 0, 0, zeroblob(32), 2", ERR_CORRUPT},
        {"zeroblob(16), 5, 0, 0, zeroblob(32), -1", ERR_CORRUPT},
        {"zeroblob(16), 5, 0, 0, zeroblob(32), 1", ERR_OK},
    };
    struct rig *r = *state;
    struct node_row node;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum err e = ERR_OK;
        char sql[200];

        snprintf(sql, sizeof(sql),
                 "PRAGMA ignore_check_constraints = 1; DELETE FROM node;"
                 "INSERT INTO node VALUES (1, %s)",
                 rows[i].sql);
        outside(r, sql);
        assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_OK);
        ONE(r->s, Q_node_get, VALS(), &node, &e);
        assert_int_equal(e, rows[i].e);
    }
    assert_int_equal(node.epoch, 5);
    assert_true(node.rolled_back);
}

static void test_damaged_text_and_state(void **state)
{
    static const struct {
        const char *upstream, *kind;
        enum err e;
    } rows[] = {
        {"'12345678901234567890123456789012'", "0", ERR_OK},
        {"'123456789012345678901234567890123'", "0", ERR_CORRUPT},
        {"'a' || char(0) || 'b'", "0", ERR_CORRUPT},
        {"'up'", "0", ERR_OK},
        {"'up'", "1", ERR_CORRUPT},
        {"'up'", "-1", ERR_CORRUPT},
    };
    struct rig *r = *state;

    outside(r, "INSERT INTO kek VALUES (1, 0, 7);"
               "INSERT INTO user VALUES (zeroblob(16), 'ann', zeroblob(16), 1, 1, zeroblob(32), 1,"
               "  x'', 1);"
               "INSERT INTO client VALUES (zeroblob(16), zeroblob(16), 'laptop', zeroblob(32), 1,"
               "  1, 0);");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct handoff_row row;
        struct handoff_id id = {{0}};
        enum err e = ERR_OK;
        char sql[400];

        snprintf(
            sql, sizeof(sql),
            "DELETE FROM handoff; INSERT INTO handoff SELECT zeroblob(16), user, id, %s, %s, 1,"
            " 0, 0, 'tools/call', 'tool', 0, 0, zeroblob(16), 1, 2, 0, zeroblob(32), x''"
            " FROM client",
            rows[i].upstream, rows[i].kind);
        outside(r, sql);
        assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_OK);
        ONE(r->s, Q_handoff_get, VALS(V_ID(id)), &row, &e);
        assert_int_equal(e, rows[i].e);
    }
}

static void test_not_found(void **state)
{
    struct rig *r = *state;
    struct node_row node;

    for (int i = 0; i < 2; i++) { /* the statement is free again */
        enum err e = ERR_OK;

        ONE(r->s, Q_node_get, VALS(), &node, &e);
        assert_int_equal(e, ERR_NOT_FOUND);
    }
}

/* The newest audit record is known when all have left, when none ever came, and when some wait. */
static void test_newest_record(void **state)
{
    static const struct {
        const char *node, *waiting;
        uint64_t newest;
    } stores[] = {{"0, 0", "0", 0}, {"7, 7", "0", 7}, {"9, 7", "seq IN (8, 9)", 9}};
    struct rig *r = *state;

    for (size_t i = 0; i < ARRAY_LEN(stores); i++) {
        struct node_row node;
        enum err e = ERR_OK;
        char sql[500];

        make_older(r, NEWEST_STAYS);
        snprintf(sql, sizeof(sql),
                 "INSERT INTO node VALUES (1, zeroblob(16), 5, 0, %s, zeroblob(32), 0);"
                 "WITH n (seq) AS (VALUES (8), (9)) INSERT INTO outbox SELECT seq, 5, 0, 0, "
                 "zeroblob(16), zeroblob(16), '', zeroblob(16), zeroblob(16), zeroblob(16), 0, 0, "
                 "zeroblob(32), zeroblob(32), '' FROM n WHERE %s",
                 stores[i].node, stores[i].waiting);
        outside(r, sql);
        assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_OK);
        ONE(r->s, Q_node_get, VALS(), &node, &e);
        assert_int_equal(e, ERR_OK);
        assert_int_equal(node.newest, stores[i].newest);
    }
}

/* The disk is full: nothing but the urgent is written, and only with the room of the reserve. */
static void test_full(void **state)
{
    struct rig *r = *state;
    struct job normal = {.id = 1}, urgent = {.id = 2}, later = {.id = 3};
    struct stat st;

    assert_false(r->s->reserve_gone);
    assert_int_equal(stat(path_in(r, "reserve"), &st), 0);
    assert_true(st.st_blocks * 512 >= 4 << 20);
    full_disk = 1;
    normal.s = urgent.s = r->s;
    store_work(r->s, STORE_NORMAL, job_work, job_done, &normal);
    store_work(r->s, STORE_URGENT, job_work, job_done, &urgent);
    store_flush(r->s);
    assert_int_equal(normal.e, ERR_NO_SPACE);
    assert_int_equal(urgent.e, ERR_OK);
    assert_true(r->s->reserve_gone);
    assert_int_equal(access(path_in(r, "reserve"), F_OK), -1);
    assert_int_equal(rows(r->s), 1);
    /* Still full: not even the reserve helps, and everybody is told so. */
    full_disk = -1;
    urgent = (struct job){.id = 4};
    one_job(r, &urgent, STORE_URGENT);
    assert_int_equal(urgent.e, ERR_NO_SPACE);
    full_disk = 0;
    assert_int_equal(rows(r->s), 1);
    /* There is room again: the reserve comes first, then the rest. */
    one_job(r, &later, STORE_NORMAL);
    assert_int_equal(later.e, ERR_OK);
    assert_false(r->s->reserve_gone);
    assert_int_equal(access(path_in(r, "reserve"), F_OK), 0);
}

static sqlite3_mem_methods memory; /* SQLite's own */
static const char typed[] = "what somebody typed into the wrong field";
static unsigned typed_left;

static void free_looked_at(void *p)
{
    if (p && memmem(p, (size_t)memory.xSize(p), typed, sizeof(typed) - 1))
        typed_left++;
    memory.xFree(p);
}

static enum err list_of_typed(void *ctx)
{
    struct listing *l = ctx;

    return store_all(l->s, l->q, VALS(V_STR(typed)), &l->rows);
}

/* SQLite makes no copies of what it is given to look for, which would stay in its memory. */
static void test_no_copy_of_what_is_looked_for(void **state)
{
    sqlite3_mem_methods looked_at;
    struct rig *r = *state;
    struct listing l = {r->s, Q_user_list, BUF_INIT(4096)};
    struct user_row user;
    enum err e = ERR_OK;

    store_close(r->s);
    assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory), SQLITE_OK);
    looked_at = memory;
    looked_at.xFree = free_looked_at;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &looked_at), SQLITE_OK);
    assert_int_equal(store_open(r->dir, NULL, &r->s), ERR_OK);
    assert_int_equal(sqlite3_memory_used(), 0); /* it is not counted */
    l.s = r->s;
    ONE(r->s, Q_user_by_name, VALS(V_STR(typed)), &user, &e);
    assert_int_equal(e, ERR_NOT_FOUND);
    assert_int_equal(store_run(r->s, STORE_READ, list_of_typed, &l), ERR_OK);
    assert_int_equal(l.rows.n, 0);
    store_close(r->s);
    r->s = NULL;
    assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &memory), SQLITE_OK);
    assert_int_equal(typed_left, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_fresh_and_again),
        T(test_second_opener_refused),
        T(test_newer_schema_refused),
        T(test_older_schema),
        T(test_older_lists),
        T(test_older_handoffs),
        T(test_nothing_is_read_through),
        T(test_not_a_database),
        T(test_group),
        T(test_work_from_done),
        T(test_at_the_end_of_the_turn),
        T(test_lazy),
        T(test_commit_is_in_the_files),
        T(test_commit_is_synced),
        T(test_damaged_value),
        T(test_damaged_text_and_state),
        T(test_not_found),
        T(test_newest_record),
        T(test_full),
        T(test_no_copy_of_what_is_looked_for), /* last: it makes SQLite's memory and files anew */
    };

    full_disk_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
