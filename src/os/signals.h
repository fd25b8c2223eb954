/* Signals as events of the loop; the supervisor's. */
#ifndef SG_OS_SIGNALS_H
#define SG_OS_SIGNALS_H

#include "os/loop.h"

struct signals;
typedef void signals_fn(void *ctx, int signal);

/* Blocks these n signals and calls fn for each that comes. Never NULL. */
struct signals *signals_new(struct loop *l, const int *which, size_t n, signals_fn *fn, void *ctx);
/* Whether this process has a terminal, whose end comes to it as SIGHUP. */
bool signals_have_terminal(void);
void signals_free(struct signals *s); /* takes NULL; the signals stay blocked */

#endif
