/*
 * The schema's version and the way there. Each migration is a file of SQL, run once, in one
 * transaction with the row that says so. A store of a newer version is refused: an older program
 * would not know what it must keep.
 */
#include "os/alive.h"
#include "store/internal.h"
#include "store/migrations.h"

static const unsigned char *const migrations[STORE_VERSION] = {
    migration_0001, migration_0002, migration_0003, migration_0004, migration_0005, migration_0006,
    migration_0007, migration_0008, migration_0009, migration_0010, migration_0011, migration_0012};

static const char version_table[] =
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY) STRICT";

enum { STEPS = 100000 /* of SQLite, between two words that it goes on */ };

static enum err apply(struct store *s, int64_t version)
{
    struct buf sql = BUF_INIT(128);
    enum err e = store_sql(s, "BEGIN IMMEDIATE");

    if (!e)
        e = store_sql(s, (const char *)migrations[version - 1]);
    buf_printf(&sql, "INSERT INTO schema_version (version) VALUES (%d)%c", (int)version, 0);
    if (!e)
        e = store_sql(s, (const char *)sql.p);
    if (!e)
        e = store_sql(s, "COMMIT");
    if (e && !sqlite3_get_autocommit(s->db))
        IGNORE(store_sql(s, "ROLLBACK")); /* the first error is the one to report */
    buf_free(&sql);
    return e;
}

static int goes_on(UNUSED void *ctx)
{
    alive();
    return 0;
}

enum err store_migrate(struct store *s)
{
    int64_t have = 0;
    enum err e = store_sql(s, version_table);

    sqlite3_progress_handler(s->db, STEPS, goes_on, NULL);
    if (!e)
        e = store_sql_int(s, "SELECT coalesce(max(version), 0) FROM schema_version", &have);
    if (!e && have > STORE_VERSION)
        e = ERR_CONFIG;
    while (!e && have < STORE_VERSION)
        e = apply(s, ++have);
    sqlite3_progress_handler(s->db, 0, NULL, NULL);
    return e;
}
