/*
 * Log-in and log-out. Run by surface. A log-in form is tied to the browser that got it by a cookie
 * made before there is a session (against log-in CSRF). The password goes to the hashing thread,
 * and only what comes out of it to the keeper, which decides. Afterwards the browser is sent to a
 * handoff by its id, to the connections or to the inbox, never to an address that it named.
 */
#include "base/base64.h"
#include "base/mem.h"
#include "crypto/random.h"
#include "ipc/gen/send.h"
#include "os/log.h"
#include "proto/utf8.h"
#include "surface/posted.h"
#include "surface/reply.h"
#include "surface/route.h"

struct login {
    char name[LIM_USER_NAME_BYTES + 1];
    struct digest browser; /* by which the keeper knows it; zero: it does not */
    struct sec *password;
};

static void login_free(struct visit *v)
{
    struct login *l = v->own;

    sec_free(l->password);
    mem_wipe(l, sizeof(*l)); /* people type passwords into the field of the name */
    mem_free(l);
}

/* --- the page --------------------------------------------------------------------------------- */

/* The digest in a cookie of the browser's, if it has exactly one that is one. */
static bool read_digest(const struct visit *v, const char *cookie, struct digest *ret)
{
    struct slice header, text;

    return http_req_field(v->http, "Cookie", &header) == ERR_OK &&
           cookie_get(header, cookie, &text) == ERR_OK && id_parse(text, ret->b, DIGEST_BYTES);
}

/* A token ties the form to the browser. Other tabs may show a log-in page too, so one that is there
 * stays. */
static void show(struct visit *v, unsigned status, const char *name, const char *error)
{
    struct page_frame f = reply_frame(v, SLICE_EMPTY, NULL);
    struct buf page = BUF_INIT(PAGE_MAX), token = BUF_INIT(2 * DIGEST_BYTES),
               handoff = BUF_INIT(ID_TEXT);
    struct digest t;

    if (!read_digest(v, REPLY_LOGIN_COOKIE, &t))
        random_bytes(t.b, sizeof(t.b));
    ID_PUT(&token, t);
    if (v->about_handoff)
        ID_PUT(&handoff, v->handoff);
    reply_set_cookie(v, &(struct cookie){.name = REPLY_LOGIN_COOKIE,
                                         .value = buf_slice(&token),
                                         .max_age = COOKIE_SESSION,
                                         .secure = true});
    page_login(&page, &f,
               &(struct page_login){.csrf = buf_slice(&token),
                                    .handoff = buf_slice(&handoff),
                                    .connections = v->about_connections,
                                    .name = name ? slice_str(name) : SLICE_EMPTY,
                                    .error = error});
    reply_page(v, status, REPLY_STILL, &page);
    buf_free(&token);
    buf_free(&handoff);
}

static void go_on(struct visit *v)
{
    if (v->about_handoff)
        reply_to_handoff(v);
    else if (v->about_connections)
        reply_redirect(v, SLICE_LIT("/connections"));
    else
        reply_redirect(v, SLICE_LIT("/inbox"));
}

static void on_who(struct visit *v, UNUSED const struct msg_who *m)
{
    go_on(v);
}

static void on_nobody(struct visit *v, const struct msg_page_denied *m)
{
    (void)m; /* whatever it is: the session is none */
    show(v, 200, NULL, NULL);
}

void login_show(struct visit *v)
{
    static const struct answers waits = {.who = on_who, .page_denied = on_nobody};
    struct slice query = v->http->query;

    v->about_handoff = slice_starts(query, SLICE_LIT("h=")) &&
                       id_parse(slice_sub(query, 2, query.n), v->handoff.b, ID_BYTES);
    v->about_connections = slice_eq_str(query, "back=connections");
    if (v->cookie)
        VISIT_ASK(v, &waits, send_who_get, msg_who_get, .cookie = v->cookie);
    else
        show(v, 200, NULL, NULL);
}

/* --- the form --------------------------------------------------------------------------------- */

static const char wrong[] = "Name or password is not right.";

static enum err put_cookie(void *ctx, struct slice bytes)
{
    base64_put(ctx, BASE64_URL, bytes);
    return buf_err(ctx);
}

static void on_ok(struct visit *v, const struct msg_login_ok *m)
{
    struct buf value = BUF_INIT(128);

    if (sec_len(m->cookie) == 0) {
        chan_breach(v->s->keeper, BREACH_LOGIN_ANSWER); /* which ends the visit too */
        return;
    }
    if (sec_room(m->cookie) != ERR_OK) {
        reply_text(v, PAGE_BUSY, NULL, SLICE_EMPTY);
        return;
    }
    BUG_IF(sec_with(m->cookie, put_cookie, &value) != ERR_OK); /* 64 bytes are 86 characters */
    reply_set_cookie(v, &(struct cookie){.name = REPLY_SESSION_COOKIE,
                                         .value = buf_slice(&value),
                                         .max_age = m->life_ms / 1000,
                                         .secure = true});
    reply_delete_cookie(v, REPLY_LOGIN_COOKIE);
    buf_clear(&value);
    ID_PUT(&value, m->browser);
    reply_set_cookie(v, &(struct cookie){.name = REPLY_BROWSER_COOKIE,
                                         .value = buf_slice(&value),
                                         .max_age = LIM_BROWSER_TIME,
                                         .secure = true});
    buf_free(&value);
    log_event(LEVEL_INFO, "logged_in", LOG_NUM("req", v->req));
    go_on(v);
}

