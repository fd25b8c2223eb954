/*
 * The beginning and the end of the whole: what is started, when Sidegate counts as ready, and in
 * which order it ends. Run by the supervisor.
 */
#include "supervisor/supervisor.h"

#include "os/log.h"

/* Who takes from outside ends first, who keeps ends last. */
static const unsigned stop_stages[] = {
    1u << ROLE_GATEWAY | 1u << ROLE_SURFACE,
    1u << ROLE_EGRESS | 1u << ROLE_DIALER,
    1u << ROLE_KEEPER,
    1u << ROLE_AUDIT,
};

void stages_start(struct supervisor *s)
{
    proc_start(proc_new(s, ROLE_AUDIT, 0));
    proc_start(proc_new(s, ROLE_KEEPER, 0));
    if (s->init)
        return;
    proc_start(proc_new(s, ROLE_DIALER, 0));
    proc_start(proc_new(s, ROLE_SURFACE, 0));
    for (uint32_t i = 0; i < s->config->gateways; i++)
        proc_start(proc_new(s, ROLE_GATEWAY, i));
}

static bool all_ready(const struct supervisor *s)
{
    const struct proc *p;

    TAILQ_FOREACH(p, &s->procs, entry) {
        if (p->role != ROLE_EGRESS && p->state != PROC_RUNNING)
            return false;
    }
    return true;
}

static void say_ready(struct supervisor *s)
{
    const struct proc *p;

    s->serving = true;
    /* Only now, and behind the channels in the same queue: whoever comes in finds a keeper. One
     * that is being started again gets it when it is ready. */
    TAILQ_FOREACH(p, &s->procs, entry) {
        if (p->state == PROC_RUNNING && p->chan)
            wiring_listen(p);
    }
    control_start(s);
    if (s->init)
        log_event(LEVEL_INFO, "ready", LOG_STR("text", "sidegate is ready for its command alone"));
    else
        log_event(LEVEL_INFO, "ready", LOG_STR("text", "sidegate is ready"),
                  LOG_STR("agents", s->config->gateway.address),
                  LOG_NUM("agents_port", s->gateway_port),
                  LOG_STR("pages", s->config->surface_url));
}

/* Whether one of these roles still lives; those that were not asked yet are asked to end. */
static bool stop_some(struct supervisor *s, unsigned roles)
{
    struct proc *p;
    bool alive = false;

    TAILQ_FOREACH(p, &s->procs, entry) {
        if (!(roles & (1u << p->role)))
            continue;
        proc_stop(p);
        alive = alive || proc_lives(p);
    }
    return alive;
}

void stages_changed(struct supervisor *s)
{
    if (!s->stopping) {
        if (!s->serving && all_ready(s))
            say_ready(s);
        return;
    }
    while (s->stage < ARRAY_LEN(stop_stages) && !stop_some(s, stop_stages[s->stage]))
        s->stage++;
    if (s->stage == ARRAY_LEN(stop_stages))
        loop_stop(s->loop);
}

void stages_stop(struct supervisor *s, int status)
{
    if (s->stopping)
        return;
    log_event(LEVEL_INFO, "stopping");
    s->stopping = true;
    s->status = status;
    control_stop(s);
    stages_changed(s);
}
