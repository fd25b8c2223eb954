/*
 * HTTP to the upstream, by libcurl. Egress runs it in the jail: connect() is answered "in progress"
 * by the kernel filter, names are not resolved, files are not read. Trusts nothing that comes from
 * the upstream. It copies no header, status text or error text of libcurl anywhere.
 */
#include "egress/http.h"

#include "base/mem.h"
#include "base/planted.h"
#include "egress/pool_in.h"
#include "os/loop.h"
#include "proto/http_field.h"

enum { URL_BYTES = 512 * 1024 };

struct http {
    struct pool *pool;
    const struct http_events *events;
    void *ctx;
    CURL *easy;
    struct curl_slist *headers, *resolve;
    struct buf url;
    uint64_t body;            /* bytes of it */
    struct loop_timer *quiet; /* the upstream says nothing for too long */
    struct loop_timer *whole; /* it says something without end */
    uint64_t within;          /* ms of that; 0: for ever */
    bool listens;             /* it may say nothing for as long as it likes */
    struct head head;
    bool started; /* options are set */
    bool in_multi;
    bool wants_socket;
    bool sent;
    bool paused;
    bool only_writes; /* libcurl waits for room to send, and for nothing to read */
    enum err why;     /* what our callbacks found */
};

/* Options that fail can only be ours: the values are fixed or checked. */
#define SET(easy, option, value) BUG_IF(curl_easy_setopt((easy), (option), (value)) != CURLE_OK)

/* --- libcurl's questions ---------------------------------------------------------------------- */

static curl_socket_t on_open_socket(void *ctx, UNUSED curlsocktype purpose,
                                    UNUSED struct curl_sockaddr *address)
{
    struct http *h = ctx;
    int fd = h->sent ? -1 : pool_take_spare(h->pool, h); /* never a second time */

    if (fd < 0) {
        h->wants_socket = true;
        return CURL_SOCKET_BAD;
    }
    pool_socket_opened(h->pool, fd);
    return fd;
}

