/* See rig.h. */
#include "rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/chars.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/init.h"
#include "crypto/password.h"
#include "ipc/gen/keeper.h"
#include "keeper/call.h"
#include "os/log.h"
#include "os/sock.h"

/* --- what is said ----------------------------------------------------------------------------- */

/* Copies slices and secrets, by the table of the message. */
static struct said *keep(enum msg type, const union msg_any *m)
{
    const struct wire_message *info = msg_info((uint16_t)type);
    struct said *s = MEM_NEW(struct said);

    s->type = type;
    memcpy(&s->m, m, info->size);
    for (size_t i = 0; i < info->fields_n; i++) {
        void *at = (uint8_t *)&s->m + info->fields[i].offset;

        if (info->fields[i].type == WIRE_STR || info->fields[i].type == WIRE_BYTES) {
            struct slice *text = at;

            *text = slice_of(mem_strndup(text->n ? (const void *)text->p : "", text->n), text->n);
        } else if (info->fields[i].type == WIRE_SECRET) {
            struct sec **sec = at;

            *sec = *sec ? sec_clone(*sec) : NULL;
        }
    }
    return s;
}

static void drop(struct said_list *from, struct said *s)
{
    const struct wire_message *info = msg_info((uint16_t)s->type);

    for (size_t i = 0; i < info->fields_n; i++) {
        void *at = (uint8_t *)&s->m + info->fields[i].offset;

        if (info->fields[i].type == WIRE_STR || info->fields[i].type == WIRE_BYTES)
            mem_free((void *)(uintptr_t)((struct slice *)at)->p);
        else if (info->fields[i].type == WIRE_SECRET)
            sec_free(*(struct sec **)at);
    }
    TAILQ_REMOVE(from, s, in_list);
    mem_free(s);
}

void rig_audit_ack(struct rig *r)
{
    uint64_t seq = r->audit_given < r->audit_seq ? r->audit_given : r->audit_seq;

    if (r->audit->own)
        assert_err(send_audit_ack(r->audit->own,
                                  &(struct msg_audit_ack){
                                      .seq = seq, .written = seq, .head = r->audit_log[seq]}),
                   ERR_OK);
}

void rig_audit_state(struct rig *r)
{
    assert_err(send_audit_state(r->audit->own,
                                &(struct msg_audit_state){.seq = r->audit_seq,
                                                          .head = r->audit_log[r->audit_seq],
                                                          .epoch = r->audit_epoch}),
               ERR_OK);
}

void rig_dropped(struct fake *f)
{
    assert_err(send_dropped(f->own, &(struct msg_dropped){0}), ERR_OK);
}

/* The hash of a record behind the one before it. */
static struct digest chained(const struct digest *before, const struct msg_audit_append *m)
{
    const uint64_t numbers[] = {m->seq, m->epoch, m->time, m->event, m->code, m->number};
    struct buf b = BUF_INIT(1024);
    struct digest d;

    buf_put(&b, ID_SLICE(*before));
    buf_put(&b, slice_of(numbers, sizeof(numbers)));
    buf_put(&b, ID_SLICE(m->user));
    buf_put(&b, ID_SLICE(m->client));
    buf_put(&b, ID_SLICE(m->connection));
    buf_put(&b, m->detail);
    d = hash_sha256(buf_slice(&b));
    buf_free(&b);
    return d;
}

static void audit_differs(struct rig *r, uint64_t seq)
{
    r->audit_differs = true;
    assert_err(send_audit_refused(r->audit->own,
                                  &(struct msg_audit_refused){.seq = seq, .code = ERR_CORRUPT}),
               ERR_OK);
}

static void audit_record(struct fake *f, const struct msg_audit_append *m)
{
    struct rig *r = f->rig;
    struct digest d;

    if (r->audit_differs)
        return;
    assert_true(m->seq > 0 && m->seq <= r->audit_seq + 1 && m->seq < RIG_LOG);
    d = chained(&r->audit_log[m->seq - 1], m);
    if (m->seq == r->audit_seq + 1) {
        r->audit_seq++;
        r->audit_log[m->seq] = d;
        r->events[m->event]++;
        r->numbers[m->event] += m->number;
        r->audit_epoch = m->epoch;
    } else if (!ID_EQ(d, r->audit_log[m->seq]) || m->seq + LIM_AUDIT_REPEAT <= r->audit_seq) {
        audit_differs(r, m->seq);
        return;
    }
    r->audit_given = m->seq;
    if (!r->audit_silent)
        rig_audit_ack(r);
}

