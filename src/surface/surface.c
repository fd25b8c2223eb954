/*
 * The parts of the process and how they meet: browsers through httpd, the keeper through its
 * channel, the password thread. Run by surface. Trusts the keeper's answers; an answer that nobody
 * waits for any more is dropped, one that is out of turn ends the channel.
 */
#include "surface/surface.h"

#include "base/mem.h"
#include "crypto/init.h"
#include "ipc/gen/surface.h"
#include "os/log.h"
#include "surface/route.h"
#include "surface/visit.h"

/* --- browsers --------------------------------------------------------------------------------- */

/* Forms are small: SET_CLIENTS of the largest are all that can be held. */
static void on_head(UNUSED void *ctx, struct http_req *req)
{
    http_body_read(req, route_body_max(req), NULL);
}

static void on_request(void *ctx, struct http_req *req)
{
    route_visit(visit_new(ctx, req));
    mem_wipe_stack(); /* tokens are written into pages by way of it */
}

static void on_end(UNUSED void *ctx, struct http_req *req, UNUSED enum http_end how)
{
    visit_free(req->user);
    req->user = NULL;
}

static void on_refused(UNUSED void *ctx, enum err why)
{
    log_event(LEVEL_INFO, "request_refused", LOG_ERR(why));
}

static const struct http_ops http_ops = {
    .head = on_head, .request = on_request, .end = on_end, .refused = on_refused};

/* --- the password thread ---------------------------------------------------------------------- */

static void on_hashed(void *ctx, uint64_t ticket, struct sec *verifier)
{
    struct visit *v = visit_find(ctx, ticket);

    if (v && v->waits->hashed)
        v->waits->hashed(v, verifier);
    else
        sec_free(verifier); /* the browser left */
}

/* --- the keeper's answers --------------------------------------------------------------------- */

void surface_on_seal_key(struct surface *s, const struct msg_seal_key *m)
{
    s->seal = (struct box_public){m->key, m->public_key};
    s->sealable = true;
}

void surface_on_health(struct surface *s, const struct msg_health *m)
{
    s->recording = m->recording;
}

/* To the visit that waits for it, if there is one still. Most are given to who has a session
 * alone, whose connection then is not closed for a stranger's. */
#define ANSWER(function, message, name, proves)                                                    \
    void function(struct surface *s, const struct message *m)                                      \
    {                                                                                              \
        struct visit *v = visit_find(s, m->req);                                                   \
                                                                                                   \
        if (v && (proves))                                                                         \
            http_prove(v->http, NULL);                                                             \
        if (v && v->waits->name)                                                                   \
            v->waits->name(v, m);                                                                  \
        else if (v)                                                                                \
            chan_breach(s->keeper, BREACH_WRONG_ANSWER);                                           \
    }
ANSWER(surface_on_login_salt, msg_login_salt, login_salt, false)
ANSWER(surface_on_login_ok, msg_login_ok, login_ok, true)
ANSWER(surface_on_who, msg_who, who, true)
ANSWER(surface_on_handoff_view, msg_handoff_view, handoff_view, true)
ANSWER(surface_on_inbox_row, msg_inbox_row, inbox_row, true)
ANSWER(surface_on_inbox_changed, msg_inbox_changed, inbox_changed, true)
ANSWER(surface_on_connection_row, msg_connection_row, connection_row, true)
ANSWER(surface_on_rows_end, msg_rows_end, rows_end, true)
ANSWER(surface_on_page_done, msg_page_done, page_done, true)
ANSWER(surface_on_page_denied, msg_page_denied, page_denied, false)
#undef ANSWER

bool surface_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    bool known = surface_dispatch(ctx, c, type, m, fd);

    mem_wipe_stack(); /* as above */
    return known;
}

/* --- life ------------------------------------------------------------------------------------- */

struct surface_conf *surface_conf(struct surface *s)
{
    return &s->conf;
}

enum err surface_open(struct surface *s, struct loop *l)
{
    s->loop = l;
    crypto_init();
    enum err e = surface_conf_check(&s->conf);
    if (!e)
        e = hasher_new(l, on_hashed, s, &s->hasher);
    if (!e)
        s->httpd = httpd_new(l, -1, &http_ops, s);
    return e;
}

void surface_close(struct surface *s)
{
    httpd_free(s->httpd);
    s->httpd = NULL;
    hasher_free(s->hasher);
    s->hasher = NULL;
    surface_conf_free(&s->conf);
}

void surface_set_keeper(struct surface *s, struct chan *keeper)
{
    s->sealable = false;
    s->recording = RECORDING_LOST;
    s->keeper = keeper;
    if (!keeper)
        visit_all_lost(s);
}
