/*
 * The page of one handoff: shown, given, declined. Run by surface. What differs between kinds is
 * page_kind (page.h).
 *
 * What is typed goes from the form into guarded memory at once, is sealed to the running keeper
 * together with what it belongs to (handoff, user, field), and forgotten. The password typed here
 * is the proof that the person is here, now: a session alone never completes a handoff. The keeper
 * decides everything; this file asks it for the handoff before it takes the form's word for
 * anything.
 */
#include "base/chars.h"
#include "base/mem.h"
#include "ipc/gen/send.h"
#include "os/log.h"
#include "proto/utf8.h"
#include "surface/posted.h"
#include "surface/reply.h"
#include "surface/route.h"

#define PASSWORD LIM_FIELDS /* its place behind the fields */
static const char *const names[] = {"f0", "f1", "f2",       "f3",        "f4", "f5",
                                    "f6", "f7", "password", POSTED_CSRF, NULL};
_Static_assert(ARRAY_LEN(names) == PASSWORD + 3, "the names of the form's fields");

/* What is wrong with one field, or with the password. Every post is answered with a redirect, so
 * that the back button and a reload never send a form again; the wrongs go along in the address, as
 * digits: "?e=000300000", the password's last. They say nothing of the values. */
enum wrong {
    WRONG_NOTHING,
    WRONG_MISSING,
    WRONG_LONG,
    WRONG_LINE,
    WRONG_CONTROL,
    WRONG_SPACE,
    WRONG_PASSWORD,
    WRONG_RATE,
    WRONG_NOT_ASCII,
    WRONG_COLON,
    WRONG_COUNT
};
_Static_assert(WRONG_COUNT <= 10, "each is a digit of the query");
static const char *const wrongs[WRONG_COUNT] = {
    [WRONG_NOTHING] = NULL,
    [WRONG_MISSING] = "This is needed.",
    [WRONG_LONG] = "This is longer than 4096 bytes. Check what you pasted.",
    [WRONG_LINE] = "There is a line break in it. Paste it again without.",
    [WRONG_CONTROL] = "There is an invisible character in it, as copying often brings along. "
                      "Copy it again without, or type it.",
    [WRONG_SPACE] = "It begins or ends with a space. Paste it again without.",
    [WRONG_PASSWORD] = "Your Sidegate password is not right. Nothing was given yet.",
    [WRONG_RATE] = "There were too many tries. Wait a minute before the next.",
    [WRONG_NOT_ASCII] = "There is a character in it that this server cannot be sent: only letters "
                        "without accents, digits and common signs can. Check what you pasted.",
    [WRONG_COLON] = "There is a colon in it, which a user name here cannot have.",
};

/* Until the keeper has said whose session it is, anybody may have sent the form: it is one secret. */
struct give {
    struct sec *posted; /* the fields and the password, packed */
    struct sec *fields[LIM_FIELDS], *password;
    enum wrong wrong[LIM_FIELDS + 1];
    struct digest csrf;
    char user[LIM_USER_NAME_BYTES + 1];
};

static void give_free(struct visit *v)
{
    struct give *g = v->own;

    for (size_t i = 0; i < LIM_FIELDS; i++)
        sec_free(g->fields[i]);
    sec_free(g->password);
    sec_free(g->posted);
    mem_free(g);
}

static struct give *give_new(struct visit *v)
{
    struct give *g = MEM_NEW(struct give);

    v->own = g;
    v->own_free = give_free;
    return g;
}

/* --- showing ---------------------------------------------------------------------------------- */

static bool is_open(const struct msg_handoff_view *m)
{
    return m->state == HANDOFF_STATE_CREATED || m->state == HANDOFF_STATE_OPENED;
}

static bool has_wrong(const struct give *g)
{
    for (size_t i = 0; i <= PASSWORD; i++) {
        if (g->wrong[i])
            return true;
    }
    return false;
}

/* From the query; anything else than our own digits is as if it were not there. */
static void read_wrongs(struct visit *v, struct give *g)
{
    struct slice q = v->http->query, digits = slice_sub(q, 2, q.n);

    if (!slice_starts(q, SLICE_LIT("e=")) || digits.n != PASSWORD + 1)
        return;
    for (size_t i = 0; i <= PASSWORD; i++) {
        if (digits.p[i] >= '0' && digits.p[i] < '0' + WRONG_COUNT)
            g->wrong[i] = (enum wrong)(digits.p[i] - '0');
    }
}