static bool on_own_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct fake *f = ctx;
    struct said *s = NULL;

    (void)c;
    (void)fd;
    if (f->rig->heard != NULL)
        assert_err(wire_put(f->rig->heard, (uint16_t)type, msg_info((uint16_t)type), m), ERR_OK);
    if (type == MSG_AUDIT_APPEND) {
        audit_record(f, &m->audit_append);
        return true;
    }
    if (type == MSG_HEALTH) {
        f->rig->recording = m->health.recording;
        f->rig->healths++;
        return true;
    }
    if (type == MSG_DROP && !f->rig->drops_silent)
        rig_dropped(f);
    s = keep(type, m);
    TAILQ_INSERT_TAIL(&f->said, s, in_list);
    return true;
}

static void on_own_closed(void *ctx, struct chan *c, enum err why)
{
    struct fake *f = ctx;

    (void)why;
    f->own = NULL;
    chan_free(c);
}

static bool on_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct fake *f = ctx;

    return keeper_dispatch(f->rig->k, c, type, m, fd);
}

static void on_closed(void *ctx, struct chan *c, enum err why)
{
    struct fake *f = ctx;

    f->theirs = NULL;
    f->why = why;
    if (f->role != ROLE_SUPERVISOR)
        keeper_lost(f->rig->k, c);
    else
        f->rig->k->supervisor = NULL;
    chan_free(c);
}

static void on_writable(void *ctx, struct chan *c)
{
    struct fake *f = ctx;

    if (f->role != ROLE_SUPERVISOR)
        keeper_writable(f->rig->k, c);
}

static const struct chan_events own_events = {.message = on_own_message, .closed = on_own_closed};
static const struct chan_events keeper_events = {
    .message = on_message, .closed = on_closed, .writable = on_writable};

/* --- peers ------------------------------------------------------------------------------------ */

static void connect_fake(struct fake *f, struct chan_peer peer)
{
    struct rig *r = f->rig;
    struct chan_peer keeper = {.role = ROLE_KEEPER};
    int fds[2];

    f->peer = peer;
    f->why = ERR_OK;
    if (peer.role == ROLE_AUDIT) {
        r->audit_given = 0;
        r->audit_differs = false;
    }
    assert_err(sock_pair(fds), ERR_OK);
    f->own = chan_new(r->loop, fds[0], peer.role, keeper, &own_events, f);
    f->theirs = chan_new(r->loop, fds[1], ROLE_KEEPER, peer, &keeper_events, f);
    if (peer.role == ROLE_SUPERVISOR) {
        chan_run(f->own);
        chan_run(f->theirs);
        r->k->supervisor = f->theirs;
    } else {
        keeper_peer(r->k, f->theirs);
    }
}

struct fake *rig_peer(struct rig *r, enum role role, uint32_t instance, uint64_t generation,
                      uint16_t upstream)
{
    struct fake *f = &r->fakes[r->fakes_n++];

    assert_true(r->fakes_n <= RIG_FAKES);
    *f = (struct fake){.rig = r, .role = role};
    TAILQ_INIT(&f->said);
    connect_fake(f, (struct chan_peer){role, instance, generation, upstream});
    return f;
}

void rig_again(struct fake *f)
{
    struct chan_peer peer = f->peer;

    rig_kill(f);
    assert_null(f->theirs);
    rig_forget(f);
    peer.generation++;
    connect_fake(f, peer);
}

void rig_kill(struct fake *f)
{
    chan_free(f->own);
    f->own = NULL;
    rig_settle(f->rig);
}

void rig_settle(struct rig *r)
{
    for (int i = 0; i < 12; i++) {
        loop_turn(r->loop, 0);
        store_flush(r->k->store); /* what rides need not wait for its time */
    }
}

union msg_any *rig_take(struct fake *f, enum msg type)
{
    struct said *s = NULL;

    rig_settle(f->rig);
    s = TAILQ_FIRST(&f->said);
    if (!s)
        fail_msg("nothing was said to %s, not %s", role_name(f->role),
                 msg_info((uint16_t)type)->name);
    if (s->type != type)
        fail_msg("%s was told %s, not %s", role_name(f->role), msg_info((uint16_t)s->type)->name,
                 msg_info((uint16_t)type)->name);
    TAILQ_REMOVE(&f->said, s, in_list);
    TAILQ_INSERT_TAIL(&f->rig->taken, s, in_list);
    return &s->m;
}

