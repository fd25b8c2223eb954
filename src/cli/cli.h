/* The `sidegate` command: what its verbs share. */
#ifndef SG_CLI_CLI_H
#define SG_CLI_CLI_H

#include "base/id.h"
#include "config/config.h"
#include "crypto/sec.h"

/* Exit statuses. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* The options, by name; a verb's row in verbs.def says which it takes. */
enum cli_option {
    OPT_CONFIG = 1 << 0,
    OPT_DIR = 1 << 1,
    OPT_USER = 1 << 2,
    OPT_LABEL = 1 << 3,
    OPT_OUT = 1 << 4,
    OPT_PASSWORD_STDIN = 1 << 5,
    OPT_HEAD = 1 << 6,
    OPT_ALL = 1 << 7,
    OPT_UPSTREAM = 1 << 8,
    OPT_LINK_BY_ERROR = 1 << 9,
    OPT_YES = 1 << 10,
};

struct cli {
    const char *program; /* as it was called */
    const char *config_path, *dir, *user, *label, *out, *head, *upstream;
    bool password_stdin, all, link_by_error, yes;
    const char *argument;  /* the one plain argument, or NULL */
    struct config *config; /* loaded for verbs that take --config */
};

/* A verb: returns the exit status, having said on stderr what went wrong and what to do. */
typedef int cli_fn(struct cli *x);

/* Prints that on stdout if the status is CLI_OK; returns the status. */
int cli_done(int status, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Prints "sidegate: ..." on stderr; returns CLI_FAILED. */
int cli_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Loads x->config from x->config_path; false when it said why not. */
MUST_USE bool cli_load_config(struct cli *x);
/* Path of a program of ours beside this one, into dst; false when it said why not. */
MUST_USE bool cli_find_program(const char *name, char *dst, size_t n);
/* Times of the store (ms since 1970) as "2026-11-22 21:03 UTC", or "never" for 0; dst has 24 bytes.
 */
void cli_time(uint64_t ms, char *dst, size_t n);
/* The title of upstream i in the configuration, or "?". */
const char *cli_upstream_name(const struct cli *x, size_t i);

/* Whether cli_new_password will find somebody to ask; false when it said why not. */
MUST_USE bool cli_can_ask(const struct cli *x);
/* Reads a new password: twice from the terminal without echo, or one line of standard input. NULL
 * when it said why not. */
struct sec *cli_new_password(const struct cli *x);
/* Whether the person says yes on the terminal, or said so with --yes, to what cannot be undone;
 * what will happen is one sentence. False when it said why not. */
MUST_USE bool cli_confirmed(const struct cli *x, const char *what);
/* Where a value is shown once: the terminal itself, past any pipe, or x->out, a new file with mode
 * 0600. Opened before the value counts for anything; -1 when it said why not. */
MUST_USE int cli_once_open(const struct cli *x, const char *what);
/* Shows it there and closes fd; an empty value closes it alone, and removes the file. False when it
 * said why not. */
MUST_USE bool cli_once_show(const struct cli *x, int fd, const char *what, struct slice value);

#define V(verb, noun, fn, options, argument, summary) cli_fn fn;
#include "cli/verbs.def"
#undef V

#endif
