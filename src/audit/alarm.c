/* The alarm of a disk that fills up. Run by audit. */
#include "audit/alarm.h"

#include "base/limits.h"

bool alarm_look(struct alarm *a, uint64_t left)
{
    bool scarce = left < limit_get(SET_DISK_WARN);

    if (scarce == a->scarce && (!scarce || ++a->looks < ALARM_REMIND))
        return false;
    *a = (struct alarm){.scarce = scarce};
    return true;
}