void rig_quiet(struct fake *f)
{
    struct said *s = NULL;

    rig_settle(f->rig);
    s = TAILQ_FIRST(&f->said);
    if (s)
        fail_msg("%s was told %s", role_name(f->role), msg_info((uint16_t)s->type)->name);
}

void rig_forget(struct fake *f)
{
    rig_settle(f->rig);
    while (!TAILQ_EMPTY(&f->said))
        drop(&f->said, TAILQ_FIRST(&f->said));
}

bool rig_refused(struct fake *f)
{
    rig_settle(f->rig);
    return f->theirs == NULL && f->why == ERR_PROTOCOL;
}

struct reading {
    struct store *store;
    enum stmt q;
    struct buf rows;
};

static enum err read_rows(void *ctx)
{
    struct reading *r = ctx;

    return store_all(r->store, r->q, VALS(), &r->rows);
}

struct buf rig_rows(struct rig *r, enum stmt q)
{
    struct reading all = {r->k->store, q, BUF_INIT(1 << 24)};

    assert_err(store_run(r->k->store, STORE_READ, read_rows, &all), ERR_OK);
    return all.rows;
}

/* --- the keeper ------------------------------------------------------------------------------- */

static void configure(struct keeper_conf *f)
{
    static const char *const names[RIG_UPSTREAMS] = {"key", "tried", "open", "two"};
    static const uint8_t fields[RIG_UPSTREAMS] = {1, 1, 0, 2};

    for (uint16_t i = 0; i < RIG_UPSTREAMS; i++) {
        keeper_on_conf_upstream(f, &(struct msg_conf_upstream){.upstream = i,
                                                               .name = slice_str(names[i]),
                                                               .title = slice_str(names[i]),
                                                               .protocols = 3,
                                                               .needs_credential = fields[i] > 0,
                                                               .lease = LEASE_KIND_KEEP,
                                                               .has_verify = i == UP_TRIED});
        keeper_on_conf_endpoint(f, &(struct msg_conf_endpoint){.upstream = i,
                                                               .host = slice_str("up.example"),
                                                               .port = (uint16_t)(8000 + i),
                                                               .path = SLICE_LIT("/mcp")});
        for (uint8_t n = 0; n < fields[i]; n++)
            keeper_on_conf_field(f,
                                 &(struct msg_conf_field){.upstream = i,
                                                          .index = n,
                                                          .name = SLICE_LIT("f"),
                                                          .wants = i == UP_KEY ? CHARS_ASCII : 0});
    }
    assert_err(keeper_conf_check(f), ERR_OK);
}

void rig_open(struct rig *r)
{
    r->k = MEM_NEW(struct keeper);
    r->k->conf = r->conf;
    r->loop = loop_new();
    assert_err(keeper_open(r->k, r->loop, r->dir, r->keys), ERR_OK);
    r->fakes_n = 0;
    r->supervisor = rig_peer(r, ROLE_SUPERVISOR, 0, 1, 0);
    r->audit = rig_peer(r, ROLE_AUDIT, 0, 1, 0);
    r->gateway = rig_peer(r, ROLE_GATEWAY, 0, 11, 0);
    r->surface = rig_peer(r, ROLE_SURFACE, 0, 12, 0);
    r->dialer = rig_peer(r, ROLE_DIALER, 0, 13, 0);
    r->cli = rig_peer(r, ROLE_CLI, 0, 14, 0);
    r->egress = rig_peer(r, ROLE_EGRESS, 1, 15, UP_KEY);
    rig_audit_state(r);
    (void)rig_take(r->surface, MSG_SEAL_KEY);
}

void rig_close(struct rig *r, bool crash)
{
    for (size_t i = 0; i < r->fakes_n; i++) {
        struct fake *f = &r->fakes[i];

        if (f->theirs && f->role != ROLE_SUPERVISOR && !crash)
            keeper_lost(r->k, f->theirs);
        else if (f->theirs && f->role != ROLE_SUPERVISOR)
            peers_remove(&r->k->peers, f->theirs);
        chan_free(f->theirs);
        chan_free(f->own);
        while (!TAILQ_EMPTY(&f->said))
            drop(&f->said, TAILQ_FIRST(&f->said));
    }
    while (!TAILQ_EMPTY(&r->taken))
        drop(&r->taken, TAILQ_FIRST(&r->taken));
    r->fakes_n = 0;
    if (r->k && crash) { /* what waits for a transaction is lost */
        store_close(r->k->store);
        r->k->store = NULL;
    }
    if (r->k)
        keeper_close(r->k);
    mem_free(r->k);
    r->k = NULL;
    loop_free(r->loop);
    r->loop = NULL;
}

