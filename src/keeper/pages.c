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
#include "keeper/revoke.h"
#include "keeper/roots.h"
#include "keeper/words.h"
#include "os/log.h"

enum { WATCHES = 4096 };
enum { DONE = DENIAL_COUNT }; /* how a request ends, if not by a denial */

/* --- answers ---------------------------------------------------------------------------------- */

static void deny(struct chan *c, uint64_t req, enum denial why)
{
    tell_page_denied(c, &(struct msg_page_denied){.req = req, .why = why});
}

void page_view(const struct page *p)
{
    struct keeper *k = p->k;
    const struct handoff_row *row = &p->row;
    const struct user_row *user = &p->s.user;
    const struct auth_key *key = auth_of(k, row->who.client);
    struct chan *c = peers_chan(&k->peers, p->peer);
    char words[WORDS_MAX];
    struct msg_handoff_view m = {.req = p->req,
                                 .handoff = row->id,
                                 .words = words_of(row->id, words),
                                 .kind = row->kind,
                                 .state = row->state,
                                 .need = row->need,
                                 .problem = row->problem,
                                 .user_name = slice_str(user->name),
                                 .client_label = key ? slice_str(key->row.label) : SLICE_EMPTY,
                                 .method = slice_str(row->method),
                                 .tool = slice_str(row->tool),
                                 .for_request = !ID_IS_ZERO(row->request),
                                 .created = row->created,
                                 .expires = row->expires,
                                 .tries_left = kind_tries_left(row),
                                 .tested = row->tested,
                                 .may_prove = session_proof_left(k, user->id),
                                 .csrf = roots_csrf(k, p->s.hash),
                                 .salt = slice_of(user->salt, sizeof(user->salt)),
                                 .ops = user->ops,
                                 .mem = user->mem};

    if (handoff_is_live(row->state))
        m.shown = buf_slice(&p->shown);
    if (!keeper_conf_index(&k->conf, slice_str(row->upstream), &m.upstream))
        deny(c, p->req, DENIAL_GONE); /* the upstream is not configured any more */
    else
        tell_handoff_view(c, &m);
}

/* --- what a page asks for --------------------------------------------------------------------- */

void page_free(void *page)
{
    struct page *p = page;

    if (p->free)
        p->free(p);
    buf_free(&p->shown);
    buf_free(&p->rows);
    mem_free(p);
}

static void say(const struct page *p, unsigned how)
{
    struct chan *c = peers_chan(&p->k->peers, p->peer);

    if (how == DONE)
        tell_page_done(c, &(struct msg_page_done){.req = p->req});
    else
        deny(c, p->req, (enum denial)how);
}

void page_say(struct page *p, unsigned how)
{
    say(p, how);
    page_free(p);
}

/* What a browser is told of an error of looking for its session. */
static enum denial why(enum err e)
{
    return e == ERR_NOT_FOUND ? DENIAL_LOG_IN : e == ERR_CSRF ? DENIAL_CSRF : DENIAL_AGAIN;
}

static enum err look_work(void *ctx)
{
    struct page *p = ctx;
    enum err e = store_one(p->k->store, Q_session_get,
                           VALS(V_ID(p->s.hash), V_INT(keeper_now(p->k))), &p->s.user);

    if (!e && p->read)
        p->e = p->read(p);
    return e;
}

static void look_done(void *ctx, enum err e)
{
    struct page *p = ctx;

    if (!e && p->changes && !roots_csrf_ok(p->k, p->s.hash, p->csrf))
        e = ERR_CSRF;
    if (e)
        page_say(p, why(e));
    else
        p->then(p);
}

void page_look(struct page *p, struct keeper *k, struct chan *c, const struct sec *cookie)
{
    p->k = k;
    p->peer = peer_of(c)->serial;
    p->s.hash = session_hash(cookie);
    p->shown = BUF_INIT(LIM_PROJECTION_BYTES);
    p->rows = BUF_INIT(LIM_LIST_BYTES);
    store_work(k->store, STORE_READ, look_work, look_done, p);
}

static void ask(struct keeper *k, struct chan *c, const struct sec *cookie, const struct page *said)
{
    struct page *p = MEM_NEW(struct page);

    *p = *said;
    page_look(p, k, c, cookie);
}

