/*
 * The page of one handoff of kind secret: shown, given, declined. Run by surface.
 *
 * What is typed goes from the form into guarded memory at once, is sealed to the running keeper
 * together with what it belongs to (handoff, user, field), and forgotten. The password typed here
 * is the proof that the person is here, now: a session alone never completes a handoff. The keeper
 * decides everything; this file asks it for the handoff before it takes the form's word for
 * anything.
 */
#include "base/mem.h"
#include "ipc/gen/send.h"
#include "os/log.h"
#include "surface/posted.h"
#include "surface/reply.h"
#include "surface/route.h"

_Static_assert(LIM_FIELDS == 8, "the names of the form's fields");
static const char *const field_names[LIM_FIELDS] = {"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7"};

struct give {
    struct sec *fields[LIM_FIELDS], *password;
    const char *errors[LIM_FIELDS];
    const char *password_error;
    struct digest csrf;
    char user[LIM_USER_NAME_BYTES + 1];
    enum problem problem; /* of the post that was just refused; else what the keeper says counts */
};

static const char needed[] = "This is needed.";

static void give_free(struct visit *v)
{
    struct give *g = v->own;

    for (size_t i = 0; i < LIM_FIELDS; i++)
        sec_free(g->fields[i]);
    sec_free(g->password);
    mem_free(g);
}

static struct give *give_new(struct visit *v)
{
    struct give *g = MEM_NEW(struct give);

    v->own = g;
    v->own_free = give_free;
    return g;
}

/* --- showing ------------------------------------------------------------------------------------
 */

static bool is_open(const struct msg_handoff_view *m)
{
    return m->state == HANDOFF_STATE_CREATED || m->state == HANDOFF_STATE_OPENED;
}

static bool has_error(const struct give *g, size_t fields_n)
{
    for (size_t i = 0; i < fields_n; i++) {
        if (g->errors[i])
            return true;
    }
    return g->password_error != NULL;
}

static void show_form(struct visit *v, const struct msg_handoff_view *m,
                      const struct conf_upstream *u)
{
    const struct give *g = v->own;
    struct page_frame f = reply_frame(v, m->user_name, &m->csrf);
    struct buf page = BUF_INIT(PAGE_MAX);
    struct page_field fields[LIM_FIELDS];
    enum problem problem = g->problem ? g->problem : m->problem;
    bool error = has_error(g, u->fields_n);

    for (size_t i = 0; i < u->fields_n; i++)
        fields[i] = (struct page_field){slice_str(u->fields[i].label), slice_str(u->fields[i].hint),
                                        u->fields[i].masked, g->errors[i]};
    page_handoff(&page, &f,
                 &(struct page_handoff){
                     .id = m->handoff,
                     .need = m->need,
                     .problem = error ? PROBLEM_NONE : problem,
                     .tries_left = m->tries_left,
                     .upstream = slice_str(u->title),
                     .client = m->client_label,
                     .method = m->method,
                     .tool = m->tool,
                     .words = m->words,
                     .expires = m->expires,
                     .lease = u->lease,
                     .fields = fields,
                     .fields_n = u->fields_n,
                     .password_error = problem == PROBLEM_WRONG_PASSWORD && !error
                                           ? "This is not your Sidegate password."
                                           : g->password_error,
                 });
    bool refused = slice_eq_str(v->http->method, "POST");
    reply_page(v, refused ? 422 : 200, REPLY_STILL, &page);
}

static void show(struct visit *v, const struct msg_handoff_view *m)
{
    static const enum page_text ended[HANDOFF_STATE_COUNT] = {
        [HANDOFF_STATE_SUBMITTED] = PAGE_SUBMITTED, [HANDOFF_STATE_DECLINED] = PAGE_DECLINED,
        [HANDOFF_STATE_CANCELLED] = PAGE_CANCELLED, [HANDOFF_STATE_EXPIRED] = PAGE_EXPIRED,
        [HANDOFF_STATE_FAILED] = PAGE_FAILED,
    };
    const struct conf_upstream *u = conf_upstream(&v->s->conf, m->upstream);
    struct page_frame f = reply_frame(v, m->user_name, &m->csrf);

    if (m->state == HANDOFF_STATE_COMPLETED)
        reply_text(v, m->tested ? PAGE_FINISHED_TESTED : PAGE_FINISHED_STORED, &f, m->words);
    else if (!is_open(m))
        reply_text(v, ended[m->state], &f, m->words);
    else if (m->kind != HANDOFF_KIND_SECRET || !u || u->fields_n == 0)
        reply_text(v, PAGE_NOT_SUPPORTED, &f, SLICE_EMPTY);
    else
        show_form(v, m, u);
}

static void on_view(struct visit *v, struct msg_handoff_view *m)
{
    show(v, m);
}

static void ask_view(struct visit *v, const struct answers *waits)
{
    if (visit_wait(v, waits, limit_get(SET_PAGE_TIME)))
        visit_sent(
            v, send_handoff_get(v->s->keeper, &(struct msg_handoff_get){.req = v->req,
                                                                        .cookie = v->cookie,
                                                                        .handoff = v->handoff}));
}

