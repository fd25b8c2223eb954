/*
 * The gateway's addresses: /mcp/UPSTREAM, with a slash at its end or none, and nothing else. Run by
 * the gateway for each HTTP request, after src/httpd refused what is ambiguous. Host and Origin
 * come first, for every address and method.
 */
#include "gateway/route.h"

#include "base/planted.h"
#include "gateway/core.h"
#include "gateway/cors.h"
#include "gateway/intake.h"
#include "gateway/reply.h"
#include "gateway/stream.h"
#include "os/log.h"
#include "proto/mcp_write.h"

static const struct method {
    const char *name;
    intake_fn *fn;
} methods[] = {
    {"POST", intake_post},
    {"GET", stream_get},
    {"DELETE", stream_delete},
};

static const struct method *find_method(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (slice_eq_str(name, methods[i].name))
            return &methods[i];
    }
    return NULL;
}

static const struct gateway_upstream *find_upstream(const struct gateway *g, struct slice path)
{
    const struct slice prefix = SLICE_LIT("/mcp/");
    struct slice name = slice_sub(path, prefix.n, path.n);

    if (!slice_starts(path, prefix))
        return NULL;
    if (slice_ends(name, SLICE_LIT("/")))
        name = slice_sub(name, 0, name.n - 1);
    return gateway_conf_upstream_by_name(&g->conf, name);
}

/* Nothing of the request's own words: people and programs put tokens into paths. */
static void log_refusal(const struct gateway *g, const struct http_req *req, enum err e)
{
    const struct gateway_upstream *up = find_upstream(g, req->path);
    const struct method *method = find_method(req->method);

    log_event(LEVEL_INFO, "request_refused", LOG_STR("method", method ? method->name : "another"),
              LOG_STR("upstream", up ? up->name : "none"), LOG_NUM("path_bytes", req->path.n),
              LOG_ERR(e));
}

static void put_error(const struct gateway *g, enum err e, struct buf *out)
{
    struct buf text = BUF_INIT(1024);

    buf_put_str(&text, err_sentence(e));
    if (e == ERR_BAD_HOST)
        buf_printf(&text, ", %s", g->conf.hosts[0]);
    mcp_put_error(
        out, &(struct mcp_error){.code = mcp_code_of(e, ERA_LEGACY), .message = buf_slice(&text)});
    buf_free(&text);
}

/* Before there is a call: an error without an id. */
static void refuse(struct gateway *g, struct http_req *req, enum err e)
{
    struct http_field f[CORS_FIELDS];
    const struct http_field *more = NULL;
    struct buf out = BUF_INIT(4096);
    size_t n = cors_fields(&g->conf, req, f);

    if (PLANTED(path_logged))
        log_event(LEVEL_INFO, "planted", LOG_TEXT("path", req->path));
    if (refusals_logs(&g->refusals, http_share(req), &e))
        log_refusal(g, req, e);
    f[n++] = (struct http_field){SLICE_LIT("Content-Type"), SLICE_LIT("application/json")};
    f[n++] = (struct http_field){SLICE_LIT("Cache-Control"), SLICE_LIT("no-store")};
    for (size_t left = reply_fields(e, &more); left > 0; left--)
        f[n++] = *more++;
    put_error(g, e, &out);
    http_reply(req, err_http(e), f, n, buf_slice(&out));
    buf_free(&out);
}

/* Who shows no token is told so, whatever else it sends. */
static void on_head(void *ctx, struct http_req *req)
{
    struct gateway *g = ctx;
    size_t max = slice_eq_str(req->method, "POST") ? limit_get(SET_BODY_BYTES) : 0;
    struct slice token;
    enum err e = intake_bearer(req, &token);

    if (!e)
        keys_take(&g->keys, g->keeper, req, token, max);
    else
        http_body_drop(req, e);
}

static void on_request(void *ctx, struct http_req *req)
{
    struct gateway *g = ctx;
    const struct gateway_upstream *up = find_upstream(g, req->path);
    const struct method *method = find_method(req->method);
    enum err e = cors_check(&g->conf, req);

    if (!e && !up)
        e = ERR_NO_ROUTE;
    if (!e && slice_eq_str(req->method, "OPTIONS")) {
        cors_preflight(&g->conf, req);
        return;
    }
    if (!e && !method)
        e = ERR_BAD_METHOD;
    if (e)
        refuse(g, req, e);
    else
        method->fn(g, up, req);
}

static void on_drained(UNUSED void *ctx, struct http_req *req)
{
    sink_on_drained(req->user);
}

static void on_end(void *ctx, struct http_req *req, UNUSED enum http_end how)
{
    struct gateway *g = ctx;

    keys_leave(&g->keys, req);
    if (req->user)
        sink_on_end(req->user);
}

/* Whose it is nobody looks at. */
static void on_refused(void *ctx, enum err why)
{
    struct gateway *g = ctx;

    if (refusals_take(&g->refusals, NULL))
        log_event(LEVEL_INFO, "connection_refused", LOG_ERR(why));
}

const struct http_ops route_ops = {on_head, on_request, on_drained, on_end, on_refused};
