/* Agent keys that have something here. Run by the gateway; whether one is good it does not say. */
#include "gateway/agent.h"

#include "base/mem.h"

struct agent *agent_get(struct agent **all, const struct digest *token)
{
    struct agent *a = NULL;

    HASH_FIND(hh, *all, token, sizeof(*token), a);
    if (!a) {
        a = MEM_NEW(struct agent);
        a->token = *token;
        TAILQ_INIT(&a->idle);
        TAILQ_INIT(&a->busy);
        HASH_ADD(hh, *all, token, sizeof(a->token), a);
    }
    a->users++;
    return a;
}

void agent_put(struct agent **all, struct agent *a)
{
    if (--a->users > 0)
        return;
    HASH_DEL(*all, a);
    mem_wipe(a, sizeof(*a)); /* of a mistyped key not even the hash stays */
    mem_free(a);
}
