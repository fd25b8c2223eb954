/*
 * The reserve: a file of allocated blocks that is removed when the disk is full, so that a
 * revocation still finds room for its transaction. Until it can be made again nothing but
 * revocations is written.
 */
#include "os/file.h"
#include "store/internal.h"

enum { RESERVE_BYTES = 4 << 20 };

void store_reserve_make(struct store *s)
{
    s->reserve_gone = file_reserve(s->reserve, RESERVE_BYTES) != ERR_OK;
}

void store_reserve_give_up(struct store *s)
{
    IGNORE(file_remove(
        s->reserve)); /* it may be gone already; what follows shows whether there is room */
    s->reserve_gone = true;
}
