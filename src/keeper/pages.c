/* Pages. Run by the keeper, on requests of surface, which is believed about nothing: the session,
 * its CSRF token and whose things are asked for are checked here each time. */
#include "keeper/pages.h"

#include "base/mem.h"
#include "base/planted.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/auth.h"
#include "keeper/connection.h"
#include "keeper/kind.h"
#include "keeper/outbox.h"
#include "keeper/page_say.h"
#include "keeper/revoke.h"
#include "keeper/roots.h"
#include "keeper/words.h"
#include "os/log.h"

enum { WATCHES = 4096 };

/* --- answers ---------------------------------------------------------------------------------- */

static struct slice label_of(struct keeper *k, struct client_id client)
{
    const struct auth_key *a = auth_of(k, client);

    return a ? slice_str(a->label) : SLICE_EMPTY;
}

void page_view(struct keeper *k, uint64_t peer, uint64_t req, const struct session *s,
               const struct handoff_row *row)
{
    struct chan *c = peers_chan(&k->peers, peer);
    struct msg_handoff_view m = {.req = req,
                                 .handoff = row->id,
                                 .kind = row->kind,
                                 .state = row->state,
                                 .need = row->need,
                                 .problem = row->problem,
                                 .user_name = slice_str(s->user.name),
                                 .client_label = label_of(k, row->who.client),
                                 .method = slice_str(row->method),
                                 .tool = slice_str(row->tool),
                                 .for_request = !ID_IS_ZERO(row->request),
                                 .created = row->created,
                                 .expires = row->expires,
                                 .tries_left = kind_tries_left(row),
                                 .tested = row->tested,
                                 .may_prove = session_proof_left(k, s->user.id),
                                 .csrf = roots_csrf(k, s->hash),
                                 .salt = slice_of(s->user.salt, sizeof(s->user.salt)),
                                 .ops = s->user.ops,
                                 .mem = s->user.mem};
    struct buf shown = BUF_INIT(LIM_PROJECTION_BYTES);
    char words[WORDS_MAX];

    if (!c)
        return;
    if (m.for_request && handoff_shown_of(k, row->id, &shown) == ERR_OK)
        m.shown = buf_slice(&shown);
    m.words = words_of(row->id, words);
    if (!conf_index(&k->conf, slice_str(row->upstream), &m.upstream))
        page_denied(c, req, DENIAL_GONE); /* the upstream is not configured any more */
    else
        tell_handoff_view(c, &m);
    buf_free(&shown);
}

/* --- one handoff ------------------------------------------------------------------------------ */

struct looking {
    struct keeper *k;
    uint64_t peer, req;
    struct session s;
    struct handoff_row row;
    uint64_t seq;
};

static enum err wrong_work(void *ctx)
{
    struct looking *l = ctx;

    return outbox_add(l->k,
                      &(struct record){.event = EVENT_WRONG_PERSON,
                                       .user = l->s.user.id,
                                       .client = l->row.who.client,
                                       .upstream = slice_str(l->row.upstream),
                                       .handoff = l->row.id},
                      &l->seq);
}

static void wrong_done(void *ctx, enum err e)
{
    if (e)
        log_event(LOG_ERROR, "wrong_person_not_recorded", LOG_ERR(e));
    mem_free(ctx);
}

void page_wrong_person(struct keeper *k, const struct session *s, const struct handoff_row *row)
{
    struct looking *l = MEM_NEW(struct looking);

    *l = (struct looking){.k = k, .s = *s, .row = *row};
    log_event(LOG_WARN, "wrong_person", LOG_ID("handoff", row->id), LOG_STR("name", s->user.name));
    store_work(k->store, STORE_NORMAL, wrong_work, wrong_done, l);
}

static enum err view_work(void *ctx)
{
    struct looking *l = ctx;
    enum err e = handoff_read(l->k, l->row.id, &l->row);

    if (!e && l->row.state == HANDOFF_STATE_CREATED)
        e = handoff_move(l->k, &l->row, HANDOFF_VIEW, &(struct handoff_change){0}, &l->seq);
    return e;
}

