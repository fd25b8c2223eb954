/* The command's verbs, but for removal (remove.c). Run by the keeper. */
#include "keeper/ctl.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/auth.h"
#include "keeper/connection.h"
#include "keeper/outbox.h"
#include "keeper/pages.h"
#include "keeper/revoke.h"
#include "keeper/use.h"
#include "keeper/vault.h"
#include "os/log.h"

void ctl_say_why(struct keeper *k, uint64_t peer, enum err code, const char *why)
{
    tell_ctl_done(peers_chan(&k->peers, peer),
                  &(struct msg_ctl_done){.code = code, .detail = slice_str(why)});
}

void ctl_say(struct keeper *k, uint64_t peer, enum err code)
{
    ctl_say_why(k, peer, code, "");
}

static void say(struct keeper *k, struct chan *c, enum err code)
{
    ctl_say(k, peer_of(c)->serial, code);
}

/* Nothing is begun that could not be recorded. */
static bool may_begin(struct keeper *k, struct chan *c)
{
    enum err e = outbox_ready(k);

    if (e)
        ctl_say_why(k, peer_of(c)->serial, e, e == ERR_CORRUPT ? OUTBOX_ROLLED_BACK : "");
    return !e;
}

static enum err find_user(struct keeper *k, struct slice name, struct user_id *ret)
{
    struct user_row row;
    enum err e = store_one(k->store, Q_user_by_name, VALS(V_BYTES(name)), &row);

    if (!e)
        *ret = row.id;
    return e;
}

/* --- lists ------------------------------------------------------------------------------------ */

struct ctl_list {
    enum stmt q; /* for a person of that name; "" is everybody */
    enum err (*send)(struct keeper *k, struct chan *c, const void *row);
    store_work_fn *read; /* not of q alone */
    struct keeper *k;
    uint64_t peer;
    char name[LIM_USER_NAME_BYTES + 1];
    struct buf rows;
};

static enum err read_list(void *ctx)
{
    struct ctl_list *l = ctx;
    struct slice name = slice_str(l->name);
    struct user_id nobody;
    enum err e = name.n > 0 ? find_user(l->k, name, &nobody) : ERR_OK;

    return e ? e : store_all(l->k->store, l->q, VALS(V_BYTES(name)), &l->rows);
}

static void list_read(void *ctx, enum err e)
{
    struct ctl_list *l = ctx;
    struct chan *c = peers_chan(&l->k->peers, l->peer);

    enum err sent = ERR_OK; /* what could be read, also beside what could not */

    for (size_t at = 0; c && !sent && at < l->rows.n; at += store_size(l->q))
        sent = l->send(l->k, c, l->rows.p + at);
    ctl_say(l->k, l->peer, e ? e : sent);
    buf_free(&l->rows);
    mem_free(l);
}

static void list(struct keeper *k, struct chan *c, struct slice name, const struct ctl_list *what)
{
    struct ctl_list *l = MEM_NEW(struct ctl_list);

    *l = *what;
    l->k = k;
    l->peer = peer_of(c)->serial;
    l->rows = BUF_INIT(LIM_LIST_BYTES);
    BUG_IF(!slice_to_cstr(name, l->name, sizeof(l->name))); /* the messages' maxima */
    store_work(k->store, STORE_READ, what->read ? what->read : read_list, list_read, l);
}

/* --- people ----------------------------------------------------------------------------------- */

struct person {
    struct keeper *k;
    uint64_t peer;
    bool fresh; /* else a new password */
    struct user_row row;
};

static enum err add_person(struct person *p)
{
    struct keeper *k = p->k;
    const struct user_row *row = &p->row;
    struct buf wrapped = BUF_INIT(256);
    uint32_t kek = 0;
    enum err e = ERR_OK;

    RANDOM_ID(p->row.id);
    e = vault_new_key(k, row->id, &wrapped, &kek);
    if (!e)
        e = store_do(k->store, Q_user_add,
                     VALS(V_ID(row->id), V_STR(row->name), V_SALT(row->salt), V_INT(row->ops),
                          V_INT(row->mem), V_ID(row->verifier), V_INT(kek),
                          V_BYTES(buf_slice(&wrapped)), V_INT(keeper_now(k))));
    buf_free(&wrapped);
    return e;
}

static enum err change_person(struct person *p)
{
    struct keeper *k = p->k;
    struct user_row *row = &p->row;
    enum err e = find_user(k, slice_str(row->name), &row->id);

    if (!e)
        e = store_do(k->store, Q_user_password,
                     VALS(V_SALT(row->salt), V_INT(row->ops), V_INT(row->mem), V_ID(row->verifier),
                          V_ID(row->id)));
    return e ? e : store_do(k->store, Q_session_remove_user, VALS(V_ID(row->id)));
}

