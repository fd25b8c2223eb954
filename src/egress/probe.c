/*
 * Looking at a server: what it is and its lists, page by page, for the snapshot, in each era that it
 * is configured for. Egress runs it.
 */
#include "egress/probe.h"

#include "base/mem.h"
#include "egress/open.h"
#include "egress/own.h"
#include "egress/rule.h"
#include "egress/screening.h"
#include "egress/snapshot.h"

struct probe_state {
    bool answered;     /* the modern era's part is done */
    bool discovered;   /* what lists there are is known */
    bool listing;      /* the request under way is for a list */
    size_t at;         /* the list of snapshot_lists that is asked for */
    unsigned pages;    /* of it, so far */
    bool bad;          /* it cannot be had whole */
    struct buf list;   /* its elements so far, with commas between */
    struct buf cursor; /* JSON text of the next page's, or empty */
};

/* --- answers ---------------------------------------------------------------------------------- */

/* One page behind those before. j is screened. */
static void take_page(struct probe_state *o, const struct json *j, uint32_t result)
{
    uint32_t list = json_get(j, result, snapshot_lists[o->at].member);
    uint32_t cursor = json_get(j, result, "nextCursor");

    for (uint32_t i = json_first(j, list); i != JSON_NONE; i = json_next(j, i)) {
        if (o->list.n > 0)
            buf_put_u8(&o->list, ',');
        json_copy(j, i, &o->list);
    }
    buf_clear(&o->cursor);
    if (json_is(j, cursor, JSON_STRING))
        json_copy(j, cursor, &o->cursor);
    o->bad |= !json_is(j, list, JSON_ARRAY) || ++o->pages > LIM_LIST_PAGES ||
              buf_err(&o->list) != ERR_OK || buf_err(&o->cursor) != ERR_OK;
}

/* What the server says of itself. j is screened. */
static void take_server(struct use *u, const struct json *j, uint32_t result)
{
    u->probe->discovered = true;
    u->server_has = open_server_has(j, result);
    snapshot_server(u, j, result);
}

static enum err on_message(struct use *u, const struct json *j, const struct jsonrpc *m, bool final)
{
    struct buf message = BUF_INIT(2 * limit_get(SET_BODY_BYTES) + LIM_PART_BYTES);
    struct json screened = JSON_INIT;
    enum err e;

    if (!final)
        return ERR_OK; /* nobody to give it to */
    if (rule_refuses(&u->all->conf, j, m))
        return ERR_UPSTREAM_REFUSED;
    if (m->kind != JSONRPC_RESULT) {
        u->probe->bad = true;
        return u->probe->discovered ? ERR_OK : ERR_UPSTREAM_ANSWER;
    }
    e = screening_message(u, j, &message);
    if (!e)
        e = json_parse(&screened, buf_slice(&message), NULL);
    if (!e && u->probe->discovered)
        take_page(u->probe, &screened, json_get(&screened, 0, "result"));
    else if (!e)
        take_server(u, &screened, json_get(&screened, 0, "result"));
    json_free(&screened);
    buf_free(&message);
    return e;
}

/* --- steps ------------------------------------------------------------------------------------ */

static void store_list(struct use *u)
{
    struct probe_state *o = u->probe;
    struct buf object = BUF_INIT(LIM_SNAPSHOT_BYTES);

    buf_printf(&object, "{\"%s\":[", snapshot_lists[o->at].member);
    buf_put(&object, buf_slice(&o->list));
    buf_put(&object, SLICE_LIT("]}"));
    if (buf_err(&object) == ERR_OK) /* a larger one is not kept */
        snapshot_store(u, snapshot_lists[o->at].kind, buf_slice(&object));
    buf_free(&object);
}

/* A list is there, or cannot be had. */
static void end_list(struct use *u)
{
    struct probe_state *o = u->probe;

    if (!o->bad)
        store_list(u);
    buf_clear(&o->list);
    buf_clear(&o->cursor);
    o->bad = false;
    o->pages = 0;
    o->at++;
}

static void try_legacy(struct use *u)
{
    u->probe->at = 0;
    u->probe->listing = false;
    own_try_legacy(u);
}

/* Nothing more to ask in this era. */
static void era_done(struct use *u)
{
    struct probe_state *o = u->probe;

    if (u->era == ERA_LEGACY || !u->all->conf.legacy) {
        use_answered(u, ERR_OK);
        return;
    }
    o->answered = true;
    try_legacy(u);
}

static bool goes_on(struct use *u, const struct transport_end *m)
{
    bool legacy_next = own_may_be_legacy(u, m);

    if (!legacy_next && !u->probe->answered)
        return false;
    if (legacy_next)
        try_legacy(u);
    else
        use_answered(u, ERR_OK);
    return true;
}

static void post(struct use *u, struct slice method);

/* Asks for the next page, or the next list that the server has. */
static void next(struct use *u)
{
    struct probe_state *o = u->probe;

    while (o->at < SNAPSHOT_LISTS && !(u->server_has & 1u << snapshot_lists[o->at].kind))
        o->at++;
    if (o->at < SNAPSHOT_LISTS)
        post(u, slice_str(snapshot_lists[o->at].method));
    else
        era_done(u);
}

static void on_end(struct use *u, const struct transport_end *m)
{
    struct probe_state *o = u->probe;

    u->status = m->status;
    if (m->how != TRANSPORT_DONE && !(m->how == TRANSPORT_STATUS && o->listing)) {
        use_failed(u, m);
        return;
    }
    o->bad |= m->how == TRANSPORT_STATUS;
    if (o->listing && (o->bad || o->cursor.n == 0))
        end_list(u);
    next(u);
}

static void post(struct use *u, struct slice method)
{
    static const struct transport_events events = {
        .leaves = own_leaves, .message = on_message, .end = on_end};

    u->probe->listing = u->probe->discovered;
    own_post(u, method, buf_slice(&u->probe->cursor), &events);
}

static void send(struct use *u)
{
    u->probe->discovered = u->era == ERA_LEGACY; /* by opening the session */
    if (u->probe->discovered)
        next(u);
    else
        post(u, SLICE_LIT("server/discover"));
}

static void left(struct use *u)
{
    open_leave(u);
    buf_free(&u->probe->list);
    buf_free(&u->probe->cursor);
    mem_free(u->probe);
}

enum err probe_take(struct use *u, UNUSED uint64_t number)
{
    own_take(u);
    u->probe = MEM_NEW(struct probe_state);
    u->probe->list = BUF_INIT(LIM_SNAPSHOT_BYTES);
    u->probe->cursor = BUF_INIT(4096);
    return ERR_OK;
}

const struct use_ops probe_ops = {.own = true, .send = send, .goes_on = goes_on, .left = left};