static void say_who(struct page *p)
{
    const struct user_row *user = &p->s.user;

    tell_who(peers_chan(&p->k->peers, p->peer),
             &(struct msg_who){.req = p->req,
                               .user_name = slice_str(user->name),
                               .csrf = roots_csrf(p->k, p->s.hash),
                               .salt = slice_of(user->salt, sizeof(user->salt)),
                               .ops = user->ops,
                               .mem = user->mem});
    page_free(p);
}

/* Each of the rows, then their end. */
static void say_rows(struct page *p)
{
    struct chan *c = peers_chan(&p->k->peers, p->peer);
    enum err e = p->e == ERR_CORRUPT ? ERR_OK : p->e;

    if (p->e == ERR_CORRUPT) /* what can be read is shown, and may be revoked */
        log_event(LEVEL_ERROR, "rows_unreadable", LOG_STR("of", p->s.user.name));
    for (size_t at = 0; c && !e && at < p->rows.n; at += store_size(p->q))
        e = p->say(p, c, p->rows.p + at);
    if (e)
        deny(c, p->req, DENIAL_AGAIN);
    else
        tell_rows_end(c, &(struct msg_rows_end){.req = p->req,
                                                .user_name = slice_str(p->s.user.name),
                                                .csrf = roots_csrf(p->k, p->s.hash)});
    page_free(p);
}

/* --- one handoff ------------------------------------------------------------------------------ */

static enum err wrong_work(void *ctx)
{
    struct page *p = ctx;

    return NOTE(p->k, .event = EVENT_WRONG_PERSON, .who = {p->s.user.id, p->row.who.client},
                .upstream = slice_str(p->row.upstream), .handoff = p->row.id);
}

static void wrong_done(void *ctx, enum err e)
{
    if (e)
        log_event(LEVEL_ERROR, "wrong_person_not_recorded", LOG_ERR(e));
    page_free(ctx);
}

void page_wrong_person(const struct page *of)
{
    struct page *p = MEM_NEW(struct page);

    *p = (struct page){.k = of->k, .s = of->s, .row = of->row};
    log_event(LEVEL_WARN, "wrong_person", LOG_ID("handoff", p->row.id),
              LOG_STR("name", p->s.user.name));
    store_work(p->k->store, STORE_NORMAL, wrong_work, wrong_done, p);
}

enum err page_read(void *page)
{
    struct page *p = page;
    struct bytes_row row;
    struct store_rows q;
    enum err e = handoff_read(p->k, p->row.id, &p->row);

    if (e)
        return e;
    buf_clear(&p->shown);
    store_query(p->k->store, Q_handoff_shown, VALS(V_ID(p->row.id)), &row, &q);
    if (store_next(&q))
        buf_put(&p->shown, row.bytes);
    return store_end(&q, ERR_OK);
}

/* Whether the handoff is that person's; if not, they are told no more. */
static bool is_theirs(struct page *p)
{
    if (!p->e && (ID_EQ(p->row.who.user, p->s.user.id) || PLANTED(anyone_sees)))
        return true;
    if (!p->e)
        page_wrong_person(p);
    page_say(p, DENIAL_NOT_YOURS);
    return false;
}

static enum err view_work(void *ctx)
{
    struct page *p = ctx;
    enum err e = page_read(p);

    if (!e && p->row.state == HANDOFF_STATE_CREATED)
        e = handoff_move(p->k, &p->row, HANDOFF_VIEW, &(struct handoff_change){0}, &p->seq);
    return e;
}

static void view_done(void *ctx, enum err e)
{
    struct page *p = ctx;

    if (e) {
        page_say(p, DENIAL_AGAIN);
        return;
    }
    page_view(p);
    handoff_changed(p->k, &p->row, p->seq);
    page_free(p);
}

static void view(struct page *p)
{
    if (!is_theirs(p))
        return;
    if (p->row.state == HANDOFF_STATE_CREATED) {
        store_work(p->k->store, STORE_NORMAL, view_work, view_done, p);
        return;
    }
    page_view(p);
    page_free(p);
}