static int on_socket_options(UNUSED void *ctx, UNUSED curl_socket_t fd, UNUSED curlsocktype purpose)
{
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

/* ctx is the pool: connections outlive requests. */
static int on_close_socket(void *ctx, curl_socket_t fd)
{
    pool_socket_closed(ctx, fd);
    return 0;
}

static int on_before_request(void *ctx, UNUSED char *ip, UNUSED char *own_ip, UNUSED int port,
                             int own_port)
{
    struct http *h = ctx;

    if (h->sent) {
        h->why = ERR_CLOSED; /* libcurl would send it again */
        return CURL_PREREQFUNC_ABORT;
    }
    if (!pool_take(h->pool, own_port, h, tls_has_unread(h->easy))) {
        h->wants_socket = true; /* another one */
        return CURL_PREREQFUNC_ABORT;
    }
    h->why = h->events->may_send(h->ctx);
    if (h->why != ERR_OK)
        return CURL_PREREQFUNC_ABORT;
    h->sent = true;
    if (h->within > 0)
        loop_timer_set(h->whole, h->within);
    return CURL_PREREQFUNC_OK;
}

/* From now on it is the upstream's turn to say something. */
static void await(struct http *h)
{
    if (h->listens)
        loop_timer_stop(h->quiet);
    else
        loop_timer_set(h->quiet, limit_get(SET_ANSWER_TIME));
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx)
{
    struct http *h = ctx;
    bool before = h->head.complete;

    h->why = head_line(&h->head, slice_of(line, size * n));
    if (h->why == ERR_OK && h->head.complete && !before)
        h->why = h->events->head(h->ctx, &h->head);
    await(h);
    return h->why == ERR_OK ? size * n : 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
    struct http *h = ctx;
    enum err e = h->events->body(h->ctx, slice_of(bytes, size * n));

    if (e == ERR_AGAIN) {
        h->paused = true;
        loop_timer_stop(h->quiet); /* it is us who are slow */
        return CURL_WRITEFUNC_PAUSE;
    }
    await(h);
    h->why = e;
    return e ? CURL_WRITEFUNC_ERROR : size * n;
}

/* --- setting up ------------------------------------------------------------------------------- */

static void leave_multi(struct http *h)
{
    if (!h->in_multi)
        return;
    BUG_IF(h->pool->inside > 0); /* http_free from inside a callback */
    h->in_multi = false;
    h->pool->inside++;
    BUG_IF(curl_multi_remove_handle(h->pool->multi, h->easy) != CURLM_OK);
    h->pool->inside--;
}

/* The answer has been read to its end, and libcurl would wait until the upstream takes the rest of
 * the request, which it may never. */
static bool is_answered(const struct http *h)
{
    return h->in_multi && h->only_writes && h->head.complete && !h->paused;
}

static void finish(struct http *h, enum err e)
{
    struct http_outcome end = {.err = e, .sent = h->sent};

    loop_timer_stop(h->quiet);
    loop_timer_stop(h->whole);
    if (h->head.complete)
        end.status = h->head.status;
    h->events->end(h->ctx, &end);
}

/* In the middle, so its connection is closed. */
static void break_off(struct http *h, enum err e)
{
    leave_multi(h);
    pool_request_over(h->pool, h);
    finish(h, e);
}

static void on_late(void *ctx)
{
    break_off(ctx, ERR_TIMEOUT);
}

static void on_answered(void *ctx)
{
    if (is_answered(ctx))
        break_off(ctx, ERR_OK);
}

static void waits(struct http *h, bool only_writes)
{
    h->only_writes = only_writes;
    if (is_answered(h))
        loop_defer(h->pool->all->loop, on_answered, h);
}

static void put_url(struct http *h)
{
    const struct egress_conf *c = h->pool->all->conf;
    struct slice host = buf_slice(&c->host);
    bool ipv6 = slice_find_byte(host, ':') < host.n;

    buf_put_str(&h->url, c->tls ? "https://" : "http://");
    buf_put_str(&h->url, ipv6 ? "[" : "");
    buf_put(&h->url, host);
    buf_printf(&h->url, "%s:%u", ipv6 ? "]" : "", c->port);
    buf_put(&h->url, buf_slice(&c->path));
}

/* Any address does: the socket that libcurl is given is connected already. */
static void put_resolve(struct http *h)
{
    const struct egress_conf *c = h->pool->all->conf;
    struct buf row = BUF_INIT(512);

    buf_put(&row, buf_slice(&c->host));
    buf_printf(&row, ":%u:192.0.2.1", c->port);
    buf_put_u8(&row, 0);
    BUG_IF(buf_err(&row) != ERR_OK);
    h->resolve = curl_slist_append(NULL, (const char *)row.p);
    buf_free(&row);
    SET(h->easy, CURLOPT_RESOLVE, h->resolve);
}

static void set_callbacks(struct http *h)
{
    CURL *e = h->easy;

    SET(e, CURLOPT_PRIVATE, h);
    SET(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(e, CURLOPT_OPENSOCKETDATA, h);
    SET(e, CURLOPT_SOCKOPTFUNCTION, on_socket_options);
    SET(e, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    SET(e, CURLOPT_CLOSESOCKETDATA, h->pool);
    SET(e, CURLOPT_PREREQFUNCTION, on_before_request);
    SET(e, CURLOPT_PREREQDATA, h);
    SET(e, CURLOPT_HEADERFUNCTION, on_header);
    SET(e, CURLOPT_HEADERDATA, h);
    SET(e, CURLOPT_WRITEFUNCTION, on_body);
    SET(e, CURLOPT_WRITEDATA, h);
}

static void set_method(struct http *h, enum http_method method)
{
    CURL *e = h->easy;

    if (method == HTTP_GET) {
        SET(e, CURLOPT_HTTPGET, 1L);
        SET(e, CURLOPT_BUFFERSIZE, 4096L); /* of a stream that is open for long; else 16 KiB */
    } else if (method == HTTP_DELETE) {
        SET(e, CURLOPT_HTTPGET, 1L);
        SET(e, CURLOPT_CUSTOMREQUEST, "DELETE");
    } else {
        SET(e, CURLOPT_POST, 1L);
    }
}

/* Nothing from the environment, no redirects, no cookies, no decoding, HTTP/1.1, this TLS. */
static void set_rules(struct http *h)
{
    CURL *e = h->easy;

    SET(e, CURLOPT_NOSIGNAL, 1L);
    SET(e, CURLOPT_NOPROGRESS, 1L);
    SET(e, CURLOPT_PROXY, "");
    SET(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(e, CURLOPT_FOLLOWLOCATION, 0L);
    SET(e, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(e, CURLOPT_HTTP09_ALLOWED, 0L);
    SET(e, CURLOPT_PATH_AS_IS, 1L);
    SET(e, CURLOPT_CONNECTTIMEOUT_MS, (long)limit_get(SET_CONNECT_TIME));
    SET(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(e, CURLOPT_SSL_ENABLE_ALPN, 0L);
    SET(e, CURLOPT_CAINFO, NULL);
    SET(e, CURLOPT_CAPATH, NULL);
    SET(e, CURLOPT_SSL_CTX_FUNCTION, (curl_ssl_ctx_callback)trust_use);
    SET(e, CURLOPT_SSL_CTX_DATA, (void *)h->pool->all->trust);
}

struct http *http_new(struct pool *p, enum http_method method, const struct http_events *events,
                      void *ctx)
{
    struct http *h = MEM_NEW(struct http);

    *h = (struct http){.pool = p, .events = events, .ctx = ctx, .url = BUF_INIT(URL_BYTES)};
    p->users++;
    loop_timer_stop(p->idle_timer);
    head_init(&h->head);
    h->quiet = loop_timer_new(p->all->loop, on_late, h);
    h->whole = loop_timer_new(p->all->loop, on_late, h);
    h->easy = curl_easy_init();
    BUG_IF(!h->easy);
    put_url(h);
    put_resolve(h);
    set_callbacks(h);
    set_method(h, method);
    set_rules(h);
    h->headers = curl_slist_append(NULL, "Expect:"); /* never wait for 100 */
    h->headers = curl_slist_append(h->headers, "User-Agent: Sidegate");
    h->headers = curl_slist_append(h->headers, "Accept-Encoding: identity");
    return h;
}

void http_header_line(struct http *h, struct slice line)
{
    struct curl_slist *more;

    BUG_IF(line.n == 0 || line.p[line.n - 1] != 0);
    more = curl_slist_append(h->headers, (const char *)line.p);
    BUG_IF(!more);
    h->headers = more;
}

void http_header(struct http *h, const char *name, struct slice value)
{
    struct buf line = BUF_INIT(LIM_HEADER_BYTES + LIM_CREDENTIAL_BYTES);

    BUG_IF(!http_is_field_value(value) || value.n == 0);
    buf_put_str(&line, name);
    buf_put(&line, SLICE_LIT(": "));
    buf_put(&line, value);
    buf_put_u8(&line, 0);
    BUG_IF(buf_err(&line) != ERR_OK);
    http_header_line(h, buf_slice(&line));
    buf_free(&line);
}

void http_query(struct http *h, struct slice query)
{
    struct slice url = buf_slice(&h->url);
    bool has_query = slice_find_byte(url, '?') < url.n;

    if (query.n == 0)
        return;
    buf_put_u8(&h->url, has_query ? '&' : '?');
    buf_put(&h->url, query);
}

void http_body(struct http *h, struct slice body)
{
    /* Not by a function that libcurl reads from: 7.88.1 would write the head by itself first. */
    h->body = body.n;
    SET(h->easy, CURLOPT_POSTFIELDS, (const char *)body.p);
    SET(h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
}

/* How long a kept-alive connection may have been idle: less than the upstream keeps it. */
static long idle_seconds(const struct pool *p)
{
    return p->keep_alive > 1 ? (long)p->keep_alive - 1 : 60;
}

void http_start(struct http *h)
{
    if (!h->started) {
        buf_put_u8(&h->url, 0);
        BUG_IF(buf_err(&h->url) != ERR_OK);
        SET(h->easy, CURLOPT_URL, (const char *)h->url.p);
        SET(h->easy, CURLOPT_HTTPHEADER, h->headers);
        buf_free(&h->url); /* libcurl has its copy */
        h->started = true;
    }
    SET(h->easy, CURLOPT_MAXAGE_CONN, idle_seconds(h->pool));
    h->in_multi = true;
    await(h);
    h->pool->inside++;
    BUG_IF(curl_multi_add_handle(h->pool->multi, h->easy) != CURLM_OK);
    h->pool->inside--;
}

void http_within(struct http *h, uint64_t ms)
{
    h->within = ms;
}

void http_listens(struct http *h)
{
    h->listens = true;
}

void http_retry(struct http *h)
{
    BUG_IF(!h->wants_socket || h->in_multi || h->sent);
    h->wants_socket = false;
    h->why = ERR_OK;
    http_start(h);
}

void http_fail(struct http *h, enum err why)
{
    BUG_IF(!h->wants_socket || h->in_multi);
    finish(h, why);
}

/* --- the end ---------------------------------------------------------------------------------- */

static const struct {
    CURLcode code;
    enum err err;
} codes[] = {
    {CURLE_COULDNT_CONNECT, ERR_UPSTREAM_DOWN},
    {CURLE_COULDNT_RESOLVE_HOST, ERR_UPSTREAM_DOWN},
    {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT},
    {CURLE_SSL_CONNECT_ERROR, ERR_UPSTREAM_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_UPSTREAM_TLS},
    {CURLE_SSL_CERTPROBLEM, ERR_UPSTREAM_TLS},
    {CURLE_SSL_CIPHER, ERR_UPSTREAM_TLS},
    {CURLE_SSL_ISSUER_ERROR, ERR_UPSTREAM_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, ERR_UPSTREAM_TLS},
    {CURLE_GOT_NOTHING, ERR_CLOSED},
    {CURLE_PARTIAL_FILE, ERR_CLOSED},
    {CURLE_RECV_ERROR, ERR_CLOSED},
    {CURLE_SEND_ERROR, ERR_CLOSED},
    {CURLE_SEND_FAIL_REWIND, ERR_CLOSED},
};

/* Whatever is not in the table is an answer that libcurl could not make sense of. */
static enum err err_of(CURLcode code)
{
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (codes[i].code == code)
            return codes[i].err;
    return ERR_UPSTREAM_ANSWER;
}

static enum err outcome(const struct http *h, CURLcode result)
{
    if (h->why != ERR_OK)
        return h->why;
    if (result == CURLE_OK)
        return h->head.complete ? ERR_OK : ERR_CLOSED;
    if (h->sent && (result == CURLE_COULDNT_CONNECT || result == CURLE_SSL_CONNECT_ERROR))
        return ERR_CLOSED; /* it wanted to send again, and got no connection */
    return err_of(result);
}

static void over(struct http *h, CURLcode result)
{
    h->in_multi = false;
    pool_request_over(h->pool, h);
    if (h->head.keep_alive > 0)
        h->pool->keep_alive = h->head.keep_alive;
    if (PLANTED(sent_twice) && h->sent && !h->head.complete) { /* as libcurl would */
        h->sent = false;
        h->wants_socket = true;
    }
    if (h->wants_socket && !h->sent) {
        loop_timer_stop(h->quiet);
        h->events->want_socket(h->ctx);
        return;
    }
    finish(h, outcome(h, result));
}

const struct pool_ops http_pool_ops = {waits, over};

static void on_resume(void *ctx)
{
    struct http *h = ctx;
    struct pool *p = h->pool;

    if (!h->paused || !h->in_multi)
        return;
    h->paused = false;
    await(h);
    p->inside++;
    (void)curl_easy_pause(h->easy, CURLPAUSE_CONT); /* what went wrong is told by the next action */
    p->inside--;
    waits(h, h->only_writes); /* it may have been at the end already */
    pool_drive(p, CURL_SOCKET_TIMEOUT, 0);
}

bool http_has_left(const struct http *h)
{
    curl_off_t n;

    BUG_IF(curl_easy_getinfo(h->easy, CURLINFO_SIZE_UPLOAD_T, &n) != CURLE_OK);
    return h->sent && (uint64_t)n == h->body;
}

void http_resume(struct http *h)
{
    if (h->paused)
        loop_defer(h->pool->all->loop, on_resume, h);
}

void http_free(struct http *h)
{
    if (!h)
        return;
    loop_undefer(h->pool->all->loop, on_resume, h);
    loop_undefer(h->pool->all->loop, on_answered, h);
    leave_multi(h);
    pool_request_over(h->pool, h);
    curl_easy_cleanup(h->easy);
    curl_slist_free_all(h->headers);
    curl_slist_free_all(h->resolve);
    loop_timer_free(h->quiet);
    loop_timer_free(h->whole);
    head_free(&h->head);
    buf_free(&h->url);
    pool_put(h->pool);
    mem_free(h);
}
