/*
 * The life that all roles share (ARCHITECTURE.md, "The life of a role"): a role's main() is a table
 * of what differs.
 *
 *     return role_main(&(struct role_ops){.role = ROLE_DIALER, .box = BOX_dialer, ...}, &dialer);
 */
#ifndef SG_IPC_ROLE_H
#define SG_IPC_ROLE_H

#include "ipc/chan.h"
#include "os/box.h"

struct role_self; /* this process */

struct role_ops {
    enum role role;
    enum box_role box; /* its row in os/box_roles.def: what it may ask of the kernel */
    /* A message that the role handles itself, usually ROLE_dispatch; conf_* rows come before
     * open(). */
    bool (*message)(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);
    /* The configuration is complete: open what will be needed; the jail follows. An error ends the
     * process. What may take longer than SET_START_TIME calls alive() (os/alive.h) as it goes on.
     */
    enum err (*open)(struct role_self *r, void *ctx);
    /* Jailed; may be NULL. */
    void (*ready)(struct role_self *r, void *ctx);
    /* A listening socket, now owned; may be NULL for roles that get none. */
    void (*listener)(struct role_self *r, void *ctx, int fd);
    /* A channel to a peer is there, or is gone (it is freed after the call). lost comes before the
     * peer that replaces it. */
    void (*peer)(struct role_self *r, void *ctx, struct chan *c);
    void (*lost)(struct role_self *r, void *ctx, struct chan *c);
    void (*writable)(struct role_self *r, void *ctx, struct chan *c); /* may be NULL */
    /* An orderly end was asked for; may be NULL. The loop ends after it. */
    void (*stop)(struct role_self *r, void *ctx);
    /* The loop has ended, whatever ended it, after open was called, even if that failed: free what
     * should not be left to the end of the process. Peers are there still. May be NULL. */
    void (*close)(void *ctx);
};

/* What boot said; valid from open() on. Strings are NUL-terminated. */
struct role_boot {
    uint32_t instance;
    uint64_t generation;
    char data_dir[272], key_dir[272];
};

/* The whole life; returns the exit status. */
int role_main(const struct role_ops *ops, void *ctx);

struct loop *role_loop(const struct role_self *r);
const struct role_boot *role_boot(const struct role_self *r);
/* The channel to that peer, or NULL when there is none now. */
struct chan *role_peer(const struct role_self *r, enum role role, uint32_t instance);
/* From open(), before the jail: this process ends as soon as that file of its data folder is
 * removed (os/removed.h), since nobody would find again what it writes then. name: a literal, one a
 * process. ERR_NOT_FOUND, ERR_IO. */
MUST_USE enum err role_watch(struct role_self *r, const char *name);
struct chan *role_supervisor(const struct role_self *r);

#endif
