/* What the files of store share. */
#ifndef SG_STORE_INTERNAL_H
#define SG_STORE_INTERNAL_H

#include "store/store.h"

#include <sqlite3.h>
#include <sys/queue.h>

struct store_item {
    TAILQ_ENTRY(store_item) in_queue;
    enum store_urgency urgency;
    store_work_fn *work;
    store_done_fn *done;
    void *ctx;
    enum err e;
};
TAILQ_HEAD(store_queue, store_item);

struct store {
    sqlite3 *db;
    struct loop *loop;
    struct buf reserve; /* path */
    bool reserve_gone;
    bool in_work; /* statements that write are allowed */
    bool in_read;
    bool flushing;
    sqlite3_stmt *stmt[STMT_COUNT];
    bool busy[STMT_COUNT];
    struct store_queue waiting;
    struct store_queue lazy;
    struct loop_timer *lazy_timer; /* NULL without a loop */
    struct store_item ride;
    struct store_item *run; /* of store_run, and what became of it */
    enum err run_e;
};

/* What a result code of SQLite means to us. Aborts when a sync failed. */
enum err store_err(struct store *s, int rc);
/* Runs SQL text of ours that is not a numbered statement: pragmas, transactions, migrations. */
MUST_USE enum err store_sql(struct store *s, const char *sql);
/* Creates or updates the schema. */
MUST_USE enum err store_migrate(struct store *s);
/* A number from a pragma or another query of ours that gives one number. */
MUST_USE enum err store_sql_int(struct store *s, const char *sql, int64_t *ret);

/* A numbered statement, once. */
MUST_USE enum err store_prepare(struct store *s, enum stmt q);

/* Makes the reserve file when it is missing. */
void store_reserve_make(struct store *s);

#endif