static const struct answers showing = {.handoff_view = on_view, .page_denied = reply_denied};

void give_show(struct visit *v)
{
    (void)give_new(v);
    ask_view(v, &showing);
}

/* --- giving: what is in the fields --------------------------------------------------------------
 */

/* A header cannot carry a control character or a space at its end, and nobody sees one in a masked
 * field. */
static enum err check_bytes(void *ctx, struct slice s)
{
    const char **error = ctx;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\r' || s.p[i] == '\n')
            *error = "There is a line break in it. Paste it again without.";
        else if ((s.p[i] < 0x20 || s.p[i] == 0x7f) && !*error)
            *error = "There is a control character in it. Paste it again without.";
    }
    if (!*error && (s.p[0] == ' ' || s.p[s.n - 1] == ' '))
        *error = "It begins or ends with a space. Paste it again without.";
    return ERR_OK;
}

static void check_fields(struct give *g, const struct conf_upstream *u)
{
    for (size_t i = 0; i < u->fields_n; i++) {
        if (!g->fields[i] && !g->errors[i])
            g->errors[i] = needed;
        else if (g->fields[i])
            IGNORE(sec_with(g->fields[i], check_bytes, &g->errors[i])); /* it always succeeds */
    }
    if (!g->password && !g->password_error)
        g->password_error = needed;
}

/* --- giving: sealed to the keeper ---------------------------------------------------------------
 */

static void put_u16(struct buf *b, size_t n)
{
    BUG_IF(n > UINT16_MAX);
    buf_put_u8(b, (uint8_t)(n >> 8));
    buf_put_u8(b, (uint8_t)n);
}

static enum err put_field(void *ctx, struct slice s)
{
    put_u16(ctx, s.n);
    buf_put(ctx, s);
    return buf_err(ctx);
}

/* As messages.def has it for handoff_submit. ERR_TOO_LARGE: more than a credential may be. */
static enum err pack(const struct visit *v, const struct give *g, struct buf *plain)
{
    struct slice user = slice_str(g->user);
    size_t values = 0;
    enum err e = ERR_OK;

    buf_put(plain, ID_SLICE(v->handoff));
    buf_put_u8(plain, (uint8_t)user.n); /* at most LIM_USER_NAME_BYTES */
    buf_put(plain, user);
    for (size_t i = 0; i < LIM_FIELDS && e == ERR_OK; i++) {
        if (!g->fields[i])
            continue;
        values += 2 + sec_len(g->fields[i]);
        buf_put_u8(plain, (uint8_t)i);
        e = values > LIM_CREDENTIAL_BYTES ? ERR_TOO_LARGE
                                          : sec_with(g->fields[i], put_field, plain);
    }
    return e == ERR_OK ? buf_err(plain) : e;
}

static enum err seal(const struct visit *v, const struct give *g, struct buf *sealed)
{
    struct buf plain = BUF_INIT(LIM_SECRET_BYTES);
    enum err e = v->s->sealable ? pack(v, g, &plain) : ERR_UNAVAILABLE;

    if (e == ERR_OK)
        e = box_seal(&v->s->seal, buf_slice(&plain), sealed);
    buf_free(&plain);
    return e;
}

/* --- giving: step by step -----------------------------------------------------------------------
 */

static void on_submitted(struct visit *v, struct msg_handoff_view *m)
{
    log_event(LOG_INFO, "handoff_answered", LOG_ID("handoff", v->handoff),
              LOG_STR("state", handoff_state_name(m->state)),
              LOG_STR("problem", problem_name(m->problem)));
    /* What is over is shown by the address itself, so that reloading sends nothing again. */
    if (is_open(m))
        show(v, m);
    else
        reply_to_handoff(v);
}

static void on_submit_denied(struct visit *v, struct msg_page_denied *m)
{
    struct give *g = v->own;

    if (m->why == DENIAL_WRONG_PASSWORD || m->why == DENIAL_RATE) {
        g->problem = m->why == DENIAL_RATE ? PROBLEM_TOO_MANY : PROBLEM_WRONG_PASSWORD;
        ask_view(v, &showing);
    } else {
        reply_denied(v, m);
    }
}

static void on_uncertain(struct visit *v)
{
    reply_text(v, PAGE_UNCERTAIN, NULL, SLICE_EMPTY);
}

static void submit(struct visit *v, struct sec *verifier, struct slice sealed)
{
    static const struct answers waits = {
        .handoff_view = on_submitted, .page_denied = on_submit_denied, .lost = on_uncertain};
    const struct give *g = v->own;

    if (visit_wait(v, &waits, limit_get(SET_TRY_TIME)))
        visit_sent(
            v, send_handoff_submit(v->s->keeper, &(struct msg_handoff_submit){.req = v->req,
                                                                              .cookie = v->cookie,
                                                                              .handoff = v->handoff,
                                                                              .csrf = g->csrf,
                                                                              .verifier = verifier,
                                                                              .key = v->s->seal.id,
                                                                              .sealed = sealed}));
}

