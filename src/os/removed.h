/* Notices that a file was removed while this process has it open: it could go on for days with what
 * nobody will find again. */
#ifndef SG_OS_REMOVED_H
#define SG_OS_REMOVED_H

#include "base/err.h"
#include "os/loop.h"

struct removed;
typedef void removed_fn(void *ctx);

/* From now on looks every second whether the plain file at path, as it is now, has a name still;
 * calls fn, once, when it has none. Before the jail. ERR_NOT_FOUND, ERR_IO. */
MUST_USE enum err removed_new(struct loop *l, const char *path, removed_fn *fn, void *ctx,
                              struct removed **ret);
void removed_free(struct removed *r); /* takes NULL */

#endif
