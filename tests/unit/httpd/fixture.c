#include "fixture.h"

#include <string.h>

#include "base/mem.h"

void fixture_reply(struct http_req *req, unsigned status, struct slice body)
{
    const struct http_field f[] = {{SLICE_LIT("Content-Type"), SLICE_LIT("text/plain")}};

    http_reply(req, status, f, 1, body);
}

static size_t body_max(const struct http_req *req)
{
    if (slice_eq_str(req->path, "/large") || slice_eq_str(req->path, "/wait"))
        return 8 * LIM_SHARE_LEAST;
    return slice_eq_str(req->method, "POST") ? BODY_MAX : 0;
}

void fixture_read(struct fixture *fx, struct http_req *req)
{
    struct share *s = req->query.n > 0 ? share_get(&fx->shares, req->query) : NULL;

    http_body_read(req, body_max(req), s);
    if (slice_eq_str(req->path, "/proven"))
        http_prove(req, s);
    share_put(s);
}

static void on_head(void *ctx, struct http_req *req)
{
    struct fixture *fx = ctx;

    fx->heads++;
    if (slice_eq_str(req->path, "/wait"))
        fx->asked = req;
    else if (slice_eq_str(req->path, "/drop"))
        http_body_drop(req, ERR_UNAUTHENTICATED);
    else
        fixture_read(fx, req);
}

static void hold(struct fixture *fx, struct http_req *req)
{
    for (size_t i = 0; i < HELD; i++) {
        if (fx->held[i] == NULL) {
            fx->held[i] = req;
            req->user = &fx->held[i];
            return;
        }
    }
    fail_msg("too many held requests");
}

static void on_request(void *ctx, struct http_req *req)
{
    struct fixture *fx = ctx;

    fx->requests++;
    buf_put(&fx->seen, req->method);
    buf_put_u8(&fx->seen, ' ');
    buf_put(&fx->seen, req->path);
    buf_put_u8(&fx->seen, '?');
    buf_put(&fx->seen, req->query);
    buf_put_u8(&fx->seen, ' ');
    buf_put(&fx->seen, req->body);
    buf_put_u8(&fx->seen, '\n');
    if (req->refused != ERR_OK) {
        fixture_reply(req, err_http(req->refused), SLICE_LIT("hello"));
    } else if (slice_eq_str(req->path, "/hold")) {
        hold(fx, req);
    } else if (slice_eq_str(req->path, "/stream")) {
        http_stream_start(req, 200, NULL, 0);
        hold(fx, req);
    } else if (slice_eq_str(req->path, "/big")) {
        struct buf b = BUF_INIT(8 << 20);
        uint8_t *p = buf_room(&b, 8 << 20);

        memset(p, 'x', 8 << 20);
        buf_added(&b, 8 << 20);
        fixture_reply(req, 200, buf_slice(&b));
        buf_free(&b);
    } else if (slice_eq_str(req->path, "/split")) {
        const struct http_field f[] = {{SLICE_LIT("X-A"), SLICE_LIT("a\r\nX-B: b")}};

        http_reply(req, 200, f, 1, SLICE_LIT("secret"));
    } else if (slice_eq_str(req->path, "/close")) {
        http_reply_close(req, 200, NULL, 0, SLICE_LIT("bye"));
    } else {
        fixture_reply(req, 200, SLICE_LIT("hello"));
    }
}

static void on_drained(void *ctx, struct http_req *req)
{
    struct fixture *fx = ctx;

    (void)req;
    fx->drains++;
}

static void on_end(void *ctx, struct http_req *req, enum http_end how)
{
    struct fixture *fx = ctx;

    fx->ends++;
    if (how == HTTP_SENT)
        fx->sent++;
    else
        fx->gone++;
    fx->gone_at = client_now();
    if (req->user != NULL)
        *(struct http_req **)req->user = NULL;
    if (req == fx->asked)
        fx->asked = NULL;
}

static void on_refused(void *ctx, enum err why)
{
    struct fixture *fx = ctx;

    fx->refusals++;
    fx->last_refusal = why;
}

static const struct http_ops ops = {on_head, on_request, on_drained, on_end, on_refused};

int fixture_setup(void **state)
{
    struct fixture *fx = MEM_NEW(struct fixture);
    int fd = client_listener(&fx->port);

    set(SET_CLIENTS, 64);
    set(SET_STREAM_BUFFER, 65536);
    set(SET_HEADER_TIME, 10000);
    set(SET_BODY_TIME, 10000);
    set(SET_IDLE_TIME, 60000);
    shares_init(&fx->shares, 64 * LIM_SHARE_LEAST, 4 * LIM_SHARE_LEAST);
    buf_init(&fx->seen, 1 << 20);
    fx->loop = loop_new();
    fx->h = httpd_new(fx->loop, fd, &ops, fx);
    *state = fx;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *fx = *state;

    httpd_free(fx->h);
    loop_free(fx->loop);
    buf_free(&fx->seen);
    assert_int_equal(fx->ends, fx->heads);
    assert_int_equal(fx->shares.held, 0);
    assert_null(fx->shares.by_owner);
    mem_free(fx);
    return 0;
}

void fixture_again(struct fixture *fx)
{
    httpd_free(fx->h);
    fx->h = httpd_new(fx->loop, client_listener(&fx->port), &ops, fx);
}
