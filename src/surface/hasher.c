/*
 * The password thread of surface: one thread of os/worker, which is given one job at a time, so
 * that who comes next is decided here, when it is free. A secret belongs to the loop or to the
 * thread, one at a time.
 */
#include "surface/hasher.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "os/clock.h"
#include "os/worker.h"

struct job {
    struct worker_job at;
    TAILQ_ENTRY(job) in_lane;
    uint64_t ticket, asked_ms;
    char name[LIM_USER_NAME_BYTES + 1];
    struct sec *password, *verifier;
    uint8_t salt[PASSWORD_SALT_BYTES];
    struct password_cost cost;
};

TAILQ_HEAD(lane, job);

struct hasher {
    hasher_fn *fn;
    void *ctx;
    struct worker *worker;
    bool busy;                       /* the thread has a job */
    struct lane lanes[HASHER_LANES]; /* what waits; each before all that follow */
};

static void run(struct worker_job *at)
{
    struct job *j = (struct job *)at;

    if (password_verifier(j->password, j->salt, j->cost, &j->verifier) != ERR_OK)
        j->verifier = NULL;
    sec_free(j->password);
    j->password = NULL;
}

static void begin_next(struct hasher *h)
{
    struct job *j = NULL;

    for (size_t i = 0; i < HASHER_LANES && !j; i++) {
        j = TAILQ_FIRST(&h->lanes[i]);
        if (j)
            TAILQ_REMOVE(&h->lanes[i], j, in_lane);
    }
    h->busy = j != NULL;
    if (j)
        BUG_IF(worker_ask(h->worker, &j->at, j->ticket) != ERR_OK); /* it had none */
}

static void on_done(void *ctx, struct worker_job *at)
{
    struct hasher *h = ctx;
    struct job *j = (struct job *)at;
    struct sec *verifier = j->verifier;

    j->verifier = NULL; /* moved */
    begin_next(h);
    h->fn(h->ctx, at->ticket, verifier);
}

static void job_free(struct worker_job *at)
{
    struct job *j = (struct job *)at;

    sec_free(j->password);
    sec_free(j->verifier);
    mem_wipe(j, sizeof(*j)); /* the name too: it may be a password in the wrong field */
    mem_free(j);
}

enum err hasher_new(struct loop *l, hasher_fn *fn, void *ctx, struct hasher **ret)
{
    static const struct worker_ops ops = {1, 1, 1, {1}, run, on_done, job_free};
    struct hasher *h = MEM_NEW(struct hasher);

    *h = (struct hasher){.fn = fn, .ctx = ctx};
    for (size_t i = 0; i < HASHER_LANES; i++)
        TAILQ_INIT(&h->lanes[i]);
    enum err e = worker_new(l, &ops, h, &h->worker);
    if (!e)
        e = worker_start(h->worker, 1);
    if (e) {
        hasher_free(h);
        return e;
    }
    *ret = h;
    return ERR_OK;
}

void hasher_free(struct hasher *h)
{
    struct job *j;

    if (!h)
        return;
    worker_free(h->worker);
    for (size_t i = 0; i < HASHER_LANES; i++) {
        while ((j = TAILQ_FIRST(&h->lanes[i]))) {
            TAILQ_REMOVE(&h->lanes[i], j, in_lane);
            job_free(&j->at);
        }
    }
    mem_free(h);
}

static bool has_room(const struct lane *lane, struct slice name)
{
    const struct job *j = TAILQ_FIRST(lane);
    size_t n = 0, of_name = 0;

    /* Who came now would be told too late, and so would all after them. */
    if (j && clock_boot_ms() - j->asked_ms > limit_get(SET_PAGE_TIME) / 2)
        return false;
    TAILQ_FOREACH(j, lane, in_lane) {
        n++;
        of_name += slice_eq_str(name, j->name);
    }
    return n < LIM_HASHES && of_name < LIM_HASHES_OF_NAME;
}

enum err hasher_ask(struct hasher *h, const struct hasher_ask *ask, struct sec *password)
{
    struct lane *lane = &h->lanes[PLANTED(one_lane) ? HASHER_STRANGERS : ask->lane];

    if (!has_room(lane, ask->name)) {
        sec_free(password);
        return ERR_AGAIN;
    }
    struct job *j = MEM_NEW(struct job);
    j->ticket = ask->ticket;
    j->asked_ms = clock_boot_ms();
    j->password = password;
    j->cost = ask->cost;
    BUG_IF(!slice_to_cstr(ask->name, j->name, sizeof(j->name))); /* it was checked as a name */
    for (size_t i = 0; i < PASSWORD_SALT_BYTES; i++)
        j->salt[i] = ask->salt[i];
    TAILQ_INSERT_TAIL(lane, j, in_lane);
    if (!h->busy)
        begin_next(h);
    return ERR_OK;
}

void hasher_drop(struct hasher *h, uint64_t ticket)
{
    struct job *j;

    for (size_t i = 0; i < HASHER_LANES; i++) {
        TAILQ_FOREACH(j, &h->lanes[i], in_lane) {
            if (j->ticket == ticket) {
                TAILQ_REMOVE(&h->lanes[i], j, in_lane);
                job_free(&j->at);
                return;
            }
        }
    }
}