static enum err decline_work(void *ctx)
{
    struct page *p = ctx;
    enum err e = page_read(p);

    return e ? e : handoff_move(p->k, &p->row, HANDOFF_DECLINE, NULL, &p->seq);
}

static void decline_done(void *ctx, enum err e)
{
    struct page *p = ctx;

    say(p, e == ERR_GONE ? DENIAL_GONE : e ? DENIAL_AGAIN : DONE);
    if (!e)
        handoff_changed(p->k, &p->row, p->seq);
    page_free(p);
}

static void decline(struct page *p)
{
    if (is_theirs(p))
        store_work(p->k->store, STORE_URGENT, decline_work, decline_done, p);
}

/* --- the inbox -------------------------------------------------------------------------------- */

static enum err read_inbox(void *ctx)
{
    struct page *p = ctx;

    return store_all(p->k->store, p->q, VALS(V_ID(p->s.user.id)), &p->rows);
}

static enum err inbox_row(const struct page *p, struct chan *c, const void *of)
{
    const struct inbox_row *row = of;
    char words[WORDS_MAX];
    struct msg_inbox_row m = {.req = p->req,
                              .handoff = row->id,
                              .words = words_of(row->id, words),
                              .kind = row->kind,
                              .state = row->state,
                              .need = row->need,
                              .client_label = slice_str(row->label),
                              .tool = slice_str(row->tool),
                              .created = row->created,
                              .expires = row->expires};

    if (m.expires <= keeper_now(p->k) ||
        !keeper_conf_index(&p->k->conf, slice_str(row->upstream), &m.upstream))
        return ERR_OK; /* over, or for an upstream that is not there any more */
    return send_inbox_row(c, &m);
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
    if (!w->over) {
        HASH_DELETE(hh, w->k->pages->watches, w);
        group_leave(&w->of_user);
        loop_timer_free(w->end);
        w->over = true;
    }
    if (w->minding == 0) /* or when the store has answered */
        mem_free(w);
}

static void minded(void *ctx, enum err e)
{
    struct page_watch *w = ctx;
    struct keeper *k = w->k;
    struct chan *c = peers_chan(&k->peers, w->key.peer);
    uint64_t now = keeper_now(k), left = !e && w->row.expires > now ? w->row.expires - now : 0;

    w->minding--;
    if (!e && left == 0)
        e = ERR_NOT_FOUND;
    if (w->over || (e && !PLANTED(watch_stays))) {
        if (!w->over)
            deny(c, w->key.req, why(e));
        end_watch(w);
        return;
    }
    if (!w->of_user.of)
        group_join(&k->pages->by_user, ID_SLICE(w->row.user), &w->of_user, w);
    if (left > 0)
        loop_timer_set(w->end, left);
    if (w->changed)
        tell_inbox_changed(c, &(struct msg_inbox_changed){.req = w->key.req});
    w->changed = false;
}

/* Looked up each time, however the session may have ended. When it is over, the watch is too. */
static void mind(struct page_watch *w, bool changed)
{
    w->changed |= changed;
    w->minding++;
    store_ask(w->k->store, Q_session_end, VALS(V_ID(w->session)), &w->row, minded, w);
}

static void on_session_end(void *ctx)
{
    mind(ctx, false);
}

/* There from the beginning, and ended like any other: the browser may leave, and more may come, before
 * the store has said whose it is. */