static void on_hashed(struct visit *v, struct sec *verifier)
{
    struct give *g = v->own;
    struct buf sealed = BUF_INIT(LIM_SECRET_BYTES);
    enum err e = verifier ? seal(v, g, &sealed) : ERR_UNAVAILABLE;

    for (size_t i = 0; i < LIM_FIELDS; i++) {
        sec_free(g->fields[i]);
        g->fields[i] = NULL;
    }
    if (e == ERR_OK)
        submit(v, verifier, buf_slice(&sealed));
    else
        reply_text(v, e == ERR_TOO_LARGE ? PAGE_TOO_LARGE : PAGE_UNAVAILABLE, NULL, SLICE_EMPTY);
    buf_free(&sealed);
    sec_free(verifier);
}

static void hash(struct visit *v, const struct msg_handoff_view *m)
{
    static const struct answers waits = {.hashed = on_hashed};
    struct give *g = v->own;
    struct sec *password = g->password;

    g->password = NULL; /* moved */
    if (!visit_wait(v, &waits, limit_get(SET_PAGE_TIME)))
        sec_free(password);
    else if (hasher_ask(v->s->hasher, v->req, password, m->salt.p,
                        (struct password_cost){m->ops, m->mem}) != ERR_OK)
        reply_text(v, PAGE_BUSY, NULL, SLICE_EMPTY);
}

/* The keeper says what this handoff is: now the form can be judged. */
static void on_view_of_post(struct visit *v, struct msg_handoff_view *m)
{
    struct give *g = v->own;
    const struct conf_upstream *u = conf_upstream(&v->s->conf, m->upstream);
    struct page_frame f = reply_frame(v, m->user_name, &m->csrf);

    if (!is_open(m) || m->kind != HANDOFF_KIND_SECRET || !u) {
        reply_to_handoff(v);
        return;
    }
    if (!id_equal(g->csrf.b, m->csrf.b, DIGEST_BYTES)) {
        reply_text(v, PAGE_CSRF, &f, SLICE_EMPTY);
        return;
    }
    check_fields(g, u);
    if (has_error(g, u->fields_n)) {
        show(v, m);
        return;
    }
    if (m->salt.n != PASSWORD_SALT_BYTES ||
        !slice_to_cstr(m->user_name, g->user, sizeof(g->user))) {
        chan_refuse(v->s->keeper);
        return;
    }
    for (size_t i = u->fields_n; i < LIM_FIELDS; i++) {
        sec_free(g->fields[i]); /* not asked for */
        g->fields[i] = NULL;
    }
    hash(v, m);
}

static void take_fields(struct give *g, struct form *f)
{
    bool too_long;

    for (size_t i = 0; i < LIM_FIELDS; i++) {
        g->fields[i] = posted_take(f, field_names[i], LIM_FIELD_BYTES, &too_long);
        if (too_long)
            g->errors[i] = "This is longer than 4096 bytes. Check what you pasted.";
    }
    g->password = posted_take(f, "password", LIM_PASSWORD_BYTES, &too_long);
    if (too_long)
        g->password_error = "This is longer than any password here.";
}

void give_post(struct visit *v)
{
    static const struct answers waits = {.handoff_view = on_view_of_post,
                                         .page_denied = reply_denied};
    static const char *const names[] = {POSTED_CSRF, "password", "f0", "f1", "f2", "f3",
                                        "f4",        "f5",       "f6", "f7", NULL};
    struct give *g = give_new(v);
    struct form f;

    if (posted_read(v, &f, names)) {
        take_fields(g, &f);
        if (posted_csrf(&f, &g->csrf) != ERR_OK)
            reply_text(v, PAGE_CSRF, NULL, SLICE_EMPTY);
        else
            ask_view(v, &waits);
    }
    form_free(&f);
}

/* --- declining ----------------------------------------------------------------------------------
 */

static void on_declined(struct visit *v, struct msg_page_done *m)
{
    (void)m;
    reply_to_handoff(v);
}

void give_decline(struct visit *v)
{
    static const struct answers waits = {.page_done = on_declined, .page_denied = reply_denied};
    static const char *const names[] = {POSTED_CSRF, NULL};
    struct form f;
    struct digest csrf;

    if (posted_read(v, &f, names)) {
        if (posted_csrf(&f, &csrf) != ERR_OK)
            reply_text(v, PAGE_CSRF, NULL, SLICE_EMPTY);
        else if (visit_wait(v, &waits, limit_get(SET_PAGE_TIME)))
            visit_sent(v, send_handoff_decline(v->s->keeper,
                                               &(struct msg_handoff_decline){.req = v->req,
                                                                             .cookie = v->cookie,
                                                                             .handoff = v->handoff,
                                                                             .csrf = csrf}));
    }
    form_free(&f);
}
