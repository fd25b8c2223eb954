/*
 * Headers that repeat arguments. Run by the gateway on headers that a client chose, and on schemas
 * that an upstream did; trusts neither. A tool that nobody listed yet, or whose declarations break
 * the specification, declares nothing here: its headers are passed on as they came, as the
 * specification has it, and the upstream, which knows the tool, checks them. A person's yes is for
 * the headers too (proto/request.h).
 */
#include "gateway/params.h"

#include "base/mem.h"
#include "gateway/core.h"
#include "ipc/gen/send.h"
#include "proto/mcp_header.h"

struct params_key {
    struct digest token; /* of the agent key */
    uint16_t upstream;
};

struct params {
    struct params_key key;
    struct buf tools; /* elements of a JSON array: {"name":...,"inputSchema":...} */
    TAILQ_ENTRY(params) link;
    UT_hash_handle hh;
};

struct params_all {
    struct params *by_key;
    TAILQ_HEAD(, params) by_age; /* the longest unused first */
};

/* --- what tools declare ----------------------------------------------------------------------- */

struct params_all *params_new(void)
{
    struct params_all *all = MEM_NEW(struct params_all);

    TAILQ_INIT(&all->by_age);
    return all;
}

static void forget(struct params_all *all, struct params *p)
{
    HASH_DEL(all->by_key, p);
    TAILQ_REMOVE(&all->by_age, p, link);
    buf_free(&p->tools);
    mem_free(p);
}

void params_free(struct params_all *all)
{
    while (!TAILQ_EMPTY(&all->by_age))
        forget(all, TAILQ_FIRST(&all->by_age));
    mem_free(all);
}

static struct params_key key_of(const struct call *c)
{
    struct params_key key = {0}; /* padding too: it is hashed */

    key.token = c->agent->token;
    key.upstream = c->up->number;
    return key;
}

static struct params *find(const struct call *c)
{
    struct params_all *all = c->g->params;
    struct params_key key = key_of(c);
    struct params *p = NULL;

    HASH_FIND(hh, all->by_key, &key, sizeof(key), p);
    if (p) {
        TAILQ_REMOVE(&all->by_age, p, link);
        TAILQ_INSERT_TAIL(&all->by_age, p, link);
    }
    return p;
}

static struct params *find_or_add(const struct call *c)
{
    struct params_all *all = c->g->params;
    struct params *p = find(c);

    if (p)
        return p;
    if (HASH_COUNT(all->by_key) == LIM_PARAM_LISTS)
        forget(all, TAILQ_FIRST(&all->by_age));
    p = MEM_NEW(struct params);
    p->key = key_of(c);
    buf_init(&p->tools, LIM_PARAM_LIST_BYTES);
    HASH_ADD(hh, all->by_key, key, sizeof(p->key), p);
    TAILQ_INSERT_TAIL(&all->by_age, p, link);
    return p;
}

static void learn_tool(const struct call *c, const struct json *j, uint32_t tool)
{
    struct mcp_param declared[LIM_MCP_PARAMS];
    uint32_t name = json_get(j, tool, "name"), schema = json_get(j, tool, "inputSchema");
    struct buf text = BUF_INIT(LIM_PARAM_LIST_BYTES);
    struct params *p = NULL;
    size_t n = 0;

    if (!json_is(j, name, JSON_STRING) ||
        mcp_param_scan(j, schema, declared, ARRAY_LEN(declared), &n) != ERR_OK || n == 0)
        return;
    p = find_or_add(c);
    buf_put_str(&text, p->tools.n > 0 ? ",{\"name\":" : "{\"name\":");
    json_copy(j, name, &text);
    buf_put_str(&text, ",\"inputSchema\":");
    json_copy(j, schema, &text);
    buf_put_u8(&text, '}');
    /* One that does not fit any more is not known. */
    if (buf_err(&text) == ERR_OK && text.n <= LIM_PARAM_LIST_BYTES - p->tools.n)
        buf_put(&p->tools, buf_slice(&text));
    buf_free(&text);
}

void params_learn(const struct call *c, const struct json *j, uint32_t result)
{
    uint32_t tools = json_get(j, result, "tools");
    struct params *p = c->has_cursor ? NULL : find(c);

    if (p)
        forget(c->g->params, p); /* a new list begins */
    if (!json_is(j, tools, JSON_ARRAY))
        return;
    for (uint32_t t = json_first(j, tools); t != JSON_NONE; t = json_next(j, t))
        learn_tool(c, j, t);
}

/* --- one request ------------------------------------------------------------------------------ */

/* Mcp-Param-NAME; *ret_name is NAME. */
static bool is_param(const struct http_field *f, struct slice *ret_name)
{
    const struct slice prefix = SLICE_LIT(MCP_PARAM_PREFIX);

    *ret_name = slice_sub(f->name, prefix.n, f->name.n);
    return slice_eq_nocase(slice_sub(f->name, 0, prefix.n), prefix);
}

static enum err check_fields(const struct http_req *req)
{
    struct slice name = SLICE_EMPTY;
    unsigned n = 0;

