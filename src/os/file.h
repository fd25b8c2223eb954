/*
 * Small files whose loss or half-writing matters: keys, and the reserve of disk space. Paths are
 * ours, never a peer's. No function follows a symbolic link in the last part of the path. Errors:
 * ERR_NOT_FOUND, ERR_EXISTS, ERR_NO_SPACE, ERR_TOO_LARGE, ERR_IO.
 */
#ifndef SG_OS_FILE_H
#define SG_OS_FILE_H

#include "base/buf.h"

/* Opens a plain file with these flags of open(2), and none that waits: what else may lie there,
 * such as a FIFO, would hold its opener until somebody comes. A new one has mode 0600.
 * ERR_FORBIDDEN: it is no plain file. */
MUST_USE enum err file_open(const char *path, int flags, int *ret_fd);
/* For libraries that open by themselves: ERR_OK too when there is none. ERR_FORBIDDEN as above. */
MUST_USE enum err file_check(const char *path);
/* Appends the whole file to out. ERR_FORBIDDEN when anybody but its owner may read or write it and
 * private is set. */
MUST_USE enum err file_read(const char *path, bool private, struct buf *out);
/* Makes a new file (mode 0600) with these bytes; on return it and its name are on disk. ERR_EXISTS
 * when there is one. */
MUST_USE enum err file_create(const char *path, struct slice bytes);
/* Writes zeros over the bytes, removes the file, and waits for the disk. What a copying file system
 * or a flash disk keeps of the old blocks is beyond us. ERR_OK too when there is none. */
MUST_USE enum err file_destroy(const char *path);
/* ERR_OK too when there is none. */
MUST_USE enum err file_remove(const char *path);
/* A file (mode 0600) that has this many bytes allocated on disk; made, or made larger. On an error
 * there is none. */
MUST_USE enum err file_reserve(const char *path, uint64_t bytes);
/* Makes a directory (mode 0700). ERR_OK too when there is one. */
MUST_USE enum err file_mkdir(const char *path);
/* Whether there is anything in a directory. */
MUST_USE enum err file_any(const char *dir, bool *ret_any);

#endif
