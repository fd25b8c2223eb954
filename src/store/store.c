/*
 * Running numbered statements. Run by the keeper, before and inside its jail. Trusts the file as
 * far as SQLite checks it: every value read is compared with the type that statements.def promises,
 * and triggers, views and functions that a forged schema might bring are off (trusted_schema,
 * defensive; sqlite.org/security.html).
 */
#include "store/internal.h"

#include "base/planted.h"

/* A row while it is read. */
struct row_reader {
    sqlite3_stmt *st;
    int column; /* the next */
    bool once;  /* nothing that is not copied would live */
    enum err e;
};

static uint64_t take_number(struct row_reader *r, uint64_t most)
{
    int column = r->column++;
    bool fits = sqlite3_column_type(r->st, column) == SQLITE_INTEGER;
    uint64_t n = fits ? (uint64_t)sqlite3_column_int64(r->st, column) : 0;

    if (fits && n <= most)
        return n;
    r->e = ERR_CORRUPT;
    return 0;
}

static struct slice take_bytes(struct row_reader *r, int type)
{
    int column = r->column++;
    const void *p = NULL;

    if (sqlite3_column_type(r->st, column) != type) {
        r->e = ERR_CORRUPT;
        return SLICE_EMPTY;
    }
    p = sqlite3_column_blob(r->st, column);
    return slice_of(p, (size_t)sqlite3_column_bytes(r->st, column));
}

static struct slice take_slice(struct row_reader *r)
{
    BUG_IF(r->once);
    return take_bytes(r, SQLITE_BLOB);
}

static void take_fixed(struct row_reader *r, uint8_t *dst, size_t n)
{
    struct slice s = take_bytes(r, SQLITE_BLOB);

    if (s.n != n || slice_copy(s, dst, n) != n)
        r->e = ERR_CORRUPT;
}

static void take_text(struct row_reader *r, char *dst, size_t n)
{
    if (!slice_to_cstr(take_bytes(r, SQLITE_TEXT), dst, n))
        r->e = ERR_CORRUPT;
}

#define COLUMN(member, read) read
#define ROW(name, columns)                                                                         \
    static void read_##name(UNUSED struct row_reader *r, void *into)                               \
    {                                                                                              \
        UNUSED struct name *row = into;                                                            \
        columns                                                                                    \
    }
#include "store/statements.def"

static const struct {
    const char *sql;
    const char *params; /* one letter each: see statements.def */
    size_t size;        /* of a row; 0: it gives none */
    void (*read)(struct row_reader *r, void *into);
} statements[STMT_COUNT] = {
#define Q(name, sql, params, row) [Q_##name] = {sql, params, sizeof(row_of_Q_##name), read_##row},
#include "store/statements.def"
};

enum err store_err(struct store *s, int rc)
{
    int extended = sqlite3_extended_errcode(s->db);

    /* After a failed sync the kernel may drop the pages and report success the next time. */
    BUG_IF(extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC);
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return ERR_OK;
    case SQLITE_FULL: return ERR_NO_SPACE;
    case SQLITE_CONSTRAINT: return ERR_EXISTS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERR_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_AGAIN;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_ERROR: BUG_IF("a statement is wrong"); return ERR_INTERNAL;
    default: return ERR_IO;
    }
}

enum err store_sql(struct store *s, const char *sql)
{
    return store_err(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

enum err store_sql_int(struct store *s, const char *sql, int64_t *ret)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(st);
        if (rc == SQLITE_ROW)
            *ret = sqlite3_column_int64(st, 0);
    }
    sqlite3_finalize(st);
    return store_err(s, rc);
}

enum err store_prepare(struct store *s, enum stmt q)
{
    int rc = sqlite3_prepare_v3(s->db, statements[q].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                &s->stmt[q], NULL);

    if (rc != SQLITE_OK)
        return store_err(s, rc);
    BUG_IF((size_t)sqlite3_bind_parameter_count(s->stmt[q]) != slice_str(statements[q].params).n);
    BUG_IF((sqlite3_column_count(s->stmt[q]) > 0) != (statements[q].size > 0));
    return ERR_OK;
}

static bool length_fits(char type, size_t n)
{
    return (type != 'I' || n == ID_BYTES) && (type != 'D' || n == DIGEST_BYTES);
}