static enum err person_work(void *ctx)
{
    struct person *p = ctx;
    const enum event event = p->fresh ? EVENT_USER_ADDED : EVENT_USER_CHANGED;
    enum err e = p->fresh ? add_person(p) : change_person(p);

    if (!e)
        e = NOTE(p->k, .event = event, .who.user = p->row.id, .detail = slice_str(p->row.name));
    return e;
}

static void person_done(void *ctx, enum err e)
{
    struct person *p = ctx;

    log_event(e ? LEVEL_WARN : LEVEL_INFO, "user_written", LOG_STR("name", p->row.name),
              LOG_NUM("new", p->fresh), LOG_ERR(e));
    pages_sessions_ended(p->k, p->row.id);
    ctl_say(p->k, p->peer, e);
    mem_free(p);
}

/* Adding and changing say the same. */
static void person(struct keeper *k, struct chan *c, const struct msg_ctl_user_add *t, bool fresh)
{
    struct person *p = NULL;

    if (t->name.n == 0 || t->salt.n != sizeof(p->row.salt) || !t->verifier ||
        sec_len(t->verifier) != DIGEST_BYTES || t->ops == 0 || t->ops > LIM_PASSWORD_OPS_MOST ||
        t->mem == 0 || t->mem > LIM_PASSWORD_MEM_MOST) {
        say(k, c, ERR_OUT_OF_RANGE);
        return;
    }
    p = MEM_NEW(struct person);
    p->k = k;
    p->peer = peer_of(c)->serial;
    p->fresh = fresh;
    p->row.ops = t->ops;
    p->row.mem = t->mem;
    p->row.verifier = hash_sec(t->verifier);
    (void)slice_copy(t->salt, p->row.salt, sizeof(p->row.salt));
    BUG_IF(!slice_to_cstr(t->name, p->row.name, sizeof(p->row.name))); /* the message's maximum */
    store_work(k->store, STORE_NORMAL, person_work, person_done, p);
}

void keeper_on_ctl_user_add(struct keeper *k, struct chan *c, const struct msg_ctl_user_add *m)
{
    if (may_begin(k, c))
        person(k, c, m, true);
}

void keeper_on_ctl_user_password(struct keeper *k, struct chan *c,
                                 const struct msg_ctl_user_password *m)
{
    const struct msg_ctl_user_add as = {m->name, m->salt, m->ops, m->mem, m->verifier};

    person(k, c, &as, false);
}

static enum err send_user(UNUSED struct keeper *k, struct chan *c, const void *of)
{
    const struct person_row *row = of;

    return send_ctl_user_row(c,
                             &(struct msg_ctl_user_row){.name = slice_str(row->name),
                                                        .created = row->created,
                                                        .keys = (uint32_t)row->keys,
                                                        .connections = (uint32_t)row->connections});
}

void keeper_on_ctl_user_list(struct keeper *k, struct chan *c,
                             UNUSED const struct msg_ctl_user_list *m)
{
    list(k, c, SLICE_EMPTY,
         &(struct ctl_list){.q = STORE_GIVES(person_row, Q_user_list), .send = send_user});
}

/* --- agent keys ------------------------------------------------------------------------------- */

struct key {
    struct keeper *k;
    uint64_t peer;
    char user_name[LIM_USER_NAME_BYTES + 1];
    struct client_row row;
};

static enum err key_work(void *ctx)
{
    struct key *a = ctx;
    struct keeper *k = a->k;
    struct client_row *row = &a->row;
    enum err e = find_user(k, slice_str(a->user_name), &row->who.user);

    RANDOM_ID(row->who.client);
    if (!e)
        e = store_do(k->store, Q_client_add,
                     VALS(V_ID(row->who.client), V_ID(row->who.user), V_STR(row->label),
                          V_ID(row->token), V_INT(keeper_now(k)), V_INT(row->link_by_error)));
    if (!e)
        e = NOTE(k, .event = EVENT_KEY_ADDED, .who = row->who, .detail = slice_str(row->label));
    return e;
}

static void key_done(void *ctx, enum err e)
{
    struct key *a = ctx;

    if (!e)
        auth_add(a->k, &a->row);
    log_event(e ? LEVEL_WARN : LEVEL_INFO, "key_added", LOG_STR("name", a->user_name),
              LOG_STR("label", a->row.label), LOG_ERR(e));
    ctl_say(a->k, a->peer, e);
    mem_free(a);
}

