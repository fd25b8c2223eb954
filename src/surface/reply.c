/*
 * Answers to browsers. Run by surface. Every answer, of any kind, carries the same closed set of
 * headers; the policy lets a page load our style sheet and icon, the inbox our one script as well,
 * and nothing from anywhere else (CSP 3, Fetch, RFC 9110, RFC 6265bis).
 */
#include "surface/reply.h"

#include "base/planted.h"
#include "os/clock.h"
#include "os/log.h"

#define POLICY                                                                                     \
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "                   \
    "frame-ancestors 'none'; base-uri 'none'"
#define MAX_FIELDS 24

struct reply_fields {
    struct http_field f[MAX_FIELDS];
    size_t n;
};

static void add(struct reply_fields *t, const char *name, struct slice value)
{
    BUG_IF(t->n == MAX_FIELDS);
    t->f[t->n++] = (struct http_field){slice_str(name), value};
}

/* What every answer has. */
static const struct {
    const char *name, *value;
} always[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    /* Browsers then send "Origin: null" with our own forms; route.c knows. */
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Embedder-Policy", "require-corp"},
    {"Permissions-Policy",
     "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
     "idle-detection=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), "
     "usb=()"},
};

static void add_always(struct reply_fields *t, const struct visit *v, const char *policy,
                       const char *cache)
{
    add(t, "Content-Security-Policy", slice_str(policy));
    add(t, "Cache-Control", slice_str(cache));
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        add(t, always[i].name, slice_str(always[i].value));
    for (size_t i = 0; i < v->set_cookies; i++)
        add(t, "Set-Cookie", buf_slice(&v->set_cookie[i]));
}

static void begin(struct visit *v)
{
    BUG_IF(v->answered);
    visit_settle(v);
    v->answered = true;
}

struct page_frame reply_frame(const struct visit *v, struct slice user, const struct digest *csrf)
{
    struct page_frame f = {.url = slice_str(v->s->conf.url),
                           .host = surface_conf_host(&v->s->conf),
                           .user = user,
                           .now = clock_wall_ms()};

    if (csrf)
        f.csrf = *csrf;
    return f;
}

void reply_set_cookie(struct visit *v, const struct cookie *c)
{
    BUG_IF(v->set_cookies == VISIT_COOKIES);
    BUG_IF(cookie_put(&v->set_cookie[v->set_cookies++], c) != ERR_OK);
}

void reply_delete_cookie(struct visit *v, const char *name)
{
    reply_set_cookie(v, &(struct cookie){.name = name, .secure = true, .max_age = 0});
}

/* 0 is not said. b holds the value. */
static void add_seconds(struct reply_fields *t, const char *name, struct buf *b, unsigned seconds)
{
    if (seconds == 0)
        return;
    buf_put_u64_dec(b, seconds);
    add(t, name, buf_slice(b));
}

void reply_page(struct visit *v, unsigned status, enum reply_policy policy, struct buf *page)
{
    static const char *const policies[] = {
        [REPLY_STILL] = POLICY,
        [REPLY_INBOX] = POLICY "; script-src 'self'; connect-src 'self'",
    };
    struct reply_fields t = {0};
    struct buf retry = BUF_INIT(16), refresh = BUF_INIT(16);

    begin(v);
    add(&t, "Content-Type", SLICE_LIT("text/html; charset=utf-8"));
    add_always(&t, v, policies[policy], "no-store");
    add_seconds(&t, "Retry-After", &retry, v->retry_after);
    add_seconds(&t, "Refresh", &refresh, v->refresh);
    if (v->allow)
        add(&t, "Allow", slice_str(v->allow));
    http_reply(v->http, status, t.f, t.n, buf_slice(page));
    buf_free(&retry);
    buf_free(&refresh);
    buf_free(page);
}

static void put_handoff_path(struct buf *b, const char *before, const struct visit *v)
{
    buf_put_str(b, before);
    ID_PUT(b, v->handoff);
}

