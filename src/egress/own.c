/*
 * Uses that have no client behind them. Verify: one request of a configured, idempotent method, to
 * see whether the upstream takes a new credential. Probe: what the server is and its lists, page by
 * page, for the snapshot, in each era that it is configured for. Their messages are composed here;
 * their permits name no gateway.
 */
#include "egress/use.h"

#include "base/mem.h"
#include "egress/rule.h"
#include "proto/mcp_write.h"

#define OWN_ID "\"sidegate\""

struct own {
    struct slice method; /* of the request under way; a literal, or the configuration's */
    bool answered;       /* probe: the modern era's part is done */
    bool discovered;     /* probe: what lists there are is known */
    bool listing;        /* the request under way is for a list */
    size_t at;           /* the list of snapshot_lists that is asked for */
    unsigned pages;      /* of it, so far */
    bool bad;            /* it cannot be had whole */
    struct buf list;     /* its elements so far, with commas between */
    struct buf cursor;   /* JSON text of the next page's, or empty */
};

void own_free(struct own *o)
{
    if (o == NULL)
        return;
    buf_free(&o->list);
    buf_free(&o->cursor);
    mem_free(o);
}

static void finish(struct use *u, enum err code)
{
    const struct use_end e = {.result = RESULT_ANSWERED, .code = code, .how = ANSWER_HOW_DONE};

    use_finish(u, &e);
}

/* --- requests --------------------------------------------------------------------------------- */

static void put_meta(const struct use *u, struct json_writer *w)
{
    if (u->era != MCP_ERA_MODERN)
        return;
    json_w_key(w, "_meta");
    json_w_object(w);
    json_w_key(w, MCP_META_VERSION);
    json_w_str_c(w, MCP_VERSION_MODERN);
    json_w_key(w, MCP_META_CLIENT_INFO);
    json_w_object(w);
    json_w_key(w, "name");
    json_w_str_c(w, "sidegate");
    json_w_key(w, "version");
    json_w_str_c(w, SIDEGATE_VERSION);
    json_w_object_end(w);
    json_w_key(w, MCP_META_CAPABILITIES);
    json_w_object(w);
    json_w_object_end(w);
    json_w_object_end(w);
}

static void put_params(const struct use *u, struct json_writer *w)
{
    if (u->own->cursor.n > 0) {
        json_w_key(w, "cursor");
        json_w_raw(w, buf_slice(&u->own->cursor));
    }
    put_meta(u, w);
}

static void put_request(struct use *u)
{
    struct json_writer w;

    buf_clear(&u->own_body);
    json_w_init(&w, &u->own_body);
    json_w_object(&w);
    json_w_key(&w, "jsonrpc");
    json_w_str_c(&w, "2.0");
    json_w_key(&w, "id");
    json_w_raw(&w, SLICE_LIT(OWN_ID));
    json_w_key(&w, "method");
    json_w_str(&w, u->own->method);
    json_w_key(&w, "params");
    json_w_object(&w);
    put_params(u, &w);
    json_w_object_end(&w);
    json_w_object_end(&w);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* One page behind those before. j is screened. */
static void take_page(struct own *o, const struct json *j, uint32_t result)
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
    struct buf object = BUF_INIT(LIM_SNAPSHOT_BYTES);

    u->own->discovered = true;
    u->server_has = open_server_has(j, result);
    json_copy(j, result, &object);
    if (buf_err(&object) == ERR_OK) /* a larger one is not kept */
        snapshot_store(u, SNAPSHOT_SERVER, buf_slice(&object));
    buf_free(&object);
}

static enum err on_probe(struct use *u, const struct json *j, const struct jsonrpc *m)
{
    struct buf message = BUF_INIT(2 * limit_get(SET_BODY_BYTES) + LIM_PART_BYTES);
    struct json screened;
    enum err e;

