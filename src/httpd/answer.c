/*
 * What: answers, whole and streamed, and the back-pressure towards the role. Run by gateway and
 * surface. Trusts the role, but not the values it puts into fields: some of them came from outside.
 * Specification: RFC 9110 6 and 15, RFC 9112 7.
 *
 * libmicrohttpd pulls: it asks for bytes when the socket takes some. With nothing to give the
 * connection is suspended, and resumed by the next write.
 */
#include "base/mem.h"
#include "httpd/internal.h"
#include "os/tcp.h"

void answer_wake(struct req *r)
{
    if (r->suspended) {
        r->suspended = false;
        MHD_resume_connection(r->mc);
        conn_kick(r->conn);
    }
}

/* --- the pull --------------------------------------------------------------------------------- */

static size_t waiting(const struct req *r)
{
    return r->out.n - r->out_at;
}

/* Bytes that were taken are dropped when they are the larger part, so that each is moved at most
 * once more. */
static void taken(struct req *r, size_t n)
{
    r->out_at += n;
    if (r->out_at > r->out.n / 2) {
        buf_consume(&r->out, r->out_at);
        r->out_at = 0;
    }
    /* A stream may be quiet for long. */
    if (r->out.n == 0 && r->out.cap > LIM_REPLY_INLINE) {
        buf_free(&r->out);
        IGNORE(hold_set(&r->out_hold, 0));
    }
}

/* libmicrohttpd closes a connection whose callback reports an error, and then forgets it until it
 * is its oldest; one whose socket takes nothing it cleans up at once, when it writes next. So the
 * socket is cut, and a byte given that nobody gets. The role hears of it now: the same client's
 * next request may be read before that. */
static ssize_t pull_nothing_more(struct req *r, char *dst)
{
    tcp_cut(r->conn->fd);
    r->gone = true;
    request_tell_end(r, HTTP_GONE);
    *dst = 0;
    return 1;
}

static ssize_t pull(void *cls, uint64_t pos, char *dst, size_t max)
{
    struct req *r = cls;
    struct slice all = buf_slice(&r->out);
    size_t n = 0;

    (void)pos;
    r->suspended = false;
    if (r->gone)
        return pull_nothing_more(r, dst);
    if (waiting(r) == 0 && r->out_ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (waiting(r) == 0) {
        if (r->conn->hangup)
            return pull_nothing_more(r, dst);
        conn_phase(r->conn, PHASE_WORK);
        r->suspended = true;
        MHD_suspend_connection(r->mc);
        return 0;
    }
    n = slice_copy(slice_sub(all, r->out_at, all.n), dst, max);
    taken(r, n);
    conn_phase(r->conn, PHASE_SEND);
    if (r->above && waiting(r) < limit_get(SET_STREAM_BUFFER) / 4) {
        r->above = false;
        if (!r->out_ended && r->h->ops->drained)
            r->h->ops->drained(r->h->ctx, &r->pub);
    }
    return (ssize_t)n;
}

/* --- making a response ------------------------------------------------------------------------ */

static bool add_field(struct MHD_Response *resp, const struct http_field *f)
{
    char *name = mem_strndup(f->name.p, f->name.n);
    char *value = mem_strndup(f->value.p, f->value.n);
    bool ok = http_is_token(f->name) && http_is_field_value(f->value) &&
              MHD_add_response_header(resp, name, value) == MHD_YES;

    mem_free(name);
    mem_free(value);
    return ok;
}

enum err http_fits(const struct http_req *req, size_t n)
{
    return n <= LIM_REPLY_INLINE ? ERR_OK : hold_may(&((const struct req *)req)->out_hold, n);
}

/* NULL: there is no room for it. */
static struct MHD_Response *make_whole(struct req *r, struct slice body)
{
    if (body.n <= LIM_REPLY_INLINE)
        return MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p,
                                               MHD_RESPMEM_MUST_COPY);
    if (hold_set(&r->out_hold, body.n) != ERR_OK)
        return NULL;
    buf_free(&r->out);
    buf_init(&r->out, body.n);
    buf_put(&r->out, body);
    r->out_ended = true;
    return MHD_create_response_from_callback(body.n, LIM_REPLY_INLINE, pull, r, NULL);
}

/* Takes over resp as the answer; a field that cannot be sent makes it an empty 500, NULL an empty
 * 503. */