static void reply_wrongs(struct visit *v)
{
    const struct give *g = v->own;
    struct buf path = BUF_INIT(128);

    buf_put_str(&path, "/h/");
    ID_PUT(&path, v->handoff);
    buf_put_str(&path, "?e=");
    for (size_t i = 0; i <= PASSWORD; i++)
        buf_put_u8(&path, (uint8_t)('0' + g->wrong[i]));
    reply_redirect(v, buf_slice(&path));
    buf_free(&path);
}

static void show_form(struct visit *v, const struct msg_handoff_view *m,
                      const struct surface_conf_upstream *u)
{
    const struct give *g = v->own;
    struct page_frame f = reply_frame(v, m->user_name, &m->csrf);
    struct buf page = BUF_INIT(PAGE_MAX);
    struct page_field fields[LIM_FIELDS];
    struct page_asked asked = page_kind(m->kind)->asks(u);

    for (size_t i = 0; i < asked.n; i++)
        fields[i] = (struct page_field){slice_str(asked.f[i].label), slice_str(asked.f[i].hint),
                                        asked.f[i].masked, wrongs[g->wrong[i]]};
    struct page_handoff p = {
        .said = *m,
        .title = slice_str(u->title),
        .lease = u->lease,
        .fields = fields,
        .fields_n = asked.n,
        .password_error = wrongs[g->wrong[PASSWORD]],
    };
    if (has_wrong(g)) /* which is newer than the problem */
        p.said.problem = PROBLEM_NONE;
    if (p.said.problem == PROBLEM_WRONG_PASSWORD)
        p.password_error = "Not right. Type it again, and the rest too.";
    page_handoff(&page, &f, &p);
    reply_page(v, 200, REPLY_STILL, &page);
}

static void show_ended(struct visit *v, const struct msg_handoff_view *m,
                       const struct page_frame *f)
{
    /* The rest is told by on_view. */
    static const enum page_text ended[HANDOFF_STATE_COUNT] = {
        [HANDOFF_STATE_SUBMITTED] = PAGE_SUBMITTED, [HANDOFF_STATE_DECLINED] = PAGE_DECLINED,
        [HANDOFF_STATE_CANCELLED] = PAGE_CANCELLED, [HANDOFF_STATE_EXPIRED] = PAGE_EXPIRED,
        [HANDOFF_STATE_FAILED] = PAGE_FAILED,
    };

    if (m->state == HANDOFF_STATE_SUBMITTED)
        v->refresh = 2;
    reply_text(v, ended[m->state], f, m->words);
}

static void on_view(struct visit *v, const struct msg_handoff_view *m)
{
    const struct surface_conf_upstream *u = surface_conf_upstream(&v->s->conf, m->upstream);
    const struct page_kind *kind = page_kind(m->kind);
    struct page_frame f = reply_frame(v, m->user_name, &m->csrf);

    if (m->state == HANDOFF_STATE_COMPLETED)
        reply_text(v, m->tested ? kind->tested : kind->stored, &f, m->words);
    else if (!is_open(m))
        show_ended(v, m, &f);
    else if (!u)
        reply_text(v, PAGE_GONE, &f, SLICE_EMPTY);
    else
        show_form(v, m, u);
}

static void ask_view(struct visit *v, const struct answers *waits)
{
    VISIT_ASK(v, waits, send_handoff_get, msg_handoff_get, .cookie = v->cookie,
              .handoff = v->handoff);
}

static const struct answers showing = {.handoff_view = on_view, .page_denied = reply_denied};

void give_show(struct visit *v)
{
    read_wrongs(v, give_new(v));
    ask_view(v, &showing);
}

/* --- giving: what is in the fields ------------------------------------------------------------ */

struct checking {
    uint8_t wants;
    enum wrong wrong;
};

static bool has_invisible(struct slice s)
{
    uint32_t cp = 0;
    size_t k = 0;

    for (; s.n > 0; s = slice_sub(s, k, s.n)) {
        k = utf8_next(s, &cp);
        if (k == 0 || utf8_is_invisible(cp))
            return true;
    }
    return false;
}

