#include "fake.h"

#include "base/chars.h"
#include "base/mem.h"
#include "ipc/gen/surface.h"
#include "os/sock.h"

static const uint8_t salt[16] = "0123456789abcde";

static struct digest digest_of(uint8_t byte)
{
    struct digest d;

    memset(d.b, byte, sizeof(d.b));
    return d;
}

static void sent(enum err e)
{
    assert_int_equal(e, ERR_OK);
}

/* --- what the keeper says by default ---------------------------------------------------------- */

static void on_login_start(struct fake *f, union msg_any *m)
{
    sent(send_login_salt(f->keeper, &(struct msg_login_salt){.req = m->login_start.req,
                                                             .known = f->known,
                                                             .salt = slice_of(salt, 16),
                                                             .ops = 1,
                                                             .mem = 8192}));
}

void fake_deny(struct fake *f, uint64_t req, enum denial why)
{
    sent(send_page_denied(f->keeper, &(struct msg_page_denied){.req = req, .why = why}));
}

static void on_login(struct fake *f, union msg_any *m)
{
    char bytes[] = "session";

    sec_free(f->verifier);
    f->browser = m->login.browser;
    f->verifier = m->login.verifier;
    m->login.verifier = NULL; /* moved */
    if (f->denial) {
        fake_deny(f, m->login.req, f->denial);
        return;
    }
    struct sec *cookie = sec_take(bytes, 7);
    sent(send_login_ok(f->keeper, &(struct msg_login_ok){.req = m->login.req,
                                                         .browser = digest_of(0xab),
                                                         .cookie = cookie,
                                                         .life_ms = 3600000}));
    sec_free(cookie);
}

static enum err is_session(void *ctx, struct slice s)
{
    *(bool *)ctx = slice_eq_str(s, "session");
    return ERR_OK;
}

/* Whether the request goes on: the cookie is the session's, and no denial was ordered. */
bool fake_knows(struct fake *f, uint64_t req, const struct sec *cookie)
{
    bool good = false;

    sent(sec_with(cookie, is_session, &good));
    if (!good || f->denial)
        fake_deny(f, req, good ? f->denial : DENIAL_LOG_IN);
    return good && !f->denial;
}

static void on_who_get(struct fake *f, union msg_any *m)
{
    if (fake_knows(f, m->who_get.req, m->who_get.cookie))
        sent(send_who(f->keeper, &(struct msg_who){.req = m->who_get.req,
                                                   .user_name = SLICE_LIT("ana"),
                                                   .csrf = digest_of(0xab),
                                                   .salt = slice_of(salt, 16),
                                                   .ops = 1,
                                                   .mem = 8192}));
}

void fake_view(struct fake *f, uint64_t req, struct handoff_id id)
{
    sent(send_handoff_view(f->keeper,
                           &(struct msg_handoff_view){.req = req,
                                                      .handoff = id,
                                                      .kind = f->kind,
                                                      .state = f->state,
                                                      .need = f->need,
                                                      .problem = f->problem,
                                                      .upstream = 3,
                                                      .user_name = SLICE_LIT("ana"),
                                                      .client_label = SLICE_LIT("laptop <b>"),
                                                      .method = SLICE_LIT("tools/call"),
                                                      .tool = SLICE_LIT("weather"),
                                                      .words = SLICE_LIT("amber falcon"),
                                                      .created = 1,
                                                      .expires = UINT64_C(4000000000000),
                                                      .tries_left = 9,
                                                      .tested = true,
                                                      .may_prove = !f->spent,
                                                      .csrf = digest_of(0xab),
                                                      .salt = slice_of(salt, 16),
                                                      .ops = 1,
                                                      .mem = 8192}));
}

static void on_handoff_get(struct fake *f, union msg_any *m)
{
    if (fake_knows(f, m->handoff_get.req, m->handoff_get.cookie))
        fake_view(f, m->handoff_get.req, m->handoff_get.handoff);
}

static void on_handoff_submit(struct fake *f, union msg_any *m)
{
    struct msg_handoff_submit *s = &m->handoff_submit;

    sec_free(f->verifier);
    f->verifier = s->verifier;
    s->verifier = NULL; /* moved */
    buf_clear(&f->sealed);
    buf_put(&f->sealed, s->sealed);
    f->state = f->problem ? HANDOFF_STATE_OPENED : HANDOFF_STATE_COMPLETED;
    if (fake_knows(f, s->req, s->cookie))
        fake_view(f, s->req, s->handoff);
}

static void done(struct fake *f, uint64_t req, const struct sec *cookie)
{
    if (fake_knows(f, req, cookie))
        sent(send_page_done(f->keeper, &(struct msg_page_done){.req = req}));
}

static void on_handoff_decline(struct fake *f, union msg_any *m)
{
    f->state = HANDOFF_STATE_DECLINED;
    done(f, m->handoff_decline.req, m->handoff_decline.cookie);
}