void reply_text(struct visit *v, enum page_text text, const struct page_frame *f,
                struct slice words)
{
    struct page_frame nobody = reply_frame(v, SLICE_EMPTY, NULL);
    struct buf page = BUF_INIT(PAGE_MAX), back = BUF_INIT(64);
    bool get = !slice_eq_str(v->http->method, "POST");

    if (PLANTED(page_tells) && planted_kept().n > 0)
        words = planted_kept();
    if (page_status(text) == 503 && !v->retry_after)
        v->retry_after = 5;
    if (v->about_handoff)
        put_handoff_path(&back, "/h/", v);
    else if (get)
        buf_put(&back, slice_sub(v->http->path, 0, 64));
    page_message(&page, f ? f : &nobody, text, words, buf_slice(&back));
    reply_page(v, page_status(text), REPLY_STILL, &page);
    buf_free(&back);
}

void reply_redirect(struct visit *v, struct slice path)
{
    struct reply_fields t = {0};
    struct buf told = BUF_INIT(4096);

    begin(v);
    if (PLANTED(redirect_tells)) {
        buf_put(&told, path);
        buf_put_u8(&told, '#');
        buf_put(&told, planted_kept());
        path = buf_slice(&told);
    }
    add(&t, "Location", path);
    add_always(&t, v, POLICY, "no-store");
    http_reply(v->http, 303, t.f, t.n, SLICE_EMPTY);
    buf_free(&told);
}

void reply_to_login(struct visit *v)
{
    struct buf path = BUF_INIT(64);

    if (v->about_handoff)
        put_handoff_path(&path, "/login?h=", v);
    else
        buf_put_str(&path, v->about_connections ? "/login?back=connections" : "/login");
    if (v->cookie)
        reply_delete_cookie(v, REPLY_SESSION_COOKIE);
    reply_redirect(v, buf_slice(&path));
    buf_free(&path);
}

void reply_to_handoff(struct visit *v)
{
    struct buf path = BUF_INIT(64);

    put_handoff_path(&path, "/h/", v);
    reply_redirect(v, buf_slice(&path));
    buf_free(&path);
}

void reply_denied(struct visit *v, const struct msg_page_denied *m)
{
    static const enum page_text texts[DENIAL_COUNT] = {
        [DENIAL_NOT_YOURS] = PAGE_NOT_YOURS, [DENIAL_GONE] = PAGE_GONE,
        [DENIAL_CSRF] = PAGE_CSRF,           [DENIAL_RATE] = PAGE_RATE,
        [DENIAL_AGAIN] = PAGE_AGAIN,         [DENIAL_WRONG_PASSWORD] = PAGE_CSRF,
        [DENIAL_LOG_IN] = PAGE_CSRF, /* it goes to the log-in page instead */
    };

    log_event(LEVEL_INFO, "page_denied", LOG_NUM("req", v->req),
              LOG_STR("why", denial_name(m->why)));
    if (m->why == DENIAL_LOG_IN) {
        reply_to_login(v);
        return;
    }
    if (m->why == DENIAL_RATE)
        v->retry_after = 60;
    reply_text(v, texts[m->why], NULL, SLICE_EMPTY);
}

void reply_bytes(struct visit *v, unsigned status, const char *type, const char *cache,
                 struct slice body)
{
    struct reply_fields t = {0};

    begin(v);
    add(&t, "Content-Type", slice_str(type));
    add_always(&t, v, POLICY, cache);
    http_reply(v->http, status, t.f, t.n, body);
}

void reply_stream(struct visit *v)
{
    struct reply_fields t = {0};

    BUG_IF(v->answered);
    v->answered = true; /* and goes on waiting */
    add(&t, "Content-Type", SLICE_LIT("text/event-stream"));
    add_always(&t, v, POLICY, "no-store");
    http_stream_start(v->http, 200, t.f, t.n);
}