void keeper_on_inbox_watch(struct keeper *k, struct chan *c, const struct msg_inbox_watch *m)
{
    const uint64_t peer = peer_of(c)->serial;
    struct page_watch *w = NULL;

    if (find_watch(k, peer, m->req)) {
        chan_breach(c, BREACH_WATCH_TWICE);
        return;
    }
    if (HASH_COUNT(k->pages->watches) >= WATCHES) {
        deny(c, m->req, DENIAL_RATE);
        return;
    }
    w = MEM_NEW(struct page_watch);
    *w = (struct page_watch){.key = {peer, m->req},
                             .k = k,
                             .session = session_hash(m->cookie),
                             .end = loop_timer_new(k->loop, on_session_end, w)};
    HASH_ADD(hh, k->pages->watches, key, sizeof(w->key), w);
    mind(w, false);
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
        next = group_next(l);
        mind(l->thing, changed);
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
    struct page_watch *w = NULL, *next = NULL;

    HASH_ITER(hh, k->pages->watches, w, next) {
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
    struct page *p = ctx;
    enum err e = store_do(p->k->store, Q_session_remove, VALS(V_ID(p->s.hash)));

    if (!e)
        e = NOTE(p->k, .event = EVENT_LOGOUT, .who.user = p->s.user.id);
    return e;
}

static void logout_done(void *ctx, enum err e)
{
    struct page *p = ctx;

    pages_sessions_ended(p->k, p->s.user.id);
    page_say(p, e ? DENIAL_AGAIN : DONE);
}

static void end_session(struct page *p)
{
    store_work(p->k->store, STORE_URGENT, logout_work, logout_done, p);
}

/* --- connections ------------------------------------------------------------------------------ */

static enum err read_connections(void *ctx)
{
    struct page *p = ctx;

    return store_all(p->k->store, p->q, VALS(V_STR(p->s.user.name)), &p->rows);
}

static enum err connection_row(const struct page *p, struct chan *c, const void *of)
{
    const struct shown_row *row = of;
    struct msg_connection_row m = {
        .req = p->req, .tested = row->tested, CONNECTION_SAID(row, keeper_now(p->k))};

    if (!keeper_conf_index(&p->k->conf, slice_str(row->upstream), &m.upstream))
        return ERR_OK; /* not configured any more: not usable, and shown again when it is back */
    return send_connection_row(c, &m);
}

static void revoked(void *ctx, enum err e, size_t n)
{
    page_say(ctx, e ? DENIAL_AGAIN : n == 0 ? DENIAL_GONE : DONE);
}

static void revoke(struct page *p)
{
    const struct revoke_which theirs = {.connection = p->connection, .user = p->s.user.id};

    if (ID_IS_ZERO(p->connection))
        page_say(p, DENIAL_GONE);
    else
        revoke_connections(p->k, &theirs, revoked, p);
}

/* --- the messages ----------------------------------------------------------------------------- */

void keeper_on_who_get(struct keeper *k, struct chan *c, const struct msg_who_get *m)
{
    ask(k, c, m->cookie, &(struct page){.req = m->req, .then = say_who});
}

void keeper_on_handoff_get(struct keeper *k, struct chan *c, const struct msg_handoff_get *m)
{
    ask(k, c, m->cookie,
        &(struct page){.req = m->req, .read = page_read, .then = view, .row.id = m->handoff});
}

void keeper_on_handoff_decline(struct keeper *k, struct chan *c,
                               const struct msg_handoff_decline *m)
{
    ask(k, c, m->cookie,
        &(struct page){.req = m->req,
                       .changes = true,
                       .read = page_read,
                       .then = decline,
                       .csrf = m->csrf,
                       .row.id = m->handoff});
}

void keeper_on_inbox_get(struct keeper *k, struct chan *c, const struct msg_inbox_get *m)
{
    ask(k, c, m->cookie,
        &(struct page){.req = m->req,
                       .read = read_inbox,
                       .then = say_rows,
                       .q = STORE_GIVES(inbox_row, Q_handoff_inbox),
                       .say = inbox_row});
}

void keeper_on_logout(struct keeper *k, struct chan *c, const struct msg_logout *m)
{
    ask(k, c, m->cookie,
        &(struct page){.req = m->req, .changes = true, .then = end_session, .csrf = m->csrf});
}

void keeper_on_connections_get(struct keeper *k, struct chan *c,
                               const struct msg_connections_get *m)
{
    ask(k, c, m->cookie,
        &(struct page){.req = m->req,
                       .read = read_connections,
                       .then = say_rows,
                       .q = STORE_GIVES(shown_row, Q_connection_rows),
                       .say = connection_row});
}

void keeper_on_connection_revoke(struct keeper *k, struct chan *c,
                                 const struct msg_connection_revoke *m)
{
    ask(k, c, m->cookie,
        &(struct page){.req = m->req,
                       .changes = true,
                       .then = revoke,
                       .csrf = m->csrf,
                       .connection = m->connection});
}
