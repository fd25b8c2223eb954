/* For tests of store and keeper: a disk that can be full, and that counts its syncs. */
#ifndef SG_FULL_DISK_H
#define SG_FULL_DISK_H

#include "unit.h"

#include <sqlite3.h>

/* SQLite's file system with a disk that can be full. Each set of methods it has is wrapped by one
 * with our write. */
struct wrapped {
    sqlite3_io_methods methods; /* first: a file points here */
    const sqlite3_io_methods *real;
};
static int full_disk; /* how many more writes fail; negative: all */
static int full_disk_syncs;
static sqlite3_vfs full_vfs;
static struct wrapped wrapped[4];

static int full_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (full_disk != 0) {
        full_disk -= full_disk > 0;
        return SQLITE_FULL;
    }
    return ((const struct wrapped *)f->pMethods)->real->xWrite(f, p, n, at);
}

static int counted_sync(sqlite3_file *f, int flags)
{
    full_disk_syncs++;
    return ((const struct wrapped *)f->pMethods)->real->xSync(f, flags);
}

static int full_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    sqlite3_vfs *real = vfs->pAppData;
    int rc = real->xOpen(real, name, f, flags, out);
    size_t i = 0;

    if (rc != SQLITE_OK || !f->pMethods)
        return rc;
    while (wrapped[i].real && wrapped[i].real != f->pMethods)
        i++;
    assert_true(i + 1 < ARRAY_LEN(wrapped));
    wrapped[i] = (struct wrapped){.methods = *f->pMethods, .real = f->pMethods};
    wrapped[i].methods.xWrite = full_write;
    wrapped[i].methods.xSync = counted_sync;
    f->pMethods = &wrapped[i].methods;
    return rc;
}

static void full_disk_install(void)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);

    full_vfs = *real;
    full_vfs.zName = "full";
    full_vfs.pAppData = real;
    full_vfs.xOpen = full_open;
    assert_int_equal(sqlite3_vfs_register(&full_vfs, 1), SQLITE_OK);
}

#endif