static void view_done(void *ctx, enum err e)
{
    struct looking *l = ctx;

    if (e) {
        page_end(l->k, l->peer, l->req, DENIAL_AGAIN);
    } else {
        page_view(l->k, l->peer, l->req, &l->s, &l->row);
        handoff_changed(l->k, &l->row, l->seq);
    }
    mem_free(l);
}

/* The handoff of the person whose session was found, or not: e. NULL: denied. */
static struct looking *look(struct keeper *k, struct chan *c, const struct looking *at,
                            struct handoff_id handoff, enum err e)
{
    struct looking *l = NULL;

    if (e) {
        page_denied(c, at->req, page_why(e));
        return NULL;
    }
    l = MEM_NEW(struct looking);
    *l = *at;
    l->k = k;
    l->peer = peer_of(c)->serial;
    e = handoff_read(k, handoff, &l->row);
    if (!e && (ID_EQ(l->row.who.user, l->s.user.id) || PLANTED(anyone_sees)))
        return l;
    if (!e)
        page_wrong_person(k, &l->s, &l->row);
    page_denied(c, l->req, DENIAL_NOT_YOURS);
    mem_free(l);
    return NULL;
}

void keeper_on_handoff_get(struct keeper *k, struct chan *c, const struct msg_handoff_get *m)
{
    struct looking at = {.req = m->req};
    enum err e = session_find(k, m->cookie, &at.s);
    struct looking *l = look(k, c, &at, m->handoff, e);

    if (!l)
        return;
    if (l->row.state == HANDOFF_STATE_CREATED) {
        store_work(k->store, STORE_NORMAL, view_work, view_done, l);
        return;
    }
    page_view(k, l->peer, l->req, &l->s, &l->row);
    mem_free(l);
}

static enum err decline_work(void *ctx)
{
    struct looking *l = ctx;
    enum err e = handoff_read(l->k, l->row.id, &l->row);

    return e ? e
             : handoff_move(l->k, &l->row, HANDOFF_DECLINE,
                            &(struct handoff_change){.problem = l->row.problem}, &l->seq);
}

static void decline_done(void *ctx, enum err e)
{
    struct looking *l = ctx;

    page_end(l->k, l->peer, l->req, !e ? PAGE_OK : e == ERR_GONE ? DENIAL_GONE : DENIAL_AGAIN);
    if (!e)
        handoff_changed(l->k, &l->row, l->seq);
    mem_free(l);
}

void keeper_on_handoff_decline(struct keeper *k, struct chan *c,
                               const struct msg_handoff_decline *m)
{
    struct looking at = {.req = m->req};
    enum err e = session_find_for_change(k, m->cookie, m->csrf, &at.s);
    struct looking *l = look(k, c, &at, m->handoff, e);

    if (l)
        store_work(k->store, STORE_URGENT, decline_work, decline_done, l);
}

/* --- lists ------------------------------------------------------------------------------------ */

/* Whose list it is; false: denied. */
static bool find_reader(struct keeper *k, struct chan *c, uint64_t req, const struct sec *cookie,
                        struct session *ret)
{
    enum err e = session_find(k, cookie, ret);

    if (e)
        page_denied(c, req, page_why(e));
    return !e;
}

typedef enum err row_fn(struct keeper *k, struct chan *c, uint64_t req, const void *row);

/* A row for each of q, then their end. */
static void say_rows(struct keeper *k, struct chan *c, uint64_t req, const struct session *s,
                     struct store_rows *q, row_fn *row)
{
    enum err e = ERR_OK;

    while (!e && store_next(q))
        e = row(k, c, req, q->row);
    if (store_end(q, e) != ERR_OK)
        page_denied(c, req, DENIAL_AGAIN);
    else
        tell_rows_end(c, &(struct msg_rows_end){.req = req,
                                                .user_name = slice_str(s->user.name),
                                                .csrf = roots_csrf(k, s->hash)});
}

/* --- the inbox -------------------------------------------------------------------------------- */