/* What nobody sees in a masked field, and what its places cannot carry. */
static enum err check_bytes(void *ctx, struct slice s)
{
    static const enum wrong wrong_of[] = {
        [CHARS_FIT] = WRONG_NOTHING,         [CHARS_COLON] = WRONG_COLON,
        [CHARS_NOT_ASCII] = WRONG_NOT_ASCII, [CHARS_SPACE] = WRONG_SPACE,
        [CHARS_CONTROL] = WRONG_CONTROL,     [CHARS_LINE] = WRONG_LINE};
    struct checking *c = ctx;
    enum chars_wrong is = chars_check(s, c->wants);

    c->wrong = is < CHARS_CONTROL && has_invisible(s) ? WRONG_CONTROL : wrong_of[is];
    return ERR_OK;
}

static enum wrong check_field(const struct sec *value, uint8_t wants)
{
    struct checking c = {wants, WRONG_NOTHING};

    IGNORE(sec_with(value, check_bytes, &c)); /* it always succeeds */
    return c.wrong;
}

/* What is not among the fields that are asked for is forgotten. */
static void check_fields(struct give *g, struct page_asked asked)
{
    for (size_t i = 0; i < LIM_FIELDS; i++) {
        if (i >= asked.n) {
            sec_free(g->fields[i]);
            g->fields[i] = NULL;
            g->wrong[i] = WRONG_NOTHING;
        } else if (g->fields[i]) {
            g->wrong[i] = check_field(g->fields[i], asked.f[i].wants);
        } else if (!g->wrong[i]) {
            g->wrong[i] = WRONG_MISSING;
        }
    }
    if (!g->password && !g->wrong[PASSWORD])
        g->wrong[PASSWORD] = WRONG_MISSING;
}

/* --- giving: sealed to the keeper ------------------------------------------------------------- */

static enum err put_field(void *ctx, struct slice s)
{
    BUG_IF(s.n > LIM_FIELD_BYTES);
    wire_put_number(ctx, s.n, 2);
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
    for (size_t i = 0; i < LIM_FIELDS && !e; i++) {
        if (!g->fields[i])
            continue;
        values += 2 + sec_len(g->fields[i]);
        buf_put_u8(plain, (uint8_t)i);
        e = values > LIM_CREDENTIAL_BYTES ? ERR_TOO_LARGE
                                          : sec_with(g->fields[i], put_field, plain);
    }
    return e ? e : buf_err(plain);
}

static enum err seal(const struct visit *v, const struct give *g, struct buf *sealed)
{
    struct buf plain = BUF_INIT(LIM_SECRET_BYTES);
    enum err e = v->s->sealable ? pack(v, g, &plain) : ERR_UNAVAILABLE;

    if (!e)
        e = box_seal(&v->s->seal, buf_slice(&plain), sealed);
    buf_free(&plain);
    return e;
}

/* --- giving: step by step --------------------------------------------------------------------- */

static void on_submitted(struct visit *v, const struct msg_handoff_view *m)
{
    log_event(LEVEL_INFO, "handoff_answered", LOG_ID("handoff", v->handoff),
              LOG_STR("state", handoff_state_name(m->state)),
              LOG_STR("problem", problem_name(m->problem)));
    reply_to_handoff(v);
}

