/* The pace of refusals. Run by the gateway on requests that it does not ask the keeper about. */
#include "gateway/refusals.h"

#include "base/limits.h"
#include "base/planted.h"
#include "os/log.h"

static void say(void *ctx)
{
    struct refusals *r = ctx;

    log_event(LEVEL_INFO, "refusals_summed", LOG_NUM("keys", r->of_keys),
              LOG_NUM("strangers", r->of_strangers));
    r->of_keys = r->of_strangers = 0;
}

static bool is_silent(const struct refusals *r)
{
    return r->of_keys == 0 && r->of_strangers == 0;
}

void refusals_init(struct refusals *r, struct loop *loop)
{
    *r = (struct refusals){.loop = loop, .timer = loop_timer_new(loop, say, r)};
}

void refusals_done(struct refusals *r)
{
    if (!is_silent(r))
        say(r);
    loop_timer_free(r->timer);
    r->timer = NULL;
}

static void count(struct refusals *r, uint64_t *n)
{
    if (is_silent(r))
        loop_timer_set(r->timer, LIM_REFUSALS_SUMMED);
    ++*n;
}

bool refusals_take(struct refusals *r, struct share *s)
{
    const struct pace_limit key = {limit_get(SET_KEY_BURST), limit_get(SET_KEY_RATE)};
    const struct pace_limit all = {limit_get(SET_STRANGER_BURST), limit_get(SET_STRANGER_RATE)};
    uint64_t now = loop_now(r->loop);

    if (PLANTED(refusals_unpaced))
        return true;
    if (s ? pace_take(&s->refusals, &key, now) : pace_take(&r->strangers, &all, now))
        return true;
    count(r, s ? &r->of_keys : &r->of_strangers);
    return false;
}

bool refusals_logs(struct refusals *r, struct share *s, enum err *e)
{
    bool may = refusals_take(r, s);

    if (!may && s)
        *e = ERR_TOO_FAST;
    return may;
}