static enum err inbox_row(struct keeper *k, struct chan *c, uint64_t req, const void *of)
{
    const struct inbox_row *row = of;
    struct msg_inbox_row m = {.req = req,
                              .handoff = row->id,
                              .kind = row->kind,
                              .state = row->state,
                              .need = row->need,
                              .client_label = slice_str(row->label),
                              .tool = slice_str(row->tool),
                              .created = row->created,
                              .expires = row->expires};
    char words[WORDS_MAX];

    m.words = words_of(m.handoff, words);
    if (m.expires <= keeper_now(k) || !conf_index(&k->conf, slice_str(row->upstream), &m.upstream))
        return ERR_OK; /* over, or for an upstream that is not there any more */
    return send_inbox_row(c, &m);
}

void keeper_on_inbox_get(struct keeper *k, struct chan *c, const struct msg_inbox_get *m)
{
    struct session s;
    struct inbox_row row;
    struct store_rows q;

    if (!find_reader(k, c, m->req, m->cookie, &s))
        return;
    store_query(k->store, Q_handoff_inbox, VALS(V_ID(s.user.id)), &row, &q);
    say_rows(k, c, m->req, &s, &q, inbox_row);
}

static struct page_watch *find_watch(struct keeper *k, uint64_t peer, uint64_t req)
{
    const struct page_watch_key key = {peer, req};
    struct page_watch *w = NULL;

    HASH_FIND(hh, k->pages->watches, &key, sizeof(key), w);
    return w;
}

static void end_watch(struct page_watch *w)
{
    HASH_DELETE(hh, w->k->pages->watches, w);
    group_leave(&w->of_user);
    loop_timer_free(w->end);
    mem_free(w);
}

/* Looked up each time, however the session may have ended. False: it is over, and the watch too. */
static bool watch_lives(struct page_watch *w)
{
    uint64_t left = session_left(w->k, w->session);

    if (PLANTED(watch_stays))
        return true;
    if (left > 0) {
        loop_timer_set(w->end, left);
        return true;
    }
    page_denied(peers_chan(&w->k->peers, w->key.peer), w->key.req, DENIAL_LOG_IN);
    end_watch(w);
    return false;
}

static void on_session_end(void *ctx)
{
    IGNORE(watch_lives(ctx));
}

void keeper_on_inbox_watch(struct keeper *k, struct chan *c, const struct msg_inbox_watch *m)
{
    struct session s;
    struct page_watch *w = NULL;
    enum err e = session_find(k, m->cookie, &s);

    if (e || HASH_COUNT(k->pages->watches) >= WATCHES) {
        page_denied(c, m->req, e ? page_why(e) : DENIAL_RATE);
        return;
    }
    if (find_watch(k, peer_of(c)->serial, m->req)) {
        chan_breach(c, BREACH_WATCH_TWICE);
        return;
    }
    w = MEM_NEW(struct page_watch);
    *w = (struct page_watch){.key = {peer_of(c)->serial, m->req},
                             .k = k,
                             .session = s.hash,
                             .end = loop_timer_new(k->loop, on_session_end, w)};
    HASH_ADD(hh, k->pages->watches, key, sizeof(w->key), w);
    group_join(&k->pages->by_user, ID_SLICE(s.user.id), &w->of_user, w);
    IGNORE(watch_lives(w)); /* sets its end */
}

void keeper_on_watch_end(struct keeper *k, struct chan *c, const struct msg_watch_end *m)
{
    struct page_watch *w = find_watch(k, peer_of(c)->serial, m->req);

    if (w)
        end_watch(w);
}

static void look_at_watches(struct keeper *k, struct user_id user, bool changed)
{
    struct group_link *next = NULL;

    for (struct group_link *l = group_first(&k->pages->by_user, ID_SLICE(user)); l; l = next) {
        struct page_watch *w = l->thing;

        next = group_next(l);
        if (watch_lives(w) && changed)
            tell_inbox_changed(peers_chan(&k->peers, w->key.peer),
                               &(struct msg_inbox_changed){.req = w->key.req});
    }
}

void pages_inbox_changed(struct keeper *k, struct user_id user)
{
    look_at_watches(k, user, true);
}

