/*
 * Planted bugs, so that each test which keeps a promise can be seen red (docs/promises.md). A build
 * with -Dplants=true has every row of base/plants.def in it, and the environment variable
 * SIDEGATE_PLANT puts one of them in force; tests/plants/run does so. In every other build
 * PLANTED() is false and nothing of a plant is left, which tools/check-symbols sees to.
 *
 *     if (PLANTED(sync_off))
 *         return ERR_OK;
 */
#ifndef SG_BASE_PLANTED_H
#define SG_BASE_PLANTED_H

#include "base/slice.h"

#ifdef SIDEGATE_PLANTS

enum plant {
#define P(name, breaks, test, red) PLANT_##name,
#include "base/plants.def"
    PLANT_COUNT
};

#define PLANTED(name) planted_is(PLANT_##name)
bool planted_is(enum plant p);
/* "SIDEGATE_PLANT=name", for the environment of a process that is started; NULL: none. */
const char *planted_env(void);
/* For plants that leak: a copy that is never wiped nor freed, and the last one made. */
void planted_keep(struct slice s);
struct slice planted_kept(void);
/* Over this process's own environment, as far as it goes: /proc/PID/environ shows it. */
void planted_environment(struct slice s);
/* Into a new file of that folder. */
void planted_file(const char *folder, struct slice s);

#else

#define PLANTED(name)           false
#define planted_env()           ((const char *)NULL)
#define planted_keep(s)         ((void)(s))
#define planted_kept()          SLICE_EMPTY
#define planted_environment(s)  ((void)(s))
#define planted_file(folder, s) ((void)(folder), (void)(s))

#endif

#endif
