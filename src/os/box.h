/*
 * The jail of a role: what it may still ask of the kernel once it says "ready". Tables:
 * box_roles.def (a row a role) and box_rules.def (the calls of each set). A jail that cannot be
 * applied is an error, and the role ends.
 *
 * It does not rest on Landlock: seccomp alone keeps a role from opening, connecting and starting.
 * Landlock narrows what keeper and dialer may open, on kernels that have it.
 */
#ifndef SG_OS_BOX_H
#define SG_OS_BOX_H

#include "base/err.h"

enum box_role {
#define R(role, descriptors, paths, sets) BOX_##role,
#include "os/box_roles.def"
    BOX_COUNT
};

struct box {
    enum box_role role;
    bool use_landlock;    /* false: as on a kernel without it, for tests */
    unsigned uid, gid;    /* whom the process must be by now */
    const char *data_dir; /* what BOX_DATA stands for; NULL or "" when the role has no such path */
    const char *key_dir;  /* likewise BOX_KEYS */
    const char *run_dir;  /* likewise BOX_RUN */
};

/* The first thing in every main: nobody dumps or traces this process. It must come again after each
 * exec. */
void box_no_dumps(void);

/*
 * Applies the jail to this process and all its threads, for good. *ret_landlock_abi is the kernel's
 * Landlock version, 0 without. ERR_SANDBOX: some part of it does not work here, and *ret_what (a
 * literal) says which. In builds with sanitizers, which trace themselves, start a thread and read
 * /proc at the end, only the change of user is left; such builds are for tests only.
 */
MUST_USE enum err box_apply(const struct box *b, uint32_t *ret_landlock_abi, const char **ret_what);

/* False in builds with sanitizers. */
bool box_has_seccomp(void);

/* Looks up an account. ERR_NOT_FOUND. */
MUST_USE enum err box_find_user(const char *name, unsigned *ret_uid, unsigned *ret_gid);
/* Becomes that account, for good, all groups left; nothing when it is already this one.
 * ERR_SANDBOX. */
MUST_USE enum err box_become(unsigned uid, unsigned gid);

#endif