    for (size_t i = 0; i < req->n_fields; i++) {
        const struct http_field *f = &req->fields[i];

        if (is_param(f, &name) &&
            (++n > LIM_MCP_PARAMS || name.n == 0 || name.n > LIM_PARAM_NAME_BYTES ||
             f->value.n == 0 || f->value.n > LIM_NAME_BYTES || !http_is_field_value(f->value)))
            return ERR_BAD_HEADERS;
    }
    return ERR_OK;
}

/* A field value holds no line end, so one ends each. */
static void keep(struct call *c, struct slice name, struct slice value)
{
    buf_put(&c->params, name);
    buf_put_u8(&c->params, '\n');
    buf_put(&c->params, value);
    buf_put_u8(&c->params, '\n');
}

/* The declaration that this header is about, or NULL. */
static const struct mcp_param *declared(const struct mcp_param_call *of, const struct mcp_param *p,
                                        size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++) {
        if (slice_eq_nocase(json_raw(of->tool, p[i].name), name))
            return &p[i];
    }
    return NULL;
}

/* As the body has it: 42 for a header 42.0. One whose argument is missing is not sent. */
static enum err keep_declared(struct call *c, const struct mcp_param_call *of,
                              const struct mcp_param *p, struct slice name)
{
    struct buf value = BUF_INIT(LIM_NAME_BYTES);
    bool there = false;
    enum err e = mcp_param_value(of, p, &value, &there);

    if (!e && there)
        keep(c, name, buf_slice(&value));
    buf_free(&value);
    return e ? ERR_BAD_HEADERS : ERR_OK;
}

/* Names and order stay the client's: they are part of the request, which must not be another one
 * because a list came by meanwhile. */
static enum err keep_all(struct call *c, const struct mcp_param_call *of, const struct mcp_param *p,
                         size_t n)
{
    struct slice name = SLICE_EMPTY;
    enum err e = ERR_OK;

    for (size_t i = 0; i < c->http->n_fields && !e; i++) {
        const struct http_field *f = &c->http->fields[i];
        const struct mcp_param *d;

        if (!is_param(f, &name))
            continue;
        d = declared(of, p, n, name);
        if (d)
            e = keep_declared(c, of, d, name);
        else
            keep(c, name, f->value);
    }
    return e;
}

static enum err take_declared(struct call *c, const struct json *tools, uint32_t tool)
{
    const struct mcp_param_call of = {.tool = tools,
                                      .schema = json_get(tools, tool, "inputSchema"),
                                      .j = &c->in,
                                      .arguments = c->req.arguments};
    struct mcp_param p[LIM_MCP_PARAMS];
    size_t n = 0;
    enum err e = mcp_param_scan(tools, of.schema, p, ARRAY_LEN(p), &n);

    BUG_IF(e); /* it was scanned when it was learned */
    e = mcp_param_check(c->http->fields, c->http->n_fields, &of, &c->mismatch);
    return e ? e : keep_all(c, &of, p, n);
}

/* The known tool that the request calls, or JSON_NONE. */
static uint32_t find_tool(const struct call *c, const struct json *tools)
{
    struct buf scratch = BUF_INIT(LIM_NAME_BYTES);
    struct slice name = json_str_slice(&c->in, c->req.name, &scratch);
    uint32_t t = json_first(tools, 0);

    while (t != JSON_NONE && !json_str_eq(tools, json_get(tools, t, "name"), name))
        t = json_next(tools, t);
    buf_free(&scratch);
    return t;
}

static enum err take_known(struct call *c, const struct params *known)
{
    struct buf text = BUF_INIT(LIM_PARAM_LIST_BYTES + 2);
    struct json tools = JSON_INIT;
    uint32_t tool = JSON_NONE;
    enum err e;

    buf_put_u8(&text, '[');
    buf_put(&text, buf_slice(&known->tools));
    buf_put_u8(&text, ']');
    BUG_IF(json_parse(&tools, buf_slice(&text), NULL) != ERR_OK); /* it was parsed before */
    tool = find_tool(c, &tools);
    e = tool == JSON_NONE ? keep_all(c, NULL, NULL, 0) : take_declared(c, &tools, tool);
    json_free(&tools);
    buf_free(&text);
    return e;
}

enum err params_take(struct call *c)
{
    const struct params *known = c->method->method == MCP_TOOLS_CALL ? find(c) : NULL;
    enum err e = check_fields(c->http);

    if (e)
        return e;
    e = known ? take_known(c, known) : keep_all(c, NULL, NULL, 0);
    return !e && buf_err(&c->params) != ERR_OK ? ERR_BAD_HEADERS : e;
}

struct request_headers params_read(const struct call *c)
{
    struct slice rest = buf_slice(&c->params);
    struct request_headers h = {.n = 0};

    while (rest.n > 0) {
        struct http_field *f = &h.v[h.n++];

        BUG_IF(h.n > ARRAY_LEN(h.v)); /* check_fields lets no more pass */
        f->name = slice_until(&rest, '\n');
        f->value = slice_until(&rest, '\n');
    }
    return h;
}

enum err params_send(const struct call *c)
{
    const struct request_headers h = params_read(c);
    enum err e = ERR_OK;

    for (size_t i = 0; i < h.n && !e; i++) {
        const struct msg_send_param m = {c->id, h.v[i].name, h.v[i].value};

        e = send_send_param(c->egress, &m);
    }
    return e;
}