void keeper_on_ctl_key_add(struct keeper *k, struct chan *c, const struct msg_ctl_key_add *m)
{
    struct key *a = NULL;

    if (!may_begin(k, c))
        return;
    a = MEM_NEW(struct key);
    a->k = k;
    a->peer = peer_of(c)->serial;
    a->row.token = m->token_hash;
    a->row.link_by_error = m->link_by_error;
    BUG_IF(!slice_to_cstr(m->user_name, a->user_name,
                          sizeof(a->user_name))); /* the messages' maxima */
    BUG_IF(!slice_to_cstr(m->label, a->row.label, sizeof(a->row.label)));
    store_work(k->store, STORE_NORMAL, key_work, key_done, a);
}

static enum err send_key(UNUSED struct keeper *k, struct chan *c, const void *of)
{
    const struct key_row *row = of;

    return send_ctl_key_row(c, &(struct msg_ctl_key_row){.client = row->client,
                                                         .user_name = slice_str(row->user_name),
                                                         .label = slice_str(row->label),
                                                         .created = row->created,
                                                         .last_used = row->last_used,
                                                         .link_by_error = row->link_by_error});
}

void keeper_on_ctl_key_list(struct keeper *k, struct chan *c, const struct msg_ctl_key_list *m)
{
    list(k, c, m->user_name,
         &(struct ctl_list){.q = STORE_GIVES(key_row, Q_client_list), .send = send_key});
}

/* --- connections ------------------------------------------------------------------------------ */

static enum err send_connection(struct keeper *k, struct chan *c, const void *of)
{
    const struct shown_row *row = of;
    struct msg_ctl_connection_row m = {.user_name = slice_str(row->user_name),
                                       CONNECTION_SAID(row, keeper_now(k))};

    if (PLANTED(command_tells))
        m.client_label = planted_kept();
    if (!keeper_conf_index(&k->conf, slice_str(row->upstream), &m.upstream))
        return ERR_OK; /* not configured any more: not usable */
    return send_ctl_connection_row(c, &m);
}

void keeper_on_ctl_connection_list(struct keeper *k, struct chan *c,
                                   const struct msg_ctl_connection_list *m)
{
    list(k, c, m->user_name,
         &(struct ctl_list){.q = STORE_GIVES(shown_row, Q_connection_rows),
                            .send = send_connection});
}

struct ctl_asked {
    struct keeper *k;
    uint64_t peer;
    bool named; /* something that is not there unless a row has it */
};

static void revoked(void *ctx, enum err e, size_t n)
{
    struct ctl_asked *a = ctx;

    if (!e && n == 0 && a->named)
        e = ERR_NOT_FOUND;
    tell_ctl_done(peers_chan(&a->k->peers, a->peer),
                  &(struct msg_ctl_done){.code = e, .count = (uint32_t)n});
    mem_free(a);
}

static struct ctl_asked *asked(struct keeper *k, struct chan *c)
{
    struct ctl_asked *a = MEM_NEW(struct ctl_asked);

    a->k = k;
    a->peer = peer_of(c)->serial;
    return a;
}

/* An upstream that is not configured any more may still have connections. */
static bool is_named(const struct keeper *k, const struct revoke_which *w)
{
    uint16_t index = 0;

    return !ID_IS_ZERO(w->connection) ||
           (w->upstream && !keeper_conf_index(&k->conf, slice_str(w->upstream), &index));
}

void keeper_on_ctl_revoke(struct keeper *k, struct chan *c, const struct msg_ctl_revoke *m)
{
    struct revoke_which w = {.all = m->scope == CTL_SCOPE_ALL};
    char name[LIM_USER_NAME_BYTES + 1];
    struct ctl_asked *a = NULL;
    enum err e = ERR_OK;

    BUG_IF(!slice_to_cstr(m->name, name, sizeof(name))); /* the message's maximum */
    if (m->scope == CTL_SCOPE_CONNECTION) {
        w.connection = m->connection;
        e = ID_IS_ZERO(m->connection) ? ERR_NOT_FOUND : ERR_OK;
    } else if (m->scope == CTL_SCOPE_USER) {
        w.user_name = name;
    } else if (m->scope == CTL_SCOPE_UPSTREAM) {
        w.upstream = name;
        e = m->name.n == 0 ? ERR_NOT_FOUND : ERR_OK;
    }
    if (e) {
        say(k, c, e);
        return;
    }
    a = asked(k, c);
    a->named = is_named(k, &w);
    revoke_connections(k, &w, revoked, a);
}

/* --- upstreams -------------------------------------------------------------------------------- */

static enum err read_upstreams(void *ctx)
{
    struct ctl_list *l = ctx;
    enum err e = ERR_OK;

