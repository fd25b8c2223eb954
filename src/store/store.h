/*
 * The store: SQLite behind numbered statements. SQL stands in statements.def and migrations/ and
 * nowhere else; a caller names a statement and gives typed parameters. One process, one thread, one
 * writer. A wrong number or type of parameters is our own bug and aborts; what stands in the file
 * in a form that the statement does not promise is ERR_CORRUPT.
 *
 * Writes go through one runner with group commit: store_work() queues a callback, and at the end of
 * the loop's turn all queued callbacks run in one transaction. Each has its own savepoint: one that
 * fails undoes its own writes and nobody else's. After the commit, in the order of queueing, each
 * done callback runs: only there may anything be told to anyone.
 *
 * It is asked, and answers later: nothing is read or written but in such callbacks. Who only reads
 * is answered at once by SQLite, for which the loop waits; another engine need not do so. This
 * header is what it would have to provide: the SQL of statements.def and migrations/ are SQLite's.
 *
 * Errors: ERR_NO_SPACE (disk full), ERR_IO, ERR_CORRUPT, ERR_EXISTS (a unique key is taken),
 * ERR_NOT_FOUND where a function says so. A sync that fails aborts the process: what
 * reached the disk is then not knowable, and a new start reads what did.
 */
#ifndef SG_STORE_STORE_H
#define SG_STORE_STORE_H

#include "base/id.h"
#include "base/limits.h"
#include "ipc/gen/enums.h"
#include "os/loop.h"

enum stmt {
#define Q(name, sql, params, row) Q_##name,
#include "store/statements.def"
    STMT_COUNT
};

/* States of a connection; see migrations/0001.sql. Other numbers are those of the messages. */
enum connection_stored {
    CONNECTION_PENDING,
    CONNECTION_LIVE,
    CONNECTION_STALE,
    CONNECTION_SUSPENDED,
    CONNECTION_STORED_COUNT
};

/* Rows: a struct each, and for each statement the one that it gives. */
#define COLUMN(member, read) member
#define ROW(name, columns)                                                                         \
    struct name {                                                                                  \
        columns                                                                                    \
    };
#define Q(name, sql, params, row) typedef struct row row_of_Q_##name;
#include "store/statements.def"

struct store;

#define STORE_FILE "sidegate.db" /* below the folder that it is opened in */

/* Version of the schema that this program has. */
enum { STORE_VERSION = 12 };

/*
 * Opens STORE_FILE in dir, makes it when it is not there (mode 0600), brings it to STORE_VERSION,
 * and keeps a reserve file beside it for the day the disk is full. The runner uses l; NULL: tests
 * call store_flush. ERR_AGAIN: another process has it open. ERR_CONFIG: the file is of a newer
 * version.
 */
MUST_USE enum err store_open(const char *dir, struct loop *l, struct store **ret);
/* Takes NULL. Queued work that did not run is dropped without its done callback. */
void store_close(struct store *s);

/* --- statements ------------------------------------------------------------------------------- */

struct store_val {
    enum { STORE_END, STORE_INT, STORE_BYTES } type;
    int64_t num;
    struct slice bytes; /* text too: valid UTF-8 is the caller's duty */
};

#define V_INT(v)   ((struct store_val){.type = STORE_INT, .num = (int64_t)(v)})
#define V_BYTES(s) ((struct store_val){.type = STORE_BYTES, .bytes = (s)}) /* struct slice */
#define V_STR(s)   V_BYTES(slice_str(s))
#define V_ID(id)   V_BYTES(ID_SLICE(id)) /* any id struct, or a digest */
#define V_WHO(who) V_ID((who).user), V_ID((who).client)
#define V_SALT(s)  V_BYTES(slice_of((s), sizeof(s)))
/* The parameters of one statement, in order. */
#define VALS(...) ((const struct store_val[]){__VA_ARGS__ __VA_OPT__(, ){.type = STORE_END}})

/* Runs a statement that gives no rows. Only inside a work callback. */
MUST_USE enum err store_do(struct store *s, enum stmt q, const struct store_val *vals);
/* The same, and the number of rows that it changed; how compare-and-set is done. */
MUST_USE enum err store_change(struct store *s, enum stmt q, const struct store_val *vals,
                               uint64_t *ret_rows);

