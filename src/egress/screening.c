/* The screen of one use: what its answers go through, and what is counted of them. Egress runs it. */
#include "egress/screening.h"

#include "base/planted.h"
#include "ipc/gen/send.h"

/* A request with a dictionary of guesses in it pays for all of them by one reflection. */
static void count_hits(struct use *u, uint32_t hits)
{
    uint64_t sum = u->hits + (uint64_t)hits * (1 + u->chosen / LIM_HIT_BYTES);

    u->hits = PLANTED(hits_uncounted) ? 0 : sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

/* Plants: a kind of message that is given to the agent as it came. */
static bool is_unscreened(const struct json *j)
{
    uint32_t result = json_get(j, 0, "result");
    bool is_list = json_get(j, result, "tools") != JSON_NONE;

    return (PLANTED(results_unscreened) && result != JSON_NONE && !is_list) ||
           (PLANTED(lists_unscreened) && is_list) ||
           (PLANTED(errors_unscreened) && json_get(j, 0, "error") != JSON_NONE) ||
           (PLANTED(notifications_unscreened) && json_get(j, 0, "method") != JSON_NONE);
}

enum err screening_message(struct use *u, const struct json *j, struct buf *out)
{
    uint32_t hits = 0;
    enum err e = ERR_OK;

    if (is_unscreened(j)) {
        json_copy(j, 0, out);
        return buf_err(out);
    }
    e = screen_message(u->screen, j, out, &hits);
    count_hits(u, hits);
    return e;
}

bool screening_is_uncounted(const struct use *u)
{
    return !u->keeper && u->hits > 0 && !PLANTED(hits_unheard);
}

void screening_tell(struct use *u)
{
    struct msg_use_hits m = {.use = u->id, .hits = u->hits};

    if (u->hits == 0 || !u->keeper)
        return;
    u->hits = 0;
    tell_use_hits(u->keeper, &m);
}
