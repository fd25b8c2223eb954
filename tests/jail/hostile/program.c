/* The programs of play.h: their tables as cmocka tests. */
#include "play.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/init.h"
#include "os/box.h"
#include "os/landlock.h"
#include "os/log.h"

const char *play_build;

struct case_of {
    const struct program *program;
    const struct row *row;
    bool landlock;
    struct play *play;
};

static void run_case(void **state)
{
    struct case_of *c = *state;

    c->play = play_new(c->program->cast->role, c->landlock);
    play_boot(c->play);
    c->program->cast->set(c->play);
    c->row->run(c->play);
    c->program->cast->check(c->play);
    play_stop(c->play);
}

static int clear_case(void **state)
{
    struct case_of *c = *state;

    c->program->cast->clear();
    play_free(c->play);
    c->play = NULL;
    return 0;
}

static size_t add_cases(const struct program *p, struct case_of *to, struct CMUnitTest *tests,
                        const char *part)
{
    size_t n = 0;

    for (int landlock = landlock_abi() != 0; landlock >= 0; landlock--) {
        for (size_t i = 0; i < p->n; i++) {
            char name[256];

            snprintf(name, sizeof name, "%s: %s (%s Landlock)", role_name(p->cast->role),
                     p->rows[i].name, landlock ? "with" : "without");
            if (strstr(name, part) == NULL)
                continue;
            to[n] = (struct case_of){p, &p->rows[i], landlock, NULL};
            tests[n] = (struct CMUnitTest){mem_strndup(name, strlen(name)), run_case, NULL,
                                           clear_case, &to[n]};
            n++;
        }
    }
    return n;
}

static void no_log(void *ctx, struct slice line)
{
    (void)ctx; /* what is not the role's is of no interest */
    (void)line;
}

int program_main(const struct program *programs, size_t n, int argc, char **argv)
{
    size_t most = 0, count = 0;
    struct case_of *cases;
    struct CMUnitTest *tests;
    int failed;

    if (argc < 2 || argv[1][0] != '/') {
        fprintf(stderr, "usage: %s BUILD [PART-OF-A-NAME]\n", argv[0]);
        return 2;
    }
    play_build = argv[1];
    crypto_init();
    log_set_sink(no_log, NULL);
    IGNORE(signal(SIGPIPE, SIG_IGN));
    for (size_t i = 0; i < n; i++)
        most += 2 * programs[i].n;
    cases = mem_zalloc_array(most, sizeof *cases);
    tests = mem_zalloc_array(most, sizeof *tests);
    for (size_t i = 0; i < n; i++)
        count += add_cases(&programs[i], cases + count, tests + count, argc > 2 ? argv[2] : "");
    failed = _cmocka_run_group_tests("hostile", tests, count, NULL, NULL);
    printf("%zu passed, %d failed\n", count - (size_t)failed, failed);
    for (size_t i = 0; i < count; i++)
        mem_free((void *)(uintptr_t)tests[i].name);
    mem_free(tests);
    mem_free(cases);
    return failed != 0;
}
