/* How fast somebody may go. Pure. */
#include "base/pace.h"

#include "base/planted.h"

enum { ONE = 1000 };

bool pace_take(struct pace *p, const struct pace_limit *l, uint64_t now)
{
    uint64_t passed = now - p->at,
             again = passed < UINT64_MAX / l->rate ? passed * l->rate : p->spent;

    p->spent -= again < p->spent ? again : p->spent;
    p->at = now;
    if (p->spent + ONE > l->burst * ONE && !PLANTED(no_pace))
        return false;
    p->spent += ONE;
    return true;
}