static void on_logout(struct fake *f, union msg_any *m)
{
    done(f, m->logout.req, m->logout.cookie);
}

static void on_revoke(struct fake *f, union msg_any *m)
{
    done(f, m->connection_revoke.req, m->connection_revoke.cookie);
}

void fake_end_rows(struct fake *f, uint64_t req)
{
    sent(send_rows_end(f->keeper, &(struct msg_rows_end){.req = req,
                                                         .user_name = SLICE_LIT("ana"),
                                                         .csrf = digest_of(0xab)}));
}

static void on_inbox_get(struct fake *f, union msg_any *m)
{
    uint64_t req = m->inbox_get.req;

    if (!fake_knows(f, req, m->inbox_get.cookie))
        return;
    for (int i = 0; i < 2; i++)
        sent(send_inbox_row(f->keeper,
                            &(struct msg_inbox_row){.req = req,
                                                    .handoff = {{(uint8_t)(i + 1)}},
                                                    .upstream = (uint16_t)(i ? 200 : 3),
                                                    .client_label = SLICE_LIT("laptop"),
                                                    .tool = i ? SLICE_EMPTY : SLICE_LIT("weather"),
                                                    .words = SLICE_LIT("amber falcon"),
                                                    .expires = UINT64_C(4000000000000)}));
    fake_end_rows(f, req);
}

static void on_connections_get(struct fake *f, union msg_any *m)
{
    uint64_t req = m->connections_get.req;

    if (!fake_knows(f, req, m->connections_get.cookie))
        return;
    sent(send_connection_row(f->keeper,
                             &(struct msg_connection_row){.req = req,
                                                          .connection = {{7}},
                                                          .upstream = 3,
                                                          .client_label = SLICE_LIT("laptop"),
                                                          .lease = LEASE_KIND_TASK,
                                                          .created = 1,
                                                          .expires = UINT64_C(4000000000000),
                                                          .uses_left = 5}));
    fake_end_rows(f, req);
}

static void on_inbox_watch(struct fake *f, union msg_any *m)
{
    f->req = m->inbox_watch.req;
    if (fake_knows(f, f->req, m->inbox_watch.cookie))
        sent(send_inbox_changed(f->keeper, &(struct msg_inbox_changed){.req = f->req}));
}

/* --- the channel ------------------------------------------------------------------------------ */

static bool keeper_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct fake *f = ctx;

    (void)c;
    assert_int_equal(fd, -1);
    f->asked[type]++;
    if (f->on[type])
        f->on[type](f, m);
    return true;
}

static void keeper_closed(void *ctx, struct chan *c, enum err why)
{
    struct fake *f = ctx;

    (void)why;
    f->keeper = NULL;
    chan_free(c);
}

static bool surface_side(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    return surface_message(&((struct fake *)ctx)->s, c, type, m, fd);
}

static void surface_closed(void *ctx, struct chan *c, enum err why)
{
    struct fake *f = ctx;

    (void)why;
    surface_set_keeper(&f->s, NULL);
    f->at_surface = NULL;
    chan_free(c);
}

int fake_connect(struct fake *f)
{
    static const struct chan_events events = {keeper_message, keeper_closed, NULL};
    int fds[2];

    assert_int_equal(sock_pair(fds), ERR_OK);
    f->keeper = chan_new(f->loop, fds[0], ROLE_KEEPER, (struct chan_peer){.role = ROLE_SURFACE},
                         &events, f);
    chan_run(f->keeper);
    return fds[1];
}

static void connect_keeper(struct fake *f)
{
    static const struct chan_events events = {surface_side, surface_closed, NULL};
    int fd = fake_connect(f);

    f->at_surface =
        chan_new(f->loop, fd, ROLE_SURFACE, (struct chan_peer){.role = ROLE_KEEPER}, &events, f);
    chan_run(f->at_surface);
    surface_set_keeper(&f->s, f->at_surface);
}

const struct msg_conf_upstream fake_upstream = {.upstream = 3,
                                                .name = {(const uint8_t *)"station", 7},
                                                .title = {(const uint8_t *)"Harbour Station", 15},
                                                .lease = LEASE_KIND_TASK,
                                                .lease_uses = 20,
                                                .lease_ms = 600000};
const struct msg_conf_field fake_fields[2] = {
    {.upstream = 3,
     .index = 0,
     .name = {(const uint8_t *)"user", 4},
     .label = {(const uint8_t *)"User name", 9},
     .wants = CHARS_NO_COLON},
    {.upstream = 3,
     .index = 1,
     .name = {(const uint8_t *)"key", 3},
     .label = {(const uint8_t *)"API key", 7},
     .hint = {(const uint8_t *)"From the office.", 16},
     .masked = true,
     .wants = CHARS_ASCII},
};

