/* What the files of src/httpd share. */
#ifndef SG_HTTPD_INTERNAL_H
#define SG_HTTPD_INTERNAL_H

#include <microhttpd.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/limits.h"
#include "httpd/httpd.h"

/* What a connection is doing; each has its timer, but for PHASE_WORK. */
enum phase {
    PHASE_HEAD, /* headers are awaited or coming: SET_HEADER_TIME */
    PHASE_BODY, /* SET_BODY_TIME */
    PHASE_WORK, /* the role has it */
    PHASE_SEND, /* bytes of an answer wait for the client: SET_IDLE_TIME without progress */
    PHASE_IDLE, /* between two requests: SET_IDLE_TIME */
    PHASE_COUNT
};

struct req;

/* Whose connection it is; each kind in a list of its own, the longest idle first. */
enum standing { CONN_STRANGER, CONN_PROVEN, CONN_STANDINGS };

struct conn {
    TAILQ_ENTRY(conn) entry;
    enum standing standing;
    struct share *share; /* of a proven one, or NULL */
    uint64_t since;      /* loop_now, when it was accepted */
    bool doomed;         /* cut to make room; libmicrohttpd is still to notice */
    struct httpd *h;
    struct daemon *daemon;
    int fd; /* libmicrohttpd's; valid while this struct is */
    struct loop_watch *watch;
    struct loop_timer *timer;
    enum phase phase;
    bool hangup; /* the client shut down its side */
    bool ending; /* httpd_end: one idle_time at most, and no next request */
    struct req *req;
};

TAILQ_HEAD(conn_list, conn);

/* Has LIM_DAEMON_CONNECTIONS at most: whenever it resumes one it looks at all that are suspended,
 * and an idle stream is (decision 0027). */
struct daemon {
    struct httpd *h;
    struct MHD_Daemon *mhd;
    struct loop_watch *watch;
    size_t n_conns;
};

struct httpd {
    struct loop *loop;
    const struct http_ops *ops;
    void *ctx;
    struct daemon *daemons;
    size_t n_daemons;
    int listen_fd;
    struct loop_watch *listen_watch;
    struct loop_timer *accept_timer;
    struct conn_list conns[CONN_STANDINGS];
    size_t n_conns, n_proven, max_conns;
    size_t n_doomed; /* of these */
    bool full;       /* nothing is accepted until a connection ends, or can be closed */
    bool pressed;    /* connections were closed to make room, and told so */
    bool closing;
    struct conn *adding; /* the connection that MHD_add_connection is about */
};

struct req {
    struct http_req pub;
    struct conn *conn;
    struct httpd *h;
    struct MHD_Connection *mc;
    char *target; /* the raw request target */
    struct http_field fields[LIM_HEADERS];
    struct buf body;
    struct hold body_hold, out_hold;
    uint64_t drained; /* bytes thrown away */
    enum err refuse;  /* an answer of ours once the body was read, or ERR_OK */
    bool checked;     /* the headers were looked at */
    bool given;       /* to ops->head; ops->end is owed */
    bool decided;     /* what becomes of the body */
    bool begun;       /* and libmicrohttpd knows */
    bool whole;       /* the body is there, or will not be */
    bool suspended;   /* libmicrohttpd does not look at it until we resume it */
    bool gone;        /* nothing more can be sent */
    bool replied;     /* http_reply or http_stream_start was called */
    /* the answer */
    struct MHD_Response *response;
    unsigned status;
    bool queued; /* libmicrohttpd has the response */
    struct buf out;
    size_t out_at;  /* bytes of out that are sent */
    bool out_ended; /* no more will be written */
    bool above;     /* out was full; ops->drained is owed */
};

static inline struct req *req_of(struct http_req *req)
{
    return (struct req *)req; /* its first member */
}

/* --- httpd.c ---------------------------------------------------------------------------------- */

/* Lets libmicrohttpd work at the end of this turn. */
void conn_kick(struct conn *c);
/* Enters a phase: sets or stops the connection's timer. */
void conn_phase(struct conn *c, enum phase p);
/* The connection is one of an owner of that share, or (NULL) of somebody who is known. */
void conn_prove(struct conn *c, struct share *share);
void httpd_refused(struct httpd *h, enum err why);

/* --- request.c: libmicrohttpd's callbacks ----------------------------------------------------- */

void *request_begin(void *cls, const char *uri, struct MHD_Connection *mc);
enum MHD_Result request_step(void *cls, struct MHD_Connection *mc, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *data_n, void **req_cls);
void request_end(void *cls, struct MHD_Connection *mc, void **req_cls,
                 enum MHD_RequestTerminationCode how);
/* Tells the role, once, that the request is over; in libmicrohttpd's callbacks only. */
void request_tell_end(struct req *r, enum http_end how);
/* Nothing more can be sent: libmicrohttpd is woken to close, which brings request_end. */
void request_gone(struct req *r);

/* --- check.c ---------------------------------------------------------------------------------- */

/* Fills pub's method, path, query and fields, and says whether the request may be read further. */
MUST_USE enum err check_head(struct req *r, const char *method, const char *version);
/* Value of Content-Length, 0 without one. */
uint64_t check_content_length(const struct req *r);
bool check_expects_continue(const struct req *r);

/* --- answer.c --------------------------------------------------------------------------------- */

/* Our own refusal: text/plain, the error's sentence, Connection: close. */
void answer_refusal(struct req *r, enum err why);
/* The same as bytes, for a connection where libmicrohttpd takes no response any more. */
void answer_refusal_raw(struct conn *c, enum err why);
/* The request goes on with its next step, if it was suspended. */
void answer_wake(struct req *r);
/* Gives the response to libmicrohttpd; inside request_step only. */
enum MHD_Result answer_queue(struct req *r);

#endif
