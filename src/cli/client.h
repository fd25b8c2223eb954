/* The command's side of the control socket: one question, rows, and the end of the answer. */
#ifndef SG_CLI_CLIENT_H
#define SG_CLI_CLIENT_H

#include "cli/cli.h"
#include "ipc/gen/cli.h"

/* Rows of an answer as they come; members for kinds that do not come may be NULL. */
struct client_rows {
    const char *header; /* printed above the rows, also when there are none */
    void (*user)(struct cli *x, const struct msg_ctl_user_row *m);
    void (*key)(struct cli *x, const struct msg_ctl_key_row *m);
    void (*connection)(struct cli *x, const struct msg_ctl_connection_row *m);
    void (*upstream)(struct cli *x, const struct msg_ctl_upstream_row *m);
    void (*head)(struct cli *x, const struct msg_ctl_audit_head_is *m);
    void (*done)(struct cli *x, const struct msg_ctl_done *m); /* only when all went well */
};

/*
 * Connects to the control socket of the run folder, sends message m of that type, hands rows to the
 * functions of rows (may be NULL), and waits for the end. Returns the exit status; what went wrong
 * was said on stderr.
 */
int client_ask(struct cli *x, enum msg type, const void *m, const struct client_rows *rows);

/* Whether somebody listens there. */
bool client_is_up(const struct cli *x);

#endif