    if (m->kind != JSONRPC_RESULT) {
        u->own->bad = true;
        return u->own->discovered ? ERR_OK : ERR_UPSTREAM_ANSWER;
    }
    json_init(&screened);
    e = use_screen(u, j, &message);
    if (e == ERR_OK)
        e = json_parse(&screened, buf_slice(&message), NULL);
    if (e == ERR_OK && u->own->discovered)
        take_page(u->own, &screened, json_get(&screened, 0, "result"));
    else if (e == ERR_OK)
        take_server(u, &screened, json_get(&screened, 0, "result"));
    json_free(&screened);
    buf_free(&message);
    return e;
}

/* A list that was asked for to try the credential is the first that its agent can be given: a lease
 * for one request lets no list through. */
static enum err on_verify(struct use *u, const struct json *j, const struct jsonrpc *m)
{
    struct buf message = BUF_INIT(2 * limit_get(SET_BODY_BYTES) + LIM_PART_BYTES);

    u->trouble = m->kind == JSONRPC_RESULT ? ERR_OK : ERR_UPSTREAM_ANSWER;
    if (u->trouble == ERR_OK && use_screen(u, j, &message) == ERR_OK)
        snapshot_of_answer(u, buf_slice(&message));
    buf_free(&message);
    return ERR_OK;
}

static enum err on_message(void *ctx, const struct json *j, const struct jsonrpc *m, bool final)
{
    struct use *u = ctx;

    if (!final)
        return ERR_OK; /* nobody to give it to */
    if (rule_refuses(&u->all->conf, j, m))
        return ERR_UPSTREAM_REFUSED;
    return u->mode == MODE_VERIFY ? on_verify(u, j, m) : on_probe(u, j, m);
}

static void on_head(void *ctx, const struct head *h, enum reader_from from)
{
    (void)ctx;
    (void)h;
    (void)from;
}

static void on_want_socket(void *ctx)
{
    use_want_socket(ctx);
}

static enum err on_may_send(void *ctx)
{
    struct use *u = ctx;
    enum err e = use_may_send(u);

    u->sent |= e == ERR_OK;
    return e;
}

/* --- steps ------------------------------------------------------------------------------------ */

static void post(struct use *u, struct slice method);

static void store_list(struct use *u)
{
    struct own *o = u->own;
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
    struct own *o = u->own;

    if (!o->bad)
        store_list(u);
    buf_clear(&o->list);
    buf_clear(&o->cursor);
    o->bad = false;
    o->pages = 0;
    o->at++;
}

/* A server may speak one era only, or say something else in each. */
static void try_legacy(struct use *u)
{
    struct own *o = u->own;

    exchange_linger(u->exchange);
    u->exchange = NULL;
    u->era = MCP_ERA_LEGACY;
    u->trouble = ERR_OK;
    u->server_has = 0;
    o->at = 0;
    o->listing = false;
    open_session(u);
}

/* Nothing more to ask in this era. */
static void probe_era_done(struct use *u)
{
    struct own *o = u->own;

    if (u->era == MCP_ERA_LEGACY || !u->all->conf.legacy) {
        finish(u, ERR_OK);
        return;
    }
    o->answered = true;
    try_legacy(u);
}

/* Whether the failure says that the server may know the legacy era alone. Of a trial these are the
 * answers to a version or a method that it does not know (2026-07-28 basic/versioning); anything
 * else is about the credential, or the server. */
static bool may_be_legacy(const struct use *u, const struct exchange_end *m)
{
    if (u->era != MCP_ERA_MODERN || !u->all->conf.legacy || !m->sent || m->how == EXCHANGE_REFUSED)
        return false;
    return u->mode == MODE_PROBE || m->status == 400 || m->status == 404;
}

bool own_goes_on(struct use *u, const struct exchange_end *m)
{
    bool legacy_next = may_be_legacy(u, m);

    if (!legacy_next && !u->own->answered)
        return false;
    if (legacy_next)
        try_legacy(u);
    else
        finish(u, ERR_OK);
    return true;
}

/* Asks for the next page, or the next list that the server has. */
static void probe_next(struct use *u)
{
    struct own *o = u->own;

    while (o->at < SNAPSHOT_LISTS && !(u->server_has & 1u << snapshot_lists[o->at].kind))
        o->at++;
    if (o->at < SNAPSHOT_LISTS)
        post(u, slice_str(snapshot_lists[o->at].method));
    else
        probe_era_done(u);
}

