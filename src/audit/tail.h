/* Where a start begins to read the log. */
#ifndef SG_AUDIT_TAIL_H
#define SG_AUDIT_TAIL_H

#include "base/err.h"

#include <stdint.h>

/*
 * Looks at the lines of the first size bytes of fd, from the last one back, for the newest head
 * that has LIM_AUDIT_REPEAT records and another head behind it. *ret: where that line begins, or 0
 * when there is none such. Only how lines begin is looked at: whoever reads on from there checks
 * the rest, that head's signature too. ERR_IO.
 */
MUST_USE enum err tail_find(int fd, uint64_t size, uint64_t *ret);

#endif
