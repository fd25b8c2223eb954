/*
 * Which planted bug is in force. Linked into what is built with -Dplants=true and nothing else.
 * Trusts its environment, which is a test's; a name that is not in the table ends the process.
 */
#include "base/planted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define VARIABLE "SIDEGATE_PLANT="

static const char *const names[PLANT_COUNT] = {
#define P(name, breaks, test, red) #name,
#include "base/plants.def"
};

static char variable[64];            /* VARIABLE and the name, or "" */
static enum plant now = PLANT_COUNT; /* in force */
static struct slice kept;

/* Before main(), so that a process which comes to no plant refuses an unknown name too. */
__attribute__((constructor)) static void planted_start(void)
{
    const char *name = getenv("SIDEGATE_PLANT");

    if (!name || name[0] == 0)
        return;
    for (unsigned i = 0; i < PLANT_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            now = (enum plant)i;
    if (now == PLANT_COUNT) {
        fprintf(stderr, "SIDEGATE_PLANT: there is no plant of this name in src/base/plants.def\n");
        _Exit(70);
    }
    (void)snprintf(variable, sizeof variable, VARIABLE "%s", name); /* it fits: ours */
}

bool planted_is(enum plant p)
{
    return p == now;
}

const char *planted_env(void)
{
    return variable[0] == 0 ? NULL : variable;
}

void planted_keep(struct slice s)
{
    kept = slice_of(mem_strndup(s.p, s.n), s.n);
}

struct slice planted_kept(void)
{
    return kept;
}

void planted_environment(struct slice s)
{
    char *p = environ[0];
    size_t room = 0;

    /* The strings stand one behind the other. */
    for (char **e = environ; *e && *e == p + room; e++)
        room += strlen(*e) + 1;
    memcpy(p, s.p, s.n < room ? s.n : room);
    environ[0] = NULL;
}

void planted_file(const char *folder, struct slice s)
{
    char path[4096];
    FILE *f = NULL;

    (void)snprintf(path, sizeof path, "%s/planted.%d", folder, (int)getpid());
    f = fopen(path, "w");
    if (!f)
        abort();
    (void)fwrite(s.p, 1, s.n, f); /* the test that looks for it is the check */
    (void)fclose(f);
}
