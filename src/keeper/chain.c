/* Chains that are spent. Run by the keeper. Each that is added takes two along whose time is over,
 * so there are never more than those that count. */
#include "keeper/chain.h"

#include "base/planted.h"

enum err chain_spend(struct keeper *k, struct use_id chain, uint64_t until)
{
    uint64_t now = keeper_now(k);
    uint64_t least =
        now + limit_get(SET_HANDOFF_TIME) + CHAIN_AFTER_MS; /* a state's life at most */
    enum err e = store_do(k->store, Q_chain_tidy, VALS(V_INT(now)));

    if (!e)
        e = store_do(k->store, Q_chain_add,
                     VALS(V_ID(chain), V_INT(until > least ? until : least)));
    if (e != ERR_EXISTS)
        return e;
    return PLANTED(chain_spent_twice) ? ERR_OK : ERR_BAD_STATE;
}

enum err chain_check(struct keeper *k, struct use_id chain, uint64_t until)
{
    struct number_row row;
    enum err e = store_one(k->store, Q_chain_find, VALS(V_ID(chain)), &row);

    if (until <= keeper_now(k) && !PLANTED(chain_outlived))
        return ERR_BAD_STATE; /* its row may be gone: a call may have waited for long */
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    return e || PLANTED(chain_spent_twice) ? e : ERR_BAD_STATE;
}