static void probe_ended(struct use *u, const struct exchange_end *m, bool listing)
{
    struct own *o = u->own;

    if (m->how != EXCHANGE_DONE && !(m->how == EXCHANGE_STATUS && listing)) {
        use_failed(u, m);
        return;
    }
    o->bad |= m->how == EXCHANGE_STATUS;
    exchange_linger(u->exchange);
    u->exchange = NULL;
    if (listing && (o->bad || o->cursor.n == 0))
        end_list(u);
    probe_next(u);
}

static void verify_ended(struct use *u, const struct exchange_end *m)
{
    struct exchange_end e = *m;

    /* A new credential that is forbidden is not the right one either. */
    if (e.how == EXCHANGE_STATUS && e.status == 403)
        e.how = EXCHANGE_REFUSED;
    if (e.how == EXCHANGE_DONE && u->trouble != ERR_OK && own_goes_on(u, m))
        return; /* the status came with a JSON-RPC error */
    if (e.how == EXCHANGE_DONE)
        finish(u, u->trouble);
    else
        use_failed(u, &e);
}

static void on_end(void *ctx, const struct exchange_end *m)
{
    struct use *u = ctx;

    u->status = m->status;
    if (u->mode == MODE_VERIFY)
        verify_ended(u, m);
    else
        probe_ended(u, m, u->own->listing);
}

static void post(struct use *u, struct slice method)
{
    static const struct exchange_events events = {on_want_socket, on_may_send,  on_head,
                                                  on_message,     use_may_read, on_end};
    struct exchange_ask ask = {
        .conf = &u->all->conf,
        .pool = u->pool,
        .era = u->era,
        .kind = CALL_KIND_REQUEST,
        .id = SLICE_LIT(OWN_ID),
    };

    u->own->method = method;
    u->own->listing = u->own->discovered;
    put_request(u);
    /* Too large: a cursor of the upstream's. */
    if (buf_err(&u->own_body) != ERR_OK ||
        json_parse(&u->json, buf_slice(&u->own_body), NULL) != ERR_OK ||
        jsonrpc_read(&u->json, &u->rpc) != ERR_OK) {
        use_abort(u, ERR_TOO_LARGE);
        return;
    }
    ask.body = buf_slice(&u->own_body);
    u->step = USE_SENDING;
    u->dials = 0;
    u->exchange = exchange_new(&ask, &events, u);
    use_headers(u, exchange_http(u->exchange));
    if (use_message_headers(u, exchange_http(u->exchange)) != ERR_OK)
        use_abort(u, ERR_INVALID_PARAMS);
    else
        exchange_start(u->exchange);
}

/* Of a legacy server initialize has been tried by opening the session. */
void own_send(struct use *u)
{
    struct slice method = buf_slice(&u->all->conf.verify_method);
    bool opened = u->era == MCP_ERA_LEGACY;

    u->own->discovered = u->mode == MODE_PROBE && opened;
    if (u->mode == MODE_PROBE && !opened) {
        post(u, SLICE_LIT("server/discover"));
    } else if (u->mode == MODE_PROBE) {
        probe_next(u);
    } else if (opened && slice_eq_str(method, "initialize")) {
        finish(u, ERR_OK);
    } else {
        snapshot_expect_method(u, method);
        post(u, method);
    }
}

bool own_is(const struct use *u)
{
    return u->mode == MODE_VERIFY || u->mode == MODE_PROBE;
}

void own_begin(struct use *u)
{
    u->own = MEM_NEW(struct own);
    u->own->list = BUF_INIT(LIM_SNAPSHOT_BYTES);
    u->own->cursor = BUF_INIT(4096);
    u->kind = CALL_KIND_REQUEST;
    u->era = u->all->conf.modern ? MCP_ERA_MODERN : MCP_ERA_LEGACY;
    buf_put(&u->protocol, SLICE_LIT(MCP_VERSION_MODERN));
    if (u->mode == MODE_VERIFY && u->all->conf.verify_method.n == 0)
        use_abort(u, ERR_CONFIG);
    else
        use_begin(u);
}
