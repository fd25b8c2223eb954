/* Opening and closing the store. Run by the keeper, before its jail and at its end inside. */
#include "store/internal.h"

#include "base/mem.h"
#include "base/planted.h"
#include "os/file.h"
#include "os/log.h"

#include <sys/stat.h>

/* locking_mode comes before journal_mode: so the index of the log lives in our heap and not in a
 * shared map. */
static const char pragmas[] = "PRAGMA locking_mode = EXCLUSIVE;"
                              "PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = FULL;"
                              "PRAGMA secure_delete = ON;"
                              "PRAGMA foreign_keys = ON;"
                              "PRAGMA trusted_schema = OFF;"
                              "PRAGMA cell_size_check = ON;"
                              "PRAGMA temp_store = MEMORY;"
                              "PRAGMA mmap_size = 0;"
                              "PRAGMA journal_size_limit = 16777216;"
                              "PRAGMA user_version;";

static enum err open_file(struct store *s, const char *dir)
{
    struct buf path = BUF_INIT(512);
    enum err e = ERR_OK;
    int64_t on = 0;

    buf_printf(&path, "%s/" STORE_FILE "%c", dir, 0);
    e = buf_err(&path);
    if (!e)
        e = file_check((const char *)path.p);
    if (e)
        log_event(LEVEL_ERROR, "store_unusable", LOG_STR("hint", "is " STORE_FILE " a plain file?"),
                  LOG_ERR(e));
    if (!e) {
        mode_t old = umask(077);

        e = store_err(s, sqlite3_open_v2((const char *)path.p, &s->db,
                                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                             SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                                             SQLITE_OPEN_EXRESCODE,
                                         NULL));
        /* The log beside it is made with the first statement, with the mode of the file. */
        if (!e) {
            (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL); /* since 3.26 */
            e = store_sql(s, pragmas);
            if (!e && PLANTED(sync_off))
                e = store_sql(s, "PRAGMA synchronous = OFF;");
        }
        umask(old);
    }
    if (!e)
        e = store_sql_int(s, "PRAGMA foreign_keys", &on);
    if (!e && on != 1)
        e = ERR_INTERNAL;
    buf_free(&path);
    return e;
}

enum err store_open(const char *dir, struct loop *l, struct store **ret)
{
    struct store *s = MEM_NEW(struct store);
    enum err e = ERR_OK;

    /* No locks for threads that are not there, and no count of memory that nobody asks for, both of
     * which each allocation would pay for. Refused by an SQLite that runs already. */
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    s->loop = l;
    TAILQ_INIT(&s->waiting);
    TAILQ_INIT(&s->lazy);
    if (l)
        s->lazy_timer = loop_timer_new(l, store_flush, s);
    s->reserve = BUF_INIT(512);
    buf_printf(&s->reserve, "%s/reserve%c", dir, 0);
    e = buf_err(&s->reserve);
    if (!e)
        e = open_file(s, dir);
    if (!e)
        e = store_migrate(s);
    for (size_t q = 0; !e && q < STMT_COUNT; q++)
        e = store_prepare(s, q);
    if (!e)
        store_reserve_make(s);
    if (e) {
        store_close(s);
        return e;
    }
    *ret = s;
    return ERR_OK;
}

void store_close(struct store *s)
{
    struct store_item *it = NULL;

    if (!s)
        return;
    if (s->loop)
        loop_undefer(s->loop, store_flush, s);
    loop_timer_free(s->lazy_timer);
    TAILQ_CONCAT(&s->waiting, &s->lazy, in_queue);
    while ((it = TAILQ_FIRST(&s->waiting))) {
        TAILQ_REMOVE(&s->waiting, it, in_queue);
        mem_free(it);
    }
    for (size_t i = 0; i < STMT_COUNT; i++)
        sqlite3_finalize(s->stmt[i]);
    (void)sqlite3_close(s->db); /* nothing to do about it: every commit is on disk already */
    buf_free(&s->reserve);
    mem_free(s);
}