static void answer(struct req *r, struct MHD_Response *resp, unsigned status,
                   const struct http_field *fields, size_t n)
{
    bool fits = resp != NULL, ok = fits;

    BUG_IF(r->replied);
    for (size_t i = 0; i < n && ok; i++)
        ok = add_field(resp, &fields[i]);
    if (!ok) {
        if (fits)
            MHD_destroy_response(resp);
        resp = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        BUG_IF(!resp);
        status = fits ? 500 : err_http(ERR_AGAIN);
        r->out_ended = true;
    }
    r->response = resp;
    r->status = status;
    r->replied = true;
    answer_wake(r);
}

void http_reply(struct http_req *req, unsigned status, const struct http_field *fields, size_t n,
                struct slice body)
{
    struct req *r = req_of(req);

    if (r->gone)
        return;
    answer(r, make_whole(r, body), status, fields, n);
}

static void close_after(struct req *r)
{
    BUG_IF(MHD_add_response_header(r->response, "Connection", "close") != MHD_YES);
}

void http_reply_close(struct http_req *req, unsigned status, const struct http_field *fields,
                      size_t n, struct slice body)
{
    struct req *r = req_of(req);

    if (r->gone)
        return;
    answer(r, make_whole(r, body), status, fields, n);
    close_after(r);
}

enum MHD_Result answer_queue(struct req *r)
{
    if (r->queued)
        return MHD_YES;
    r->queued = true;
    conn_phase(r->conn, PHASE_SEND);
    return MHD_queue_response(r->mc, r->status, r->response);
}

/* --- refusals of our own ---------------------------------------------------------------------- */

void answer_refusal(struct req *r, enum err why)
{
    const struct http_field type[] = {
        {SLICE_LIT("Content-Type"), SLICE_LIT("text/plain; charset=utf-8")},
    };
    struct buf b = BUF_INIT(256);

    buf_put_str(&b, err_sentence(why));
    buf_put_u8(&b, '\n');
    http_reply_close(&r->pub, err_http(why), type, ARRAY_LEN(type), buf_slice(&b));
    buf_free(&b);
}

void answer_refusal_raw(struct conn *c, enum err why)
{
    struct buf b = BUF_INIT(512);
    struct slice text = slice_str(err_sentence(why));

    buf_printf(&b,
               "HTTP/1.1 %u %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
               "Content-Length: %zu\r\nConnection: close\r\n\r\n",
               err_http(why), err_name(why), text.n + 1);
    buf_put(&b, text);
    buf_put_u8(&b, '\n');
    tcp_send_last(c->fd, buf_slice(&b));
    buf_free(&b);
}

/* --- streams ---------------------------------------------------------------------------------- */

void http_stream_start(struct http_req *req, unsigned status, const struct http_field *fields,
                       size_t n)
{
    struct req *r = req_of(req);

    if (r->gone)
        return;
    buf_free(&r->out);
    /* http_stream_write lets twice the limit wait, and taken() at most as much stand before it. */
    buf_init(&r->out, 4 * limit_get(SET_STREAM_BUFFER));
    answer(r, MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, LIM_STREAM_BLOCK, pull, r, NULL),
           status, fields, n);
}

enum err http_stream_write(struct http_req *req, struct slice s, size_t *ret_queued)
{
    struct req *r = req_of(req);
    size_t buffer = limit_get(SET_STREAM_BUFFER);
    enum err e;

    if (r->gone || r->out_ended)
        return ERR_CLOSED;
    BUG_IF(!r->replied);
    if (s.n > 2 * buffer || waiting(r) > 2 * buffer - s.n)
        return ERR_TOO_LARGE;
    e = hold_may(&r->out_hold, r->out.n + s.n);
    if (e)
        return e;
    buf_put(&r->out, s);
    IGNORE(hold_set(&r->out_hold, r->out.cap)); /* or else what it was by then */
    if (waiting(r) >= buffer)
        r->above = true;
    if (ret_queued)
        *ret_queued = waiting(r);
    answer_wake(r);
    return ERR_OK;
}

size_t http_stream_queued(const struct http_req *req)
{
    return waiting((const struct req *)req);
}

void http_stream_end(struct http_req *req)
{
    struct req *r = req_of(req);

    if (r->gone)
        return;
    BUG_IF(!r->replied);
    r->out_ended = true;
    answer_wake(r);
}
