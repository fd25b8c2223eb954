/*
 * Open requests to legacy clients. Run by the gateway. Trusts nothing: an answer with an id that is
 * not open here belongs to nobody.
 */
#include "gateway/ask.h"

#include <inttypes.h>

#include "base/mem.h"
#include "proto/jsonrpc.h"

#define PREFIX "sg-"

void asks_init(struct asks *a)
{
    *a = (struct asks){0};
    TAILQ_INIT(&a->list);
}

void asks_done(struct asks *a)
{
    struct ask *k = NULL;

    while ((k = TAILQ_FIRST(&a->list)))
        ask_free(a, k);
}

struct ask *ask_new(struct asks *a, uint64_t call, struct slice upstream_id)
{
    struct ask *k = NULL;

    if (a->n == LIM_ASKS)
        return NULL;
    k = MEM_NEW(struct ask);
    k->number = ++a->last;
    k->call = call;
    k->ours = upstream_id.n == 0;
    buf_init(&k->upstream_id, LIM_RPC_ID_BYTES);
    buf_put(&k->upstream_id, upstream_id);
    TAILQ_INSERT_TAIL(&a->list, k, entry);
    a->n++;
    return k;
}

void ask_free(struct asks *a, struct ask *k)
{
    TAILQ_REMOVE(&a->list, k, entry);
    a->n--;
    buf_free(&k->upstream_id);
    mem_free(k);
}

void asks_drop_call(struct asks *a, uint64_t call)
{
    struct ask *next;

    for (struct ask *k = TAILQ_FIRST(&a->list); k; k = next) {
        next = TAILQ_NEXT(k, entry);
        if (k->call == call)
            ask_free(a, k);
    }
}

void ask_put_id(struct buf *out, const struct ask *k)
{
    buf_printf(out, "\"" PREFIX "%" PRIu64 "\"", k->number);
}

struct ask *ask_by_id(const struct asks *a, struct slice id)
{
    const struct slice prefix = SLICE_LIT(PREFIX);
    struct ask *k = NULL;
    uint64_t number = 0;

    if (!slice_starts(id, prefix) ||
        !slice_to_u64(slice_sub(id, prefix.n, id.n), UINT64_MAX, &number))
        return NULL;
    TAILQ_FOREACH(k, &a->list, entry) {
        if (k->number == number)
            return k;
    }
    return NULL;
}

struct ask *ask_by_upstream_id(const struct asks *a, struct slice id)
{
    struct ask *k = NULL;

    TAILQ_FOREACH(k, &a->list, entry) {
        if (!k->ours && jsonrpc_id_eq(buf_slice(&k->upstream_id), id))
            return k;
    }
    return NULL;
}