void rig_crash(struct rig *r)
{
    rig_close(r, true);
    rig_open(r);
}

static void log_line(void *ctx, struct slice line)
{
    if (ctx)
        buf_put(ctx, line);
}

void rig_log_to(struct buf *lines)
{
    log_set_sink(lines || !getenv("SIDEGATE_TEST_LOG") ? log_line : NULL, lines);
}

int rig_setup(void **state)
{
    struct rig *r = MEM_NEW(struct rig);

    crypto_init();
    chan_own(0, 0);
    rig_log_to(NULL);
    strcpy(r->dir, "/tmp/sg-keeper-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    snprintf(r->keys, sizeof(r->keys), "%s/keys", r->dir);
    assert_int_equal(mkdir(r->keys, 0700), 0);
    TAILQ_INIT(&r->taken);
    configure(&r->conf);
    rig_open(r);
    *state = r;
    return 0;
}

int rig_teardown(void **state)
{
    struct rig *r = *state;
    char line[128];

    rig_close(r, false);
    snprintf(line, sizeof(line), "rm -r %s", r->dir);
    assert_int_equal(system(line), 0);
    for (size_t i = 0; i < SET_COUNT; i++)
        if (limit_row((enum limit)i))
            assert_err(limit_set((enum limit)i, limit_row((enum limit)i)->def), ERR_OK);
    mem_free(r);
    return 0;
}

/* --- people and keys -------------------------------------------------------------------------- */

struct sec *rig_sec(const char *text)
{
    char copy[256];

    snprintf(copy, sizeof(copy), "%s", text);
    return sec_take(copy, strlen(text));
}

struct sec *rig_verifier(const char *password)
{
    struct digest d = hash_sha256(slice_str(password)); /* Argon2id is surface's business */

    return sec_take(d.b, sizeof(d.b));
}

static const uint8_t salt[16] = "0123456789abcde";

void rig_add_user(struct rig *r, const char *name, const char *password)
{
    struct sec *verifier = rig_verifier(password);

    assert_err(send_ctl_user_add(r->cli->own,
                                 &(struct msg_ctl_user_add){.name = slice_str(name),
                                                            .salt = slice_of(salt, sizeof(salt)),
                                                            .ops = 3,
                                                            .mem = 65536,
                                                            .verifier = verifier}),
               ERR_OK);
    sec_free(verifier);
    assert_err(rig_take(r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
}

void rig_add_key(struct rig *r, const char *name, const char *label, const char *token)
{
    assert_err(send_ctl_key_add(r->cli->own, &(struct msg_ctl_key_add){.user_name = slice_str(name),
                                                                       .label = slice_str(label),
                                                                       .token_hash = hash_sha256(
                                                                           slice_str(token))}),
               ERR_OK);
    assert_err(rig_take(r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
}

struct sec *rig_login(struct rig *r, const char *name, const char *password)
{
    struct sec *verifier = rig_verifier(password), *cookie = NULL;

    assert_err(
        send_login(r->surface->own,
                   &(struct msg_login){.req = 9000, .name = slice_str(name), .verifier = verifier}),
        ERR_OK);
    sec_free(verifier);
    cookie = sec_clone(rig_take(r->surface, MSG_LOGIN_OK)->login_ok.cookie);
    return cookie;
}

/* --- calls and handoffs ----------------------------------------------------------------------- */

struct msg_call_open rig_call(uint64_t number, struct sec *token)
{
    return (struct msg_call_open){.call = number,
                                  .upstream = UP_KEY,
                                  .token = token,
                                  .era = ERA_MODERN,
                                  .kind = CALL_KIND_REQUEST,
                                  .want = CALL_WANT_SEND,
                                  .method = SLICE_LIT("tools/call"),
                                  .name = SLICE_LIT("forecast"),
                                  .projection = SLICE_LIT("M...N..."),
                                  .request = hash_sha256(SLICE_LIT("forecast for Oslo")),
                                  .body_digest = hash_sha256(SLICE_LIT("body")),
                                  .caps = 1u << CALL_CAP_LINK | 1u << CALL_CAP_HOLD};
}

void rig_say_call(struct rig *r, const struct msg_call_open *m)
{
    assert_err(send_call_open(r->gateway->own, m), ERR_OK);
}

void rig_result(struct fake *egress, struct use_id use, enum result result, bool refused)
{
    assert_err(
        send_use_result(egress->own, &(struct msg_use_result){.use = use,
                                                              .result = result,
                                                              .refused = refused,
                                                              .status = refused ? 401 : 200}),
        ERR_OK);
}

void rig_seal(struct fake *egress, struct use_id use, const char *theirs, struct buf *ret)
{
    const struct msg_state_seal m = {
        .use = use, .has_state = theirs != NULL, .state = slice_str(theirs ? theirs : "")};
    struct msg_state_sealed *s = NULL;

    assert_err(send_state_seal(egress->own, &m), ERR_OK);
    s = &rig_take(egress, MSG_STATE_SEALED)->state_sealed;
    assert_true(ID_EQ(s->use, use));
    buf_clear(ret);
    buf_put(ret, s->state);
}

void rig_open_form(struct rig *r, struct rig_form *f)
{
    struct msg_handoff_view *v = NULL;

    f->cookie = rig_login(r, f->cookie_of, f->password);
    assert_err(send_handoff_get(r->surface->own, &(struct msg_handoff_get){.req = 9001,
                                                                           .cookie = f->cookie,
                                                                           .handoff = f->handoff}),
               ERR_OK);
    v = &rig_take(r->surface, MSG_HANDOFF_VIEW)->handoff_view;
    f->csrf = v->csrf;
}

void rig_post_form(struct rig *r, struct rig_form *f)
{
    struct buf plain = BUF_INIT(LIM_SECRET_BYTES), sealed = BUF_INIT(LIM_SECRET_BYTES);
    struct sec *verifier =
        f->proof && !f->proof[0] ? NULL : rig_verifier(f->proof ? f->proof : f->password);

    buf_put(&plain, ID_SLICE(f->handoff));
    buf_put_u8(&plain, (uint8_t)strlen(f->cookie_of));
    buf_put_str(&plain, f->cookie_of);
    for (uint8_t i = 0; i < LIM_FIELDS && f->values[i]; i++) {
        buf_put_u8(&plain, i);
        buf_put_u8(&plain, (uint8_t)(strlen(f->values[i]) >> 8));
        buf_put_u8(&plain, (uint8_t)strlen(f->values[i]));
        buf_put_str(&plain, f->values[i]);
    }
    assert_err(box_seal(&r->k->box, buf_slice(&plain), &sealed), ERR_OK);
    assert_err(send_handoff_submit(r->surface->own,
                                   &(struct msg_handoff_submit){.req = 9002,
                                                                .cookie = f->cookie,
                                                                .handoff = f->handoff,
                                                                .csrf = f->csrf,
                                                                .verifier = verifier,
                                                                .key = r->k->box.id,
                                                                .sealed = buf_slice(&sealed)}),
               ERR_OK);
    sec_free(verifier);
    buf_free(&plain);
    buf_free(&sealed);
}

void rig_close_form(struct rig_form *f)
{
    sec_free(f->cookie);
    f->cookie = NULL;
}

void rig_connect(struct rig *r, uint16_t upstream, const char *user, const char *password,
                 const char *token, const char *value)
{
    struct rig_form f = {.cookie_of = user,
                         .password = password,
                         .values = {value, upstream == UP_TWO ? value : NULL}};
    struct sec *t = rig_sec(token);
    struct msg_call_open open = rig_call(8999, t);

    open.upstream = upstream;
    rig_say_call(r, &open);
    f.handoff = rig_take(r->gateway, MSG_CALL_HANDOFF)->call_handoff.handoff;
    assert_err(send_call_gone(r->gateway->own, &(struct msg_call_gone){.call = 8999}), ERR_OK);
    rig_open_form(r, &f);
    rig_post_form(r, &f);
    assert_int_equal(rig_take(r->surface, MSG_HANDOFF_VIEW)->handoff_view.state,
                     HANDOFF_STATE_COMPLETED);
    rig_close_form(&f);
    sec_free(t);
}
