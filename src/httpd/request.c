/*
 * What: the life of one request, as libmicrohttpd calls it back: begun when its first line is read,
 * stepped when its headers are there, for each piece of its body, when that is whole, and whenever
 * it was resumed; ended once. Run by gateway and surface. Trusts nothing of the request.
 * Specification: RFC 9110 9 and 15, RFC 9112 6.
 */
#include "base/mem.h"
#include "httpd/internal.h"
#include "os/tcp.h"

/* The raw target: later libmicrohttpd cuts it up in place. The returned pointer comes back as
 * *req_cls. */
void *request_begin(void *cls, const char *uri, struct MHD_Connection *mc)
{
    struct httpd *h = cls;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mc, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct req *r = MEM_NEW(struct req);
    struct slice s = slice_str(uri);

    BUG_IF(info == NULL || info->socket_context == NULL);
    r->h = h;
    r->mc = mc;
    r->conn = info->socket_context;
    r->target = mem_strndup(s.p, s.n);
    buf_init(&r->body, 0);
    buf_init(&r->out, 0);
    r->conn->req = r;
    if (r->conn->phase == PHASE_IDLE)
        conn_phase(r->conn, PHASE_HEAD);
    return r;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The headers are there. A refusal is given at once where the client may still be asked not to send
 * its body, or where the body must not be read; one for size waits for the body, or the client,
 * busy sending, would see a reset instead. */
static enum MHD_Result on_head(struct req *r, const char *method, const char *version)
{
    enum err e = check_head(r, method, version);
    uint64_t n = 0;

    if (e != ERR_OK) {
        httpd_refused(r->h, e);
        answer_refusal(r, e);
        return answer_queue(r);
    }
    r->body.max = r->h->ops->body_max(r->h->ctx, &r->pub);
    n = check_content_length(r);
    if (n > r->body.max) {
        httpd_refused(r->h, ERR_TOO_LARGE);
        r->refuse = ERR_TOO_LARGE;
        if (n > LIM_DRAIN_BYTES || check_expects_continue(r)) {
            answer_refusal(r, ERR_TOO_LARGE);
            return answer_queue(r);
        }
    }
    conn_phase(r->conn, PHASE_BODY);
    return MHD_YES;
}

/* The bytes stand in libmicrohttpd's memory of the connection, which it neither wipes nor reads
 * again; a body may be a form with a secret. */
static void wipe_taken(const char *data, size_t n)
{
    mem_wipe((void *)(uintptr_t)data, n);
}

static void free_body(struct req *r)
{
    r->h->bodies -= r->body.n;
    buf_free(&r->body);
}

/* The rest of it is still read, so that the client sees why. */
static void refuse_body(struct req *r, enum err why)
{
    httpd_refused(r->h, why);
    r->refuse = why;
    free_body(r);
}

static enum MHD_Result on_body(struct req *r, const char *data, size_t n)
{
    struct slice s = slice_of(data, n);

    if (r->refuse == ERR_OK && s.n > r->body.max - r->body.n)
        refuse_body(r, ERR_TOO_LARGE);
    /* Small ones have room always, however much others hold. */
    if (r->refuse == ERR_OK && r->body.n + n > LIM_BODY_ANONYMOUS &&
        r->h->bodies + n > limit_get(SET_BODIES_BYTES))
        refuse_body(r, ERR_AGAIN);
    if (r->refuse == ERR_OK) {
        buf_put(&r->body, s);
        r->h->bodies += n;
    } else {
        r->drained += n;
    }
    wipe_taken(data, n);
    if (r->drained > LIM_DRAIN_BYTES) {
        answer_refusal_raw(r->conn, r->refuse);
        return MHD_NO;
    }
    return MHD_YES;
}

static void on_whole(struct req *r)
{
    r->whole = true;
    conn_phase(r->conn, PHASE_WORK);
    if (r->refuse != ERR_OK) {
        answer_refusal(r, r->refuse);
        return;
    }
    r->pub.body = buf_slice(&r->body);
    r->given = true;
    r->h->ops->request(r->h->ctx, &r->pub);
}

enum MHD_Result request_step(void *cls, struct MHD_Connection *mc, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *data_n, void **req_cls)
{
    struct req *r = *req_cls;
    size_t n = *data_n;

    (void)cls;
    (void)mc;
    (void)url; /* cut up and decoded; the raw target is taken instead */
    r->suspended = false;
    if (r->h->closing)
        return MHD_NO;
    if (!r->checked) {
        r->checked = true;
        return on_head(r, method, version);
    }
    if (n > 0) {
        *data_n = 0;
        return on_body(r, data, n);
    }
    if (!r->whole)
        on_whole(r);
    if (r->replied && !r->gone)
        return answer_queue(r);
    /* A client that closed right after sending still has its request seen; it gets no answer. */
    if (r->gone || r->conn->hangup)
        return MHD_NO;
    r->suspended = true;
    MHD_suspend_connection(mc);
    return MHD_YES;
}

/* --- ending ----------------------------------------------------------------------------------- */

void request_gone(struct req *r)
{
    r->gone = true;
    if (r->suspended) {
        r->suspended = false;
        MHD_resume_connection(r->mc);
    }
    httpd_kick(r->h);
}

void http_abort(struct http_req *req)
{
    struct req *r = req_of(req);

    tcp_cut(r->conn->fd);
    request_gone(r);
}

/* What was shown to us stands in libmicrohttpd's memory until the connection ends. */
static void wipe_credentials(const struct req *r)
{
    for (size_t i = 0; i < r->pub.n_fields; i++) {
        const struct http_field *f = &r->fields[i];

        if (slice_eq_nocase(f->name, SLICE_LIT("Authorization")) ||
            slice_eq_nocase(f->name, SLICE_LIT("Cookie")))
            mem_wipe((void *)(uintptr_t)f->value.p, f->value.n);
    }
}

void http_body_done(struct http_req *req)
{
    struct req *r = req_of(req);

    req->body = SLICE_EMPTY;
    free_body(r);
}

void request_tell_end(struct req *r, enum http_end how)
{
    bool owed = r->given;

    r->given = false;
    if (owed)
        r->h->ops->end(r->h->ctx, &r->pub, how);
}

void request_end(void *cls, struct MHD_Connection *mc, void **req_cls,
                 enum MHD_RequestTerminationCode how)
{
    struct req *r = *req_cls;

    (void)cls;
    (void)mc;
    if (r == NULL)
        return;
    *req_cls = NULL;
    r->suspended = false;
    r->gone = true;
    request_tell_end(r, how == MHD_REQUEST_TERMINATED_COMPLETED_OK ? HTTP_SENT : HTTP_GONE);
    r->conn->req = NULL;
    conn_phase(r->conn, PHASE_IDLE);
    wipe_credentials(r);
    if (r->response != NULL)
        MHD_destroy_response(r->response);
    free_body(r);
    buf_free(&r->out);
    mem_free(r->target);
    mem_free(r);
}