static void on_submit_denied(struct visit *v, const struct msg_page_denied *m)
{
    struct give *g = v->own;

    if (m->why == DENIAL_WRONG_PASSWORD) {
        reply_to_handoff(v); /* the keeper remembers it as the handoff's problem */
    } else if (m->why == DENIAL_RATE) {
        g->wrong[PASSWORD] = WRONG_RATE;
        reply_wrongs(v);
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
    if (!e)
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
    visit_hash(v, &waits,
               (struct hasher_ask){.lane = HASHER_KNOWN, /* the keeper knows the session */
                                   .name = slice_str(g->user),
                                   .salt = m->salt.p,
                                   .cost = {m->ops, m->mem}},
               password);
}

_Static_assert(LIM_PASSWORD_BYTES <= LIM_FIELD_BYTES, "a password fits where a field does");

static enum err unpack(void *ctx, struct slice s)
{
    struct give *g = ctx;
    uint8_t copy[LIM_FIELD_BYTES];
    enum err e = ERR_OK;

    for (size_t i = 0; i <= PASSWORD && !e; i++) {
        struct sec **to = i == PASSWORD ? &g->password : &g->fields[i];
        size_t n = (size_t)wire_number(s.p, 2);

        if (n > 0)
            *to = sec_take(copy, slice_copy(slice_sub(s, 2, 2 + n), copy, sizeof(copy)));
        e = sec_room(*to);
        s = slice_sub(s, 2 + n, s.n);
    }
    return e;
}

static enum err unpack_posted(struct give *g)
{
    enum err e = sec_with(g->posted, unpack, g);

    sec_free(g->posted);
    g->posted = NULL;
    return e;
}

/* The keeper says what this handoff is: now the form can be judged. */
static void on_view_of_post(struct visit *v, const struct msg_handoff_view *m)
{
    struct give *g = v->own;
    const struct surface_conf_upstream *u = surface_conf_upstream(&v->s->conf, m->upstream);
    struct page_frame f = reply_frame(v, m->user_name, &m->csrf);

    if (!is_open(m) || !u) {
        reply_to_handoff(v);
        return;
    }
    if (!id_equal(g->csrf.b, m->csrf.b, DIGEST_BYTES)) {
        reply_text(v, PAGE_CSRF, &f, SLICE_EMPTY);
        return;
    }
    if (unpack_posted(g) != ERR_OK) {
        reply_text(v, PAGE_BUSY, &f, SLICE_EMPTY);
        return;
    }
    check_fields(g, page_kind(m->kind)->asks(u));
    if (!has_wrong(g) && !m->may_prove)
        g->wrong[PASSWORD] = WRONG_RATE; /* nothing is hashed for nothing */
    if (has_wrong(g)) {
        reply_wrongs(v);
        return;
    }
    if (m->salt.n != PASSWORD_SALT_BYTES ||
        !slice_to_cstr(m->user_name, g->user, sizeof(g->user))) {
        chan_breach(v->s->keeper, BREACH_LOGIN_ANSWER);
        return;
    }
    hash(v, m);
}

/* As unpack() reads it. ERR_TOO_LARGE: more than a credential and a password may be. */
static enum err take_posted(struct give *g, const struct form *f)
{
    struct buf all = BUF_INIT(LIM_SECRET_BYTES);
    enum err e = ERR_OK;

    for (size_t i = 0; i <= PASSWORD; i++) {
        bool too_long;
        struct slice s = posted_get(
            f, names[i], i == PASSWORD ? LIM_PASSWORD_BYTES : LIM_FIELD_BYTES, &too_long);

        if (too_long)
            g->wrong[i] = i == PASSWORD ? WRONG_PASSWORD : WRONG_LONG;
        wire_put_number(&all, s.n, 2);
        buf_put(&all, s);
    }
    e = buf_err(&all);
    if (!e)
        g->posted = sec_take(all.p, all.n);
    buf_free(&all);
    if (!e)
        e = sec_room(g->posted);
    return e;
}

void give_post(struct visit *v)
{
    static const struct answers waits = {.handoff_view = on_view_of_post,
                                         .page_denied = reply_denied};
    struct give *g = give_new(v);
    struct form f;

    if (posted_read(v, &f, names)) {
        enum err e = posted_csrf(&f, &g->csrf);

        if (!e)
            e = take_posted(g, &f);
        if (!e)
            ask_view(v, &waits);
        else
            reply_text(v,
                       e == ERR_CSRF    ? PAGE_CSRF
                       : e == ERR_AGAIN ? PAGE_BUSY
                                        : PAGE_TOO_LARGE,
                       NULL, SLICE_EMPTY);
    }
    form_free(&f);
}

/* --- declining -------------------------------------------------------------------------------- */

static void on_declined(struct visit *v, UNUSED const struct msg_page_done *m)
{
    reply_to_handoff(v);
}

void give_decline(struct visit *v)
{
    static const struct answers waits = {.page_done = on_declined, .page_denied = reply_denied};
    struct digest csrf;

    if (posted_button(v, &csrf))
        VISIT_ASK(v, &waits, send_handoff_decline, msg_handoff_decline, .cookie = v->cookie,
                  .handoff = v->handoff, .csrf = csrf);
}
