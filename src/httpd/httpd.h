/*
 * The HTTP/1.1 server of gateway and surface (RFC 9110, RFC 9112), on libmicrohttpd and our loop.
 *
 * The life of a request: its headers are walked and refused when they are ambiguous (below); then
 * ops->head says, at once or any time later, whether its body is read, and up to which size: until
 * then nothing more is read of the connection. The body is read whole; then ops->request gets the
 * request, and answers at once or any time later with http_reply, or with http_stream_start,
 * _write, _end. For every request that was given to ops->head there is exactly one ops->end, also
 * when the client leaves (within a turn of the loop, whatever the request waits for; a half-closed
 * connection counts as left) and when the server is freed. ops->end and ops->drained are never
 * called from inside another function of this header but httpd_free.
 *
 * Refused with a short text/plain answer, "Connection: close", and never seen by ops->request:
 * more than one of Host, Content-Length, Transfer-Encoding, Authorization, Origin, Content-Type,
 * Cookie, Last-Event-ID, Expect or of any Mcp-* field; no Host; Content-Length beside
 * Transfer-Encoding; a transfer coding that is not exactly "chunked"; HTTP/1.0 with
 * Transfer-Encoding; field names that are no tokens; control bytes in values; more than LIM_HEADERS
 * fields; Expect other than 100-continue; a target that url_target() refuses (not origin-form,
 * control bytes, "%00", dot segments, ...); a body above the limit (ERR_TOO_LARGE). What
 * libmicrohttpd hides from us (bare LF, folded lines, NUL in a value) stands in SECURITY.md.
 *
 * What requests hold (bodies, and answers that wait for the client) is counted in the share that
 * the role names. At most SET_CLIENTS connections are open. When one more comes, the oldest of a
 * stranger is closed that waits for nothing of ours; or, when strangers have no more than an
 * eighth, the longest idle of those that http_prove was called for, or, when none is idle, the
 * longest busy of the owner who has most of them, if that is more than LIM_CONNECTIONS_LEAST.
 * Without one the new one waits unaccepted.
 *
 * Time limits: SET_HEADER_TIME from the first byte waited for to the end of the headers,
 * SET_BODY_TIME from there to the end of the body, SET_IDLE_TIME between two requests and for a
 * client that reads nothing of an answer. A request that waits for the role has no limit here.
 */
#ifndef SG_HTTPD_HTTPD_H
#define SG_HTTPD_HTTPD_H

#include "base/err.h"
#include "base/share.h"
#include "os/loop.h"
#include "proto/http_field.h"

struct httpd;

/* One request, as ops->request gets it; read only, but for user. Everything lives until ops->end
 * returns. */
struct http_req {
    struct slice method; /* as sent: "POST" */
    struct slice path;   /* raw, begins with "/", escapes as sent; passed url_target() */
    struct slice query;  /* raw, without "?" */
    struct slice body;   /* the whole body; wiped after ops->end, or by http_body_done */
    const struct http_field *fields;
    size_t n_fields;
    enum err refused; /* why the body was not taken, or ERR_OK */
    void *user;       /* the role's own; NULL at first */
    uint64_t ticket;  /* likewise; 0 at first */
};

enum http_end {
    HTTP_SENT, /* the whole answer was given to the kernel */
    HTTP_GONE  /* the client left, stopped reading, or the server ended */
};

struct http_ops {
    /* The headers passed. Method, path, query and fields are there, the body is not. Call
     * http_body_read or http_body_drop, now or later. */
    void (*head)(void *ctx, struct http_req *req);
    /* The request is whole, or its body was dropped. Answer now or later. */
    void (*request)(void *ctx, struct http_req *req);
    /* A stream that had SET_STREAM_BUFFER bytes or more waiting has less than a quarter of it. May
     * be NULL when nothing is streamed. */
    void (*drained)(void *ctx, struct http_req *req);
    /* It is over; req is gone when this returns. */
    void (*end)(void *ctx, struct http_req *req, enum http_end how);
    /* A request or connection was refused before ops->request could see it; for the log. May be
     * NULL. */
    void (*refused)(void *ctx, enum err why);
};