    for (uint16_t i = 0; !e && i < LIM_UPSTREAMS; i++) {
        const struct keeper_upstream *u = keeper_conf_get(&l->k->conf, i);
        struct upstream_row row;

        if (!u)
            continue;
        e = store_one(l->k->store, Q_upstream_seen, VALS(V_STR(u->name)), &row);
        if (!e)
            buf_put(&l->rows, slice_of(&row, sizeof(row)));
    }
    return e ? e : buf_err(&l->rows);
}

static enum err send_upstream(struct keeper *k, struct chan *c, const void *of)
{
    const struct upstream_row *row = of;
    struct msg_ctl_upstream_row m = {
        .name = slice_str(row->name), .connections = (uint32_t)row->connections, .seen = row->seen};
    const struct keeper_upstream *u = NULL;

    BUG_IF(!keeper_conf_index(&k->conf, m.name, &m.upstream)); /* it was asked for by that */
    u = keeper_conf_get(&k->conf, m.upstream);
    m.title = slice_str(u->title);
    m.needs_credential = u->needs_credential;
    return send_ctl_upstream_row(c, &m);
}

void keeper_on_ctl_upstream_list(struct keeper *k, struct chan *c,
                                 UNUSED const struct msg_ctl_upstream_list *m)
{
    list(k, c, SLICE_EMPTY,
         &(struct ctl_list){.q = STORE_GIVES(upstream_row, Q_upstream_seen),
                            .send = send_upstream,
                            .read = read_upstreams});
}

struct ctl_probe {
    struct keeper *k;
    uint64_t peer;
    struct use_plan plan;
    struct use_id use;
    uint64_t seq;
};

static enum err probe_work(void *ctx)
{
    struct ctl_probe *p = ctx;

    return use_reserve(p->k, &p->plan, &p->use, &p->seq);
}

static void probe_ended(void *owner, UNUSED struct keeper_use *u, const struct keeper_use_end *end)
{
    struct ctl_probe *p = owner;

    if (end->refused)
        ctl_say_why(p->k, p->peer, ERR_UPSTREAM_REFUSED,
                    "the server answers nothing without a credential");
    else
        ctl_say(p->k, p->peer, end->why);
    mem_free(p);
}

static const struct use_events probe_events = {.forgotten = mem_free, .ended = probe_ended};

static void probe_done(void *ctx, enum err e)
{
    struct ctl_probe *p = ctx;

    if (e) {
        ctl_say(p->k, p->peer, e);
        mem_free(p);
        return;
    }
    USE_START(p->k, .id = p->use, .seq = p->seq, .plan = &p->plan, .events = &probe_events,
              .owner = p);
}

void keeper_on_ctl_upstream_probe(struct keeper *k, struct chan *c,
                                  const struct msg_ctl_upstream_probe *m)
{
    struct ctl_probe *p = NULL;
    uint16_t upstream = 0;

    if (!keeper_conf_index(&k->conf, m->name, &upstream)) {
        say(k, c, ERR_NOT_FOUND);
        return;
    }
    if (!may_begin(k, c))
        return;
    p = MEM_NEW(struct ctl_probe);
    p->k = k;
    p->peer = peer_of(c)->serial;
    p->plan =
        (struct use_plan){.mode = MODE_PROBE, .upstream = upstream, .revocations = k->revocations};
    store_work(k->store, STORE_NORMAL, probe_work, probe_done, p);
}

void keeper_on_ctl_audit_head(struct keeper *k, struct chan *c,
                              UNUSED const struct msg_ctl_audit_head *m)
{
    tell_ctl_audit_head_is(
        c, &(struct msg_ctl_audit_head_is){.seq = k->outbox->acked, .head = k->outbox->head});
    if (k->outbox->broken)
        ctl_say_why(k, peer_of(c)->serial, ERR_CORRUPT, OUTBOX_ROLLED_BACK);
    else
        say(k, c, ERR_OK);
}

static enum err recheck_work(void *ctx)
{
    struct ctl_asked *a = ctx;

    return outbox_recheck(a->k);
}

static void recheck_done(void *ctx, enum err e)
{
    struct ctl_asked *a = ctx;

    log_event(LEVEL_WARN, "audit_recheck", LOG_ERR(e));
    ctl_say(a->k, a->peer, e);
    mem_free(a);
}

void keeper_on_ctl_audit_recheck(struct keeper *k, struct chan *c,
                                 UNUSED const struct msg_ctl_audit_recheck *m)
{
    store_work(k->store, STORE_URGENT, recheck_work, recheck_done, asked(k, c));
}