/* A running query. One a statement at a time; end it before the statement is used again. */
struct store_rows {
    struct store *s;
    enum stmt q;
    void *row;
    bool once; /* by store_one */
    enum err e;
};

/* Starts a query whose rows go to row, which the compiler holds against the statement. Always
 * followed by store_end, until which what the vals point to lives: no copy is made, since it may be
 * what somebody typed. Only inside a work callback. */
#define store_query(s, q, vals, row, ret) store_start((s), (q), (vals), (row_of_##q *){row}, (ret))
/* The next row: true, and it is there until the next call. */
MUST_USE bool store_next(struct store_rows *r);
/* Ends the query: what went wrong since store_query, or else e. */
MUST_USE enum err store_end(struct store_rows *r, enum err e);
/* The first row, or ERR_NOT_FOUND; of rows without a slice. On an error row is not to be
 * looked at; ERR_NOT_FOUND leaves it as it was. */
#define store_one(s, q, vals, row) store_first((s), (q), (vals), (row_of_##q *){row})

/* Sets *ret to all rows, one struct behind the other; of rows without a slice. On an error it has
 * all that could be read: one that is damaged keeps no other from being found. */
MUST_USE enum err store_all(struct store *s, enum stmt q, const struct store_val *vals,
                            struct buf *ret);

/* Bytes of a row that q gives. */
size_t store_size(enum stmt q);

/* The statement q, which gives rows of that struct: for who is told the statement. */
#define STORE_GIVES(row, q) _Generic((row_of_##q *)NULL, struct row * : (q))
/* store_query and store_one of a statement that STORE_GIVES was said of. */
void store_start(struct store *s, enum stmt q, const struct store_val *vals, void *row,
                 struct store_rows *ret);
MUST_USE enum err store_first(struct store *s, enum stmt q, const struct store_val *vals,
                              void *row);

/* --- work ------------------------------------------------------------------------------------- */

/* Reads and writes; tells nobody anything. What writes may run twice, and sets its outputs anew each
 * time; what only reads runs once. */
typedef enum err store_work_fn(void *ctx);
/* After the commit. e: what work returned, or why the commit failed (then nothing of it is there).
 */
typedef void store_done_fn(void *ctx, enum err e);

enum store_urgency {
    STORE_READ, /* reads what is committed, and writes nothing. It may run, and done too, before
                   store_work returns, or any time later, but before all that is queued after it */
    STORE_NORMAL,
    STORE_URGENT, /* revoking: when the disk is full, the reserve is given up for it */
    STORE_LAZY    /* first in the next transaction of others, or after STORE_LAZY_TIME in one of its
                     own: for what may be undone by a crash until then */
};

/* done may be NULL, but for who reads. */
void store_work(struct store *s, enum store_urgency u, store_work_fn *work, store_done_fn *done,
                void *ctx);
/* The same for one store_one. The vals need not live on; row must, until done. */
#define store_ask(s, q, vals, row, done, ctx)                                                      \
    store_ask_for(&(struct store_asked){(s), (q), (vals), (row_of_##q *){row}}, (done), (ctx))
struct store_asked {
    struct store *s;
    enum stmt q;
    const struct store_val *vals;
    void *row;
};
void store_ask_for(const struct store_asked *a, store_done_fn *done, void *ctx);

/* Called in each transaction before the commit, for what rides along with the others' work; done
 * after each, with what became of it; once when what is urgent was tried again on a full disk. */
void store_ride(struct store *s, store_work_fn *work, store_done_fn *done, void *ctx);
/* Runs what is queued, now. The loop calls it at the end of a turn. */
void store_flush(void *store);
/* Queues one piece of work and runs everything queued, now. Its error. For the start. */
MUST_USE enum err store_run(struct store *s, enum store_urgency u, store_work_fn *work, void *ctx);
/* Runs until nothing is queued, what done callbacks queue included. For the end. */
void store_drain(struct store *s);

#endif
