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

    BUG_IF(!info || !info->socket_context);
    r->h = h;
    r->mc = mc;
    r->conn = info->socket_context;
    r->target = mem_strndup(s.p, s.n);
    buf_init(&r->body, 0);
    hold_init(&r->body_hold, NULL);
    hold_init(&r->out_hold, NULL);
    buf_init(&r->out, 0);
    r->conn->req = r;
    if (r->conn->phase == PHASE_IDLE)
        conn_phase(r->conn, PHASE_HEAD);
    return r;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The headers are there. A refusal is given at once where the body must not be read. False: it is
 * answered. */
static bool on_head(struct req *r, const char *method, const char *version)
{
    enum err e = check_head(r, method, version);

    if (e) {
        httpd_refused(r->h, e);
        answer_refusal(r, e);
        return false;
    }
    r->given = true;
    r->h->ops->head(r->h->ctx, &r->pub);
    return true;
}

/* The bytes stand in libmicrohttpd's memory of the connection, which it neither wipes nor reads
 * again; a body may be a form with a secret. */
static void wipe_taken(const char *data, size_t n)
{
    mem_wipe((void *)(uintptr_t)data, n);
}

static void free_body(struct req *r)
{
    IGNORE(hold_set(&r->body_hold, 0));
    buf_free(&r->body);
}

static bool is_dropped(const struct req *r)
{
    return r->refuse != ERR_OK || r->pub.refused != ERR_OK;
}

/* The rest of it is still read, so that the client sees why. */
static void refuse_body(struct req *r, enum err why)
{
    httpd_refused(r->h, why);
    free_body(r);
    if (why == ERR_TOO_LARGE)
        r->refuse = why;
    else
        r->pub.refused = why;
}

static void decide(struct req *r)
{
    BUG_IF(r->decided || !r->given);
    r->decided = true;
    answer_wake(r);
}

/* Room is taken for all of it when its length is known, so that nothing is read in vain. */
void http_body_read(struct http_req *req, size_t max, struct share *share)
{
    struct req *r = req_of(req);
    uint64_t n = check_content_length(r);
    enum err e = ERR_OK;

    hold_init(&r->body_hold, share);
    hold_init(&r->out_hold, share);
    r->body.max = max;
    if (n > max)
        e = ERR_TOO_LARGE;
    else
        e = hold_set(&r->body_hold, n);
    if (e)
        refuse_body(r, e);
    else if (n > 0)
        r->body.max = n;
    decide(r);
}

void http_body_drop(struct http_req *req, enum err why)
{
    struct req *r = req_of(req);

    req->refused = why;
    decide(r);
}

struct share *http_share(const struct http_req *req)
{
    return ((const struct req *)req)->body_hold.share;
}

void http_prove(struct http_req *req, struct share *share)
{
    conn_prove(req_of(req)->conn, share);
}

static enum MHD_Result on_body(struct req *r, const char *data, size_t n)
{
    struct slice s = slice_of(data, n);
    enum err e = ERR_OK;

    if (!is_dropped(r) && s.n > r->body.max - r->body.n)
        refuse_body(r, ERR_TOO_LARGE);
    if (!is_dropped(r)) {
        buf_put(&r->body, s);
        e = r->body.cap > r->body_hold.n ? hold_set(&r->body_hold, r->body.cap) : ERR_OK;
    }
    if (e)
        refuse_body(r, e);
    if (is_dropped(r))
        r->drained += n;
    wipe_taken(data, n);
    if (r->drained > LIM_DRAIN_BYTES) {
        answer_refusal_raw(r->conn, r->refuse != ERR_OK ? r->refuse : r->pub.refused);
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
    r->h->ops->request(r->h->ctx, &r->pub);
}

/* A body that is not taken is not waited for where the client may still be asked not to send it, or
 * where it is longer than we throw away. Otherwise the client, busy sending, would see a reset
 * instead of the answer. */
static bool ends_early(const struct req *r)
{
    return is_dropped(r) &&
           (check_content_length(r) > LIM_DRAIN_BYTES || check_expects_continue(r));
}

/* A client that closed right after sending still has its request seen; it gets no answer. */
static enum MHD_Result pause_request(struct req *r)
{
    if (r->gone || r->conn->hangup)
        return MHD_NO;
    r->suspended = true;
    MHD_suspend_connection(r->mc);
    return MHD_YES;
}

/* The role has decided, maybe after a while: libmicrohttpd comes with the headers alone once more.
 */
static enum MHD_Result begin_body(struct req *r)
{
    r->begun = true;
    if (!ends_early(r)) {
        conn_phase(r->conn, PHASE_BODY);
        return MHD_YES;
    }
    on_whole(r);
    return r->replied && !r->gone ? answer_queue(r) : pause_request(r);
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
        if (!on_head(r, method, version))
            return answer_queue(r);
        if (!r->decided)
            conn_phase(r->conn, PHASE_WORK);
    }
    if (!r->decided)
        return pause_request(r);
    if (!r->begun)
        return begin_body(r);
    if (n > 0) {
        *data_n = 0;
        return on_body(r, data, n);
    }
    if (!r->whole)
        on_whole(r);
    return r->replied && !r->gone ? answer_queue(r) : pause_request(r);
}

/* --- ending ----------------------------------------------------------------------------------- */

void request_gone(struct req *r)
{
    r->gone = true;
    if (r->suspended) {
        r->suspended = false;
        MHD_resume_connection(r->mc);
    }
    conn_kick(r->conn);
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
    if (!r)
        return;
    *req_cls = NULL;
    r->suspended = false;
    r->gone = true;
    request_tell_end(r, how == MHD_REQUEST_TERMINATED_COMPLETED_OK ? HTTP_SENT : HTTP_GONE);
    r->conn->req = NULL;
    conn_phase(r->conn, PHASE_IDLE);
    wipe_credentials(r);
    if (r->response)
        MHD_destroy_response(r->response);
    free_body(r);
    buf_free(&r->out);
    hold_free(&r->body_hold);
    hold_free(&r->out_hold);
    mem_free(r->target);
    mem_free(r);
}
