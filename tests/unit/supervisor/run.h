/*
 * A supervisor as a process, with fake_role.c in the place of every other program, and what its log
 * says.
 */
#ifndef SG_TEST_SUPERVISOR_RUN_H
#define SG_TEST_SUPERVISOR_RUN_H

#include "unit.h"

enum { PATIENCE_MS = 20000 };

struct world {
    char dir[64];
    char log[1 << 20];
    size_t n, seen[2]; /* read so far; looked at so far: the supervisor's lines, its roles' */
    pid_t pid;
    int fd;
    uint16_t ports[2]; /* free a moment ago */
};

/* From main: the supervisor's and the stand-in's path are the arguments. */
bool run_programs(int argc, char **argv);

/* For cmocka. */
int world_new(void **state);
int world_free(void **state);

/* Below the world's folder; good for three more calls. */
const char *at(const struct world *w, const char *name);
/* What the next start of that role shall do. */
void play(const struct world *w, const char *role, const char *what);
/* user "": none is named. */
/* With so many gateway processes. */
void configure_with(const struct world *w, const char *user, unsigned gateways);
void configure(const struct world *w, const char *user); /* with two */
/* Runs the supervisor; option may be NULL. */
void start(struct world *w, const char *option);
/* With the usual configuration, as who runs the test. */
void start_usual(struct world *w);
/* NULL ends the words. */
bool line_has(const char *line, size_t n, const char *const *words);
/* The next line from here on that has all these words; lines before it are passed over. A role's
 * lines come by a pipe, and are in no order to what the supervisor says itself. */
const char *expect_words(struct world *w, const char *const *words);
#define expect(w, ...) expect_words((w), (const char *const[]){__VA_ARGS__, NULL})
/* What was passed over is looked at again. */
void rewind_log(struct world *w);
/* To the process of that line. */
void signal_one(const char *line, int sig);
/* Reads the log to its end; -1: it was killed. */
int wait_status(struct world *w);
/* SIGTERM, then its status. */
int stop(struct world *w);
void write_text(const char *path, const char *text);

#endif