static void on_denied(struct visit *v, const struct msg_page_denied *m)
{
    const struct login *l = v->own;

    /* The name is not logged: people type passwords into the wrong field. */
    log_event(LEVEL_INFO, "log_in_refused", LOG_NUM("req", v->req),
              LOG_STR("why", denial_name(m->why)));
    if (m->why == DENIAL_RATE) {
        v->retry_after = 60;
        show(v, 429, l->name, "There were too many tries. Wait a minute before the next.");
    } else {
        show(v, 403, l->name, wrong);
    }
}

static void on_hashed(struct visit *v, struct sec *verifier)
{
    static const struct answers waits = {.login_ok = on_ok, .page_denied = on_denied};
    const struct login *l = v->own;

    if (!verifier)
        reply_text(v, PAGE_BUSY, NULL, SLICE_EMPTY);
    else
        VISIT_ASK(v, &waits, send_login, msg_login, .name = slice_str(l->name),
                  .browser = l->browser, .verifier = verifier);
    sec_free(verifier);
}

static void on_salt(struct visit *v, const struct msg_login_salt *m)
{
    static const struct answers waits = {.hashed = on_hashed};
    struct login *l = v->own;
    struct sec *password = l->password;

    l->password = NULL; /* moved */
    if (m->salt.n != PASSWORD_SALT_BYTES) {
        sec_free(password);
        chan_breach(v->s->keeper, BREACH_LOGIN_ANSWER);
        return;
    }
    visit_hash(v, &waits,
               (struct hasher_ask){.lane = m->known ? HASHER_KNOWN : HASHER_STRANGERS,
                                   .name = slice_str(l->name),
                                   .salt = m->salt.p,
                                   .cost = {m->ops, m->mem}},
               password);
}

/* A name as the keeper takes it: printable, not empty. */
static bool take_name(struct slice s, char ret[LIM_USER_NAME_BYTES + 1])
{
    return s.n > 0 && utf8_is_line(s) && slice_to_cstr(s, ret, LIM_USER_NAME_BYTES + 1);
}

static void ask_salt(struct visit *v)
{
    static const struct answers waits = {.login_salt = on_salt, .page_denied = on_denied};
    const struct login *l = v->own;

    VISIT_ASK(v, &waits, send_login_start, msg_login_start, .name = slice_str(l->name),
              .browser = l->browser);
}

void login_post(struct visit *v)
{
    static const char *const names[] = {POSTED_CSRF, "handoff", "back", "name", "password", NULL};
    struct login *l = MEM_NEW(struct login);
    struct form f;
    struct digest token, posted;

    v->own = l;
    v->own_free = login_free;
    if (posted_read(v, &f, names)) {
        l->password = posted_take(&f, "password", LIM_PASSWORD_BYTES);
        if (!read_digest(v, REPLY_BROWSER_COOKIE, &l->browser))
            l->browser = (struct digest){{0}};
        bool named = take_name(form_get(&f, "name", NULL), l->name);
        v->about_handoff = id_parse(form_get(&f, "handoff", NULL), v->handoff.b, ID_BYTES);
        v->about_connections = slice_eq_str(form_get(&f, "back", NULL), "connections");
        if (!read_digest(v, REPLY_LOGIN_COOKIE, &token) || posted_csrf(&f, &posted) != ERR_OK ||
            !id_equal(token.b, posted.b, DIGEST_BYTES))
            reply_text(v, PAGE_CSRF_LOGIN, NULL, SLICE_EMPTY);
        else if (!named || !l->password)
            show(v, 403, named ? l->name : NULL, wrong);
        else
            ask_salt(v);
    }
    form_free(&f);
}

/* --- log-out ---------------------------------------------------------------------------------- */

static void on_logged_out(struct visit *v, UNUSED const struct msg_page_done *m)
{
    log_event(LEVEL_INFO, "logged_out", LOG_NUM("req", v->req));
    reply_to_login(v); /* which deletes the cookie */
}

void logout_post(struct visit *v)
{
    static const struct answers waits = {.page_done = on_logged_out, .page_denied = reply_denied};
    struct digest csrf;

    if (posted_button(v, &csrf))
        VISIT_ASK(v, &waits, send_logout, msg_logout, .cookie = v->cookie, .csrf = csrf);
}