static void configure(struct fake *f, uint16_t port)
{
    struct surface_conf *c = &f->s.conf;
    char url[64];

    (void)snprintf(url, sizeof(url), "http://localhost:%u", port);
    surface_on_conf_site(c, &(struct msg_conf_site){.surface_url = slice_str(url)});
    surface_on_conf_host(c, &(struct msg_conf_host){.host = slice_str(url + 7)});
    surface_on_conf_upstream(c, &fake_upstream);
    for (size_t i = 0; i < ARRAY_LEN(fake_fields); i++)
        surface_on_conf_field(c, &fake_fields[i]);
    assert_int_equal(surface_conf_check(c), ERR_OK);
}

static void script(struct fake *f)
{
    f->on[MSG_LOGIN_START] = on_login_start;
    f->on[MSG_LOGIN] = on_login;
    f->on[MSG_WHO_GET] = on_who_get;
    f->on[MSG_HANDOFF_GET] = on_handoff_get;
    f->on[MSG_HANDOFF_SUBMIT] = on_handoff_submit;
    f->on[MSG_HANDOFF_DECLINE] = on_handoff_decline;
    f->on[MSG_LOGOUT] = on_logout;
    f->on[MSG_CONNECTION_REVOKE] = on_revoke;
    f->on[MSG_INBOX_GET] = on_inbox_get;
    f->on[MSG_CONNECTIONS_GET] = on_connections_get;
    f->on[MSG_INBOX_WATCH] = on_inbox_watch;
}

struct fake *fake_bare(void)
{
    struct fake *f = MEM_NEW(struct fake);

    f->c.fd = -1;
    buf_init(&f->sealed, LIM_SECRET_BYTES);
    f->loop = loop_new();
    script(f);
    return f;
}

struct fake *fake_new_at(bool keeper, int fd, uint16_t port)
{
    struct fake *f = fake_bare();

    configure(f, port);
    assert_int_equal(surface_open(&f->s, f->loop), ERR_OK);
    httpd_listen(f->s.httpd, fd);
    if (keeper)
        connect_keeper(f);
    return f;
}

struct fake *fake_new(bool keeper)
{
    uint16_t port;
    int fd = client_listener(&port);
    struct fake *f = fake_new_at(keeper, fd, 8401);

    f->port = port;
    return f;
}

void fake_kill_keeper(struct fake *f)
{
    chan_free(f->keeper);
    f->keeper = NULL;
}

void fake_free(struct fake *f)
{
    client_close(&f->c);
    surface_set_keeper(&f->s, NULL);
    chan_free(f->keeper);
    chan_free(f->at_surface);
    surface_close(&f->s);
    loop_free(f->loop);
    sec_free(f->verifier);
    buf_free(&f->sealed);
    mem_free(f);
}

/* --- the browser ------------------------------------------------------------------------------ */

void fake_send(struct fake *f, const char *request)
{
    client_close(&f->c);
    client_open(&f->c, f->port);
    client_send_str(&f->c, request);
    CLIENT_WAIT(f->loop, &f->c, f->c.eof);
}

void fake_ask(struct fake *f, const char *method, const char *path, const char *headers,
              const char *form)
{
    struct buf b = BUF_INIT(1 << 20);

    buf_printf(&b, "%s %s HTTP/1.1\r\nHost: localhost:8401\r\nConnection: close\r\n%s", method,
               path, headers);
    if (form)
        buf_printf(&b, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n",
                   strlen(form));
    buf_printf(&b, "\r\n%s", form ? form : "");
    buf_put_u8(&b, 0);
    fake_send(f, (const char *)b.p);
    buf_free(&b);
}

void fake_post(struct fake *f, const char *path, const char *form)
{
    fake_ask(f, "POST", path,
             "Cookie: " COOKIE "\r\nOrigin: null\r\nSec-Fetch-Site: same-origin\r\n", form);
}

void fake_get(struct fake *f, const char *path)
{
    fake_ask(f, "GET", path, "Cookie: " COOKIE "\r\n", NULL);
}

unsigned fake_status(const struct fake *f)
{
    uint64_t status = 0;
    struct slice line = slice_sub(buf_slice(&f->c.got), 9, 12);

    assert_true(slice_to_u64(line, 999, &status));
    return (unsigned)status;
}

bool fake_has(const struct fake *f, const char *text)
{
    return client_count(&f->c, text) > 0;
}

void fake_strangers(struct fake *f)
{
    struct hasher_ask a = {.lane = HASHER_STRANGERS,
                           .salt = salt,
                           .cost = {LIM_PASSWORD_OPS_MOST, LIM_PASSWORD_MEM_MOST / 2}};
    enum err e = ERR_OK;

    for (unsigned i = 0; e == ERR_OK; i++) {
        char name[16], typed[] = "guess";

        (void)snprintf(name, sizeof(name), "made-up-%u", i);
        a.ticket = UINT64_C(1) << 32 | i; /* no visit's */
        a.name = slice_str(name);
        e = hasher_ask(f->s.hasher, &a, sec_take(typed, 5));
        a.cost = (struct password_cost){1, 8192};
    }
    assert_int_equal(e, ERR_AGAIN);
}
