/* Counting instead of recording. Run by the keeper. There are as many rows as agent keys and people
 * did something in a minute. */
#include "keeper/sums.h"

#include "base/mem.h"
#include "os/log.h"

enum { MINUTE_MS = 60000 };

static enum err work(void *ctx)
{
    struct keeper *k = ctx;
    enum err e = ERR_OK;

    for (struct sum *s = k->sums->by_key; !e && s; s = s->hh.next) {
        s->writing = s->n;
        e = k->sums->record(k, (enum event)s->key.event, &s->key.who, s->n);
    }
    return e;
}

/* What was counted since stays for the next record, and so does all when it was not written. */
static void done(void *ctx, enum err e)
{
    struct keeper *k = ctx;
    struct sum *s = NULL, *next = NULL;

    k->sums->writing = false;
    if (e)
        log_event(LEVEL_WARN, "counts_not_recorded", LOG_ERR(e));
    HASH_ITER(hh, k->sums->by_key, s, next) {
        s->n -= e ? 0 : s->writing;
        s->writing = 0;
        if (s->n == 0) {
            HASH_DELETE(hh, k->sums->by_key, s);
            mem_free(s);
        }
    }
    if (k->sums->by_key)
        loop_timer_set(k->sums->timer, MINUTE_MS);
}

void sums_flush(struct keeper *k)
{
    if (!k->sums->by_key || k->sums->writing)
        return;
    k->sums->writing = true;
    store_work(k->store, STORE_NORMAL, work, done, k);
}

static void on_timer(void *ctx)
{
    sums_flush(ctx);
}

void sums_open(struct keeper *k, sums_record_fn *record)
{
    k->sums->record = record;
    k->sums->timer = loop_timer_new(k->loop, on_timer, k);
}

void sums_add(struct keeper *k, enum event event, struct principal who)
{
    struct sum_key key = {.event = event, .who = who};
    struct sum *s = NULL;

    HASH_FIND(hh, k->sums->by_key, &key, sizeof(key), s);
    if (!s) {
        if (!k->sums->by_key)
            loop_timer_set(k->sums->timer, MINUTE_MS);
        s = MEM_NEW(struct sum);
        s->key = key;
        HASH_ADD(hh, k->sums->by_key, key, sizeof(s->key), s);
    }
    s->n++;
}

void sums_close(struct keeper *k)
{
    struct sum *s = NULL;

    while ((s = k->sums->by_key)) {
        HASH_DELETE(hh, k->sums->by_key, s);
        mem_free(s);
    }
    if (k->sums->timer)
        loop_timer_free(k->sums->timer);
}
