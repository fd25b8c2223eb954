/* All of them. */
#include "cast.h"

const struct cast *const casts[] = {&cast_dialer, &cast_audit,  &cast_surface,
                                    &cast_egress, &cast_keeper, &cast_gateway};
const size_t casts_n = ARRAY_LEN(casts);
