/*
 * What a legacy upstream asks its client for and the client cannot be asked: answered here, by an
 * error in fixed words, under a permit of its own. Egress runs it. A gateway names its call, the
 * request's id and one of two reasons, so that one that was taken over can say no and nothing else.
 */
#include "egress/refuse.h"

#include "base/mem.h"
#include "base/planted.h"
#include "ipc/gen/egress.h"
#include "ipc/gen/send.h"
#include "proto/mcp_write.h"

struct refusal_open {
    LIST_ENTRY(refusal_open) of_use;
    uint64_t number;
    struct use *of; /* on whose answer the upstream asked */
    struct buf id;  /* JSON text */
    enum refusal why;
    UT_hash_handle hh;
};

static void forget(struct egress *all, struct refusal_open *r)
{
    LIST_REMOVE(r, of_use);
    HASH_DEL(all->refusals, r);
    buf_free(&r->id);
    mem_free(r);
}

void refuse_leave(struct use *of)
{
    while (!LIST_EMPTY(&of->refusals_open))
        forget(of->all, LIST_FIRST(&of->refusals_open));
}

void egress_on_ask_refuse(struct egress *all, struct chan *c, const struct msg_ask_refuse *m)
{
    struct use *of = use_find(all, c, m->call);
    struct refusal_open *r;

    if (!jsonrpc_id_valid(m->id) && !PLANTED(refusal_any_body)) {
        chan_breach(c, BREACH_ASK_REFUSE);
        return;
    }
    /* It may have ended meanwhile; and one that goes on asking gets no more answers. */
    if (!of || of->step != USE_SENDING || of->era != ERA_LEGACY || !of->keeper ||
        of->refusals == LIM_ASKS)
        return;
    of->refusals++;
    r = MEM_NEW(struct refusal_open);
    r->number = ++all->last_refusal;
    r->of = of;
    r->id = BUF_INIT(m->id.n);
    r->why = m->why;
    buf_put(&r->id, m->id);
    LIST_INSERT_HEAD(&of->refusals_open, r, of_use);
    HASH_ADD(hh, all->refusals, number, sizeof(r->number), r);
    tell_refuse_want(of->keeper, &(struct msg_refuse_want){.use = of->id, .ask = r->number});
}

/* As a response of the client's would be sent, in the same session. */
static void take_over(struct use *u, const struct refusal_open *r)
{
    static const int codes[REFUSAL_COUNT] = {
        [REFUSAL_UNKNOWN_METHOD] = RPC_METHOD_NOT_FOUND, [REFUSAL_NO_ROOM] = RPC_INTERNAL_ERROR};
    const struct mcp_error e = {.id = buf_slice(&r->id),
                                .code = codes[r->why],
                                .message = SLICE_LIT("this client cannot be asked that")};

    u->era = ERA_LEGACY;
    u->kind = CALL_KIND_RESPONSE;
    u->key = r->of->key;
    u->client = r->of->client;
    u->session_id = r->of->session_id;
    buf_put(&u->protocol, buf_slice(&r->of->protocol));
    buf_put(&u->caps, buf_slice(&r->of->caps));
    u->body = BUF_INIT(LIM_RPC_ID_BYTES + 256);
    mcp_put_error(&u->body, &e);
    BUG_IF(buf_err(&u->body) != ERR_OK ||
           json_parse(&u->json, buf_slice(&u->body), NULL) != ERR_OK ||
           jsonrpc_read(&u->json, &u->rpc) != ERR_OK);
}

enum err refuse_take(struct use *u, uint64_t number)
{
    struct refusal_open *r;

    HASH_FIND(hh, u->all->refusals, &number, sizeof(number), r);
    if (!r || !ID_EQ(r->of->connection, u->connection))
        return ERR_GONE;
    take_over(u, r);
    forget(u->all, r);
    return ERR_OK;
}