/* SQLite makes no copy of its own: nobody would wipe it. */
static int bind_one(sqlite3_stmt *st, int at, char type, const struct store_val *v)
{
    static const uint8_t none[1];

    if (type == 'i') {
        BUG_IF(v->type != STORE_INT);
        return sqlite3_bind_int64(st, at, v->num);
    }
    BUG_IF(v->type != STORE_BYTES || !length_fits(type, v->bytes.n));
    /* A NULL pointer would bind NULL where an empty value is meant. */
    if (type == 't')
        return sqlite3_bind_text64(st, at, v->bytes.n ? (const char *)v->bytes.p : "", v->bytes.n,
                                   SQLITE_STATIC, SQLITE_UTF8);
    return sqlite3_bind_blob64(st, at, v->bytes.n ? v->bytes.p : none, v->bytes.n, SQLITE_STATIC);
}

static enum err bind_values(struct store *s, enum stmt q, const struct store_val *vals)
{
    const char *params = statements[q].params;
    int rc = SQLITE_OK;
    int i = 0;

    BUG_IF(q >= STMT_COUNT || s->busy[q]);
    for (; params[i] && rc == SQLITE_OK; i++)
        rc = bind_one(s->stmt[q], i + 1, params[i], &vals[i]);
    BUG_IF(rc == SQLITE_OK && vals[i].type != STORE_END);
    return store_err(s, rc);
}

static void reset(struct store *s, enum stmt q)
{
    (void)sqlite3_reset(s->stmt[q]);          /* repeats the error of the step, which was handled */
    (void)sqlite3_clear_bindings(s->stmt[q]); /* cannot fail */
}

enum err store_change(struct store *s, enum stmt q, const struct store_val *vals,
                      uint64_t *ret_rows)
{
    enum err e = ERR_OK;

    BUG_IF(!s->in_work || statements[q].size > 0);
    e = bind_values(s, q, vals);
    if (!e)
        e = store_err(s, sqlite3_step(s->stmt[q]));
    reset(s, q);
    if (!e)
        *ret_rows = (uint64_t)sqlite3_changes64(s->db);
    return e;
}

enum err store_do(struct store *s, enum stmt q, const struct store_val *vals)
{
    uint64_t rows = 0;

    return store_change(s, q, vals, &rows);
}

void store_start(struct store *s, enum stmt q, const struct store_val *vals, void *row,
                 struct store_rows *ret)
{
    *ret = (struct store_rows){.s = s, .q = q, .row = row};
    BUG_IF(statements[q].size == 0 || !(s->in_work || s->in_read));
    ret->e = bind_values(s, q, vals);
    BUG_IF(!ret->e && !s->in_work && !sqlite3_stmt_readonly(s->stmt[q]));
    s->busy[q] = true;
}

/* Whether there is a next row; *ret_damaged: but one that is not as the statement promises. */
static bool step(struct store_rows *r, enum err *ret_damaged)
{
    struct row_reader reader = {.st = r->s->stmt[r->q], .once = r->once};
    int rc = SQLITE_DONE;

    if (!r->e) {
        rc = sqlite3_step(reader.st);
        r->e = store_err(r->s, rc);
    }
    if (rc == SQLITE_ROW) {
        statements[r->q].read(&reader, r->row);
        BUG_IF(reader.column != sqlite3_column_count(reader.st));
    }
    *ret_damaged = reader.e;
    return rc == SQLITE_ROW;
}

bool store_next(struct store_rows *r)
{
    enum err damaged = ERR_OK;
    bool there = step(r, &damaged);

    if (damaged)
        r->e = damaged;
    return there && !damaged;
}

enum err store_end(struct store_rows *r, enum err e)
{
    reset(r->s, r->q);
    r->s->busy[r->q] = false;
    return r->e ? r->e : e;
}

enum err store_all(struct store *s, enum stmt q, const struct store_val *vals, struct buf *ret)
{
    union {
#define COLUMN(member, read)
#define ROW(name, columns) struct name name;
#include "store/statements.def"
    } row;
    struct store_rows r;
    enum err damaged = ERR_OK, e = ERR_OK;

    buf_clear(ret);
    store_start(s, q, vals, &row, &r);
    r.once = true;
    while (step(&r, &damaged) && !(damaged && PLANTED(damage_spares))) {
        if (damaged)
            e = damaged;
        else
            buf_put(ret, slice_of(&row, statements[q].size));
    }
    return store_end(&r, e ? e : buf_err(ret));
}

size_t store_size(enum stmt q)
{
    return statements[q].size;
}

enum err store_first(struct store *s, enum stmt q, const struct store_val *vals, void *row)
{
    struct store_rows r;

    store_start(s, q, vals, row, &r);
    r.once = true;
    return store_end(&r, store_next(&r) ? ERR_OK : ERR_NOT_FOUND);
}