void pages_sessions_ended(struct keeper *k, struct user_id user)
{
    look_at_watches(k, user, false);
}

void pages_surface_lost(struct keeper *k, uint64_t peer)
{
    struct page_watch *next = NULL;

    for (struct page_watch *w = k->pages->watches; w; w = next) {
        next = w->hh.next;
        if (w->key.peer == peer)
            end_watch(w);
    }
}

void pages_close(struct keeper *k)
{
    while (k->pages->watches)
        end_watch(k->pages->watches);
}

/* --- log-out ---------------------------------------------------------------------------------- */

static enum err logout_work(void *ctx)
{
    struct looking *l = ctx;
    enum err e = store_do(l->k->store, Q_session_remove, VALS(V_ID(l->s.hash)));

    return e ? e
             : outbox_add(l->k, &(struct record){.event = EVENT_LOGOUT, .user = l->s.user.id},
                          &l->seq);
}

static void logout_done(void *ctx, enum err e)
{
    struct looking *l = ctx;

    pages_sessions_ended(l->k, l->s.user.id);
    page_end(l->k, l->peer, l->req, e ? DENIAL_AGAIN : PAGE_OK);
    mem_free(l);
}

void keeper_on_logout(struct keeper *k, struct chan *c, const struct msg_logout *m)
{
    struct session s;
    struct looking *l = NULL;
    enum err e = session_find_for_change(k, m->cookie, m->csrf, &s);

    if (e) {
        page_denied(c, m->req, page_why(e));
        return;
    }
    l = MEM_NEW(struct looking);
    *l = (struct looking){.k = k, .peer = peer_of(c)->serial, .req = m->req, .s = s};
    store_work(k->store, STORE_URGENT, logout_work, logout_done, l);
}

/* --- connections ------------------------------------------------------------------------------ */

static enum err connection_row(struct keeper *k, struct chan *c, uint64_t req, const void *of)
{
    const struct shown_row *row = of;
    struct msg_connection_row m = {
        .req = req,
        .connection = row->id,
        .client_label = slice_str(row->label),
        .state = connection_shown(row->state, row->uses_left, row->expires, keeper_now(k)),
        .lease = row->kind,
        .created = row->created,
        .last_used = row->last_used,
        .expires = row->expires,
        .uses_left = row->uses_left < 0 ? UINT32_MAX : (uint32_t)row->uses_left,
        .tested = row->tested};

    if (!conf_index(&k->conf, slice_str(row->upstream), &m.upstream))
        return ERR_OK; /* not configured any more: not usable, and shown again when it is back */
    return send_connection_row(c, &m);
}

void keeper_on_connections_get(struct keeper *k, struct chan *c,
                               const struct msg_connections_get *m)
{
    struct session s;
    struct shown_row row;
    struct store_rows q;

    if (!find_reader(k, c, m->req, m->cookie, &s))
        return;
    store_query(k->store, Q_connection_rows, VALS(V_STR(s.user.name)), &row, &q);
    say_rows(k, c, m->req, &s, &q, connection_row);
}

static void revoked(void *ctx, enum err e, size_t n)
{
    struct looking *l = ctx;

    page_end(l->k, l->peer, l->req, e ? DENIAL_AGAIN : n == 0 ? DENIAL_GONE : PAGE_OK);
    mem_free(l);
}

void keeper_on_connection_revoke(struct keeper *k, struct chan *c,
                                 const struct msg_connection_revoke *m)
{
    struct session s;
    struct looking *l = NULL;
    enum err e = session_find_for_change(k, m->cookie, m->csrf, &s);

    if (e || ID_IS_ZERO(m->connection)) {
        page_denied(c, m->req, e ? page_why(e) : DENIAL_GONE);
        return;
    }
    l = MEM_NEW(struct looking);
    *l = (struct looking){.k = k, .peer = peer_of(c)->serial, .req = m->req};
    /* The person's own only: both must match. */
    revoke_connections(k, &(struct revoke_which){.connection = m->connection, .user = s.user.id},
                       revoked, l);
}
