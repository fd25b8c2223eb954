/*
 * The password thread of surface: one thread of os/worker. A secret belongs to the loop or to the
 * thread, one at a time.
 */
#include "surface/hasher.h"

#include "base/limits.h"
#include "base/mem.h"
#include "os/worker.h"

struct job {
    struct worker_job at;
    struct sec *password, *verifier;
    uint8_t salt[PASSWORD_SALT_BYTES];
    struct password_cost cost;
};

struct hasher {
    hasher_fn *fn;
    void *ctx;
    struct worker *worker;
};

static void run(struct worker_job *at)
{
    struct job *j = (struct job *)at;

    if (password_verifier(j->password, j->salt, j->cost, &j->verifier) != ERR_OK)
        j->verifier = NULL;
    sec_free(j->password);
    j->password = NULL;
}

static void on_done(void *ctx, struct worker_job *at)
{
    struct hasher *h = ctx;
    struct job *j = (struct job *)at;
    struct sec *verifier = j->verifier;

    j->verifier = NULL; /* moved */
    h->fn(h->ctx, at->ticket, verifier);
}

static void job_free(struct worker_job *at)
{
    struct job *j = (struct job *)at;

    sec_free(j->password);
    sec_free(j->verifier);
    mem_wipe(j->salt, sizeof(j->salt));
    mem_free(j);
}

enum err hasher_new(struct loop *l, hasher_fn *fn, void *ctx, struct hasher **ret)
{
    static const struct worker_ops ops = {LIM_HASHES, LIM_HASHES, 1, run, on_done, job_free};
    struct hasher *h = MEM_NEW(struct hasher);

    *h = (struct hasher){.fn = fn, .ctx = ctx};
    enum err e = worker_new(l, &ops, h, &h->worker);
    if (e == ERR_OK)
        e = worker_start(h->worker, 1);
    if (e != ERR_OK) {
        hasher_free(h);
        return e;
    }
    *ret = h;
    return ERR_OK;
}

void hasher_free(struct hasher *h)
{
    if (!h)
        return;
    worker_free(h->worker);
    mem_free(h);
}

enum err hasher_ask(struct hasher *h, uint64_t ticket, struct sec *password,
                    const uint8_t salt[PASSWORD_SALT_BYTES], struct password_cost cost)
{
    /* Who came now would be told too late, and so would all after them. */
    if (worker_age(h->worker) > limit_get(SET_PAGE_TIME) / 2) {
        sec_free(password);
        return ERR_AGAIN;
    }
    struct job *j = MEM_NEW(struct job);
    j->password = password;
    j->cost = cost;
    for (size_t i = 0; i < PASSWORD_SALT_BYTES; i++)
        j->salt[i] = salt[i];
    return worker_ask(h->worker, &j->at, ticket);
}

void hasher_drop(struct hasher *h, uint64_t ticket)
{
    worker_drop(h->worker, ticket);
}