/* Serves listen_fd (owned from now on; non-blocking, listening; -1: none, connections come by
 * httpd_add). ops stays the caller's and must live as long. Never NULL. Calls tzset(), so it must
 * be called before the jail (libmicrohttpd writes Date with gmtime). */
struct httpd *httpd_new(struct loop *loop, int listen_fd, const struct http_ops *ops, void *ctx);
/* Gives a listening socket to a server that was made without one. */
void httpd_listen(struct httpd *h, int listen_fd);
/* Serves one connected socket (owned from now on). */
void httpd_add(struct httpd *h, int fd);
/* Ends all connections; ops->end comes for each request from inside. Takes NULL. Not to be called
 * from inside an ops function. */
void httpd_free(struct httpd *h);
/* Accepts nothing any more; what is open goes on. */
void httpd_stop_accepting(struct httpd *h);
/* The owner of that share is nobody any more: its connections are closed, each when its answer has
 * been sent, and after SET_IDLE_TIME at the latest. */
void httpd_end(struct httpd *h, const struct share *s);
/* Open connections. */
size_t httpd_count(const struct httpd *h);

/* The value of a field that may stand once: ERR_OK; ERR_NOT_FOUND (*ret is then empty);
 * ERR_BAD_HEADERS when it stands twice. */
MUST_USE enum err http_req_field(const struct http_req *req, const char *name, struct slice *ret);

/* The body is read, at most max bytes of it (0: it may have none), and counted in share (NULL: by
 * nobody), as is what waits of the answer. One that has no room there is dropped, for that reason.
 */
void http_body_read(struct http_req *req, size_t max, struct share *share);
/* It is read and thrown away, so that the client sees the answer; ops->request gets the request
 * without a body, and with why in req->refused. */
void http_body_drop(struct http_req *req, enum err why);
/* The role needs the body no more: it is wiped and freed, however long the answer takes. */
void http_body_done(struct http_req *req);

/* The client has shown who it is: its connection is not closed for a stranger's. An owner of a
 * share has SET_CONNECTIONS_PER_CLIENT such; NULL: not counted. */
void http_prove(struct http_req *req, struct share *share);
/* The share that was named, or NULL; it lives until ops->end returns. */
struct share *http_share(const struct http_req *req);
/* Whether an answer of n bytes has room in it; one that has none becomes an empty 503. */
MUST_USE enum err http_fits(const struct http_req *req, size_t n);

/*
 * Answers: once a request. fields are copied; Date, Connection, Content-Length and
 * Transfer-Encoding are the library's and must not be among them. A field whose name or value
 * http_is_token() or http_is_field_value() refuses makes the answer an empty 500. The body is
 * copied. HEAD requests get the headers alone. After the client left it does nothing.
 */
void http_reply(struct http_req *req, unsigned status, const struct http_field *fields, size_t n,
                struct slice body);
/* As http_reply, and the connection is closed afterwards. */
void http_reply_close(struct http_req *req, unsigned status, const struct http_field *fields,
                      size_t n, struct slice body);

/* Begins an answer of unknown length (chunked; HTTP/1.0: until close). The headers go out at once.
 */
void http_stream_start(struct http_req *req, unsigned status, const struct http_field *fields,
                       size_t n);
/*
 * Appends bytes to the stream; they are copied. *ret_queued (may be NULL) is what now waits for the
 * client; from SET_STREAM_BUFFER on the caller should stop until ops->drained. ERR_TOO_LARGE when
 * twice that would be passed: nothing was taken, end the stream. ERR_RATE_LIMITED, ERR_AGAIN: the
 * share has no room, nothing was taken. ERR_CLOSED after the client left.
 */
MUST_USE enum err http_stream_write(struct http_req *req, struct slice s, size_t *ret_queued);
/* Bytes that wait for the client. */
size_t http_stream_queued(const struct http_req *req);
/* No more bytes come; ops->end follows when all were sent. */
void http_stream_end(struct http_req *req);
/* Ends the connection at once, whatever was sent; the client sees a broken answer. */
void http_abort(struct http_req *req);

#endif
