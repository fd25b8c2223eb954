/*
 * The surface, with a keeper that was taken over. It decides what pages show, so what it can gain
 * is what is typed from then on; it must not end the process, nor get what is not for it: an answer
 * of the wrong kind ends its channel, and a browser that waits is told that nothing was done.
 */
#include "as_surface.h"

#include <stdio.h>
#include <string.h>

#define ID    "00112233445566778899aabbccddeeff"
#define LOGIN "csrf=" AS_SURFACE_TOKEN "&handoff=&name=ana&password=correct+horse"
#define GIVE  "csrf=" AS_SURFACE_CSRF "&password=correct+horse&f0=hunter2"

static const uint8_t salt[17] = "0123456789abcdef";

/* The one answer is said; the channel is refused, and the browser told. */
static void wrong_answer(struct play *p, enum msg type, const union msg_any *m, const char *status)
{
    say(as_surface.keeper, type, m);
    must_refuse(as_surface.keeper);
    as_surface_answer(p, status);
    as_surface_keeper(p);
}

static const enum msg answers[] = {
    MSG_LOGIN_SALT,    MSG_LOGIN_OK,       MSG_WHO,      MSG_HANDOFF_VIEW, MSG_INBOX_ROW,
    MSG_INBOX_CHANGED, MSG_CONNECTION_ROW, MSG_ROWS_END, MSG_PAGE_DONE,    MSG_PAGE_DENIED};

/* Every answer begins with the number of its question. */
static const union msg_any *answer_to(uint64_t req)
{
    static union msg_any m;

    memset(&m, 0, sizeof m);
    memcpy(&m, &req, sizeof req);
    return &m;
}

/* Answers to questions that nobody asked, or that were answered: dropped. */
static void unasked(struct play *p)
{
    uint64_t req;

    as_surface_get("/inbox");
    req = hear(as_surface.keeper, MSG_INBOX_GET)->inbox_get.req;
    SAY(as_surface.keeper, MSG_ROWS_END, rows_end, .req = req);
    as_surface_answer(p, "200");
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        say(as_surface.keeper, answers[i], answer_to(0));
        say(as_surface.keeper, answers[i], answer_to(req));
        say(as_surface.keeper, answers[i], answer_to(UINT64_MAX));
    }
    as_surface_get("/inbox");
    req = hear(as_surface.keeper, MSG_INBOX_GET)->inbox_get.req;
    for (int i = 0; i < 3; i++)
        SAY(as_surface.keeper, MSG_ROWS_END, rows_end, .req = req);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        say(as_surface.keeper, answers[i], answer_to(req));
    as_surface_answer(p, "200");
    must_stand(as_surface.keeper);
}

struct question {
    const char *path, *form; /* NULL: GET */
    enum msg type;
    enum msg fits[3];
};

static const struct question questions[] = {
    {"/inbox", NULL, MSG_INBOX_GET, {MSG_INBOX_ROW, MSG_ROWS_END, MSG_PAGE_DENIED}},
    {"/connections",
     NULL,
     MSG_CONNECTIONS_GET,
     {MSG_CONNECTION_ROW, MSG_ROWS_END, MSG_PAGE_DENIED}},
    {"/h/" ID, NULL, MSG_HANDOFF_GET, {MSG_HANDOFF_VIEW, MSG_PAGE_DENIED}},
    {"/h/" ID, GIVE, MSG_HANDOFF_GET, {MSG_HANDOFF_VIEW, MSG_PAGE_DENIED}},
    {"/h/" ID "/decline",
     "csrf=" AS_SURFACE_CSRF,
     MSG_HANDOFF_DECLINE,
     {MSG_PAGE_DONE, MSG_PAGE_DENIED}},
    {"/connections/" ID "/revoke",
     "csrf=" AS_SURFACE_CSRF,
     MSG_CONNECTION_REVOKE,
     {MSG_PAGE_DONE, MSG_PAGE_DENIED}},
    {"/logout", "csrf=" AS_SURFACE_CSRF, MSG_LOGOUT, {MSG_PAGE_DONE, MSG_PAGE_DENIED}},
    {"/login", NULL, MSG_WHO_GET, {MSG_WHO, MSG_PAGE_DENIED}},
    {"/login", LOGIN, MSG_LOGIN_START, {MSG_LOGIN_SALT, MSG_PAGE_DENIED}},
};

/* All these begin with the number too. */
static uint64_t ask(const struct question *q)
{
    uint64_t req;

    if (q->form != NULL)
        as_surface_post(q->path, q->form);
    else
        as_surface_get(q->path);
    memcpy(&req, hear(as_surface.keeper, q->type), sizeof req);
    return req;
}

static bool is_fit(const struct question *q, enum msg type)
{
    return q->fits[0] == type || q->fits[1] == type || q->fits[2] == type;
}

/* Each question with each answer that does not fit it. */
static void other_answers(struct play *p)
{
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        for (size_t k = 0; k < ARRAY_LEN(answers); k++) {
            if (!is_fit(&questions[i], answers[k]))
                wrong_answer(p, answers[k], answer_to(ask(&questions[i])), "503");
        }
    }
}

/* Each question with its answers, empty, and followed by others. */
static void empty_answers(struct play *p)
{
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        for (size_t k = 0; k < 3 && questions[i].fits[k] != MSG_NONE; k++) {
            uint64_t req = ask(&questions[i]);

            say(as_surface.keeper, questions[i].fits[k], answer_to(req));
            say(as_surface.keeper, MSG_PAGE_DENIED, answer_to(req));
            /* A salt of nothing ends the channel, which may be seen after the browser's answer. */
            UNTIL(p, client_ended(&as_surface.browser) &&
                         (as_surface.keeper->over || questions[i].fits[k] != MSG_LOGIN_SALT));
            if (as_surface.keeper->over) {
                must_refuse(as_surface.keeper);
                as_surface_keeper(p);
            }
        }
    }
}

static const struct question log_in = {"/login", LOGIN, MSG_LOGIN_START, {MSG_LOGIN_SALT}};
static const struct question give = {"/h/" ID, GIVE, MSG_HANDOFF_GET, {MSG_HANDOFF_VIEW}};

/* How to hash a password: with what would take the process down, or the secret out. */
static void hashing(struct play *p)
{
    static const struct {
        size_t salt_n;
        uint64_t ops, mem;
        bool refused;
    } rows[] = {{0, 1, 8192, true},
                {15, 1, 8192, true},
                {16, 0, 8192, false},
                {16, 1, 0, false},
                {16, UINT64_MAX, 8192, false},
                {16, 1, UINT64_MAX, false},
                {16, 17, 8192, false},
                {16, 1, (256u << 20) + 1, false}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice with = slice_of(salt, rows[i].salt_n);
        union msg_any m = {.login_salt = {ask(&log_in), false, with, rows[i].ops, rows[i].mem}};

        if (rows[i].refused) {
            wrong_answer(p, MSG_LOGIN_SALT, &m, "503");
        } else {
            say(as_surface.keeper, MSG_LOGIN_SALT, &m);
            as_surface_answer(p, "503");
        }
        m = (union msg_any){.handoff_view = {.req = ask(&give),
                                             .may_prove = true,
                                             .csrf = as_surface_csrf(),
                                             .user_name = SLICE_LIT("ana"),
                                             .salt = with,
                                             .ops = rows[i].ops,
                                             .mem = rows[i].mem}};
        if (rows[i].refused) {
            wrong_answer(p, MSG_HANDOFF_VIEW, &m, "503");
        } else {
            say(as_surface.keeper, MSG_HANDOFF_VIEW, &m);
            as_surface_answer(p, "503");
        }
        assert_int_equal(unheard(as_surface.keeper, MSG_HANDOFF_SUBMIT), 0);
        assert_int_equal(unheard(as_surface.keeper, MSG_LOGIN), 0);
    }
}

/* A session that is none. */
static void cookies(struct play *p)
{
    uint64_t req = ask(&log_in);

    SAY(as_surface.keeper, MSG_LOGIN_SALT, login_salt, req, false, slice_of(salt, 16), 1, 8192);
    assert_int_equal(hear(as_surface.keeper, MSG_LOGIN)->login.req, req);
    wrong_answer(p, MSG_LOGIN_OK, &(union msg_any){.login_ok = {.req = req, .life_ms = 1}}, "503");
    req = ask(&log_in);
    SAY(as_surface.keeper, MSG_LOGIN_SALT, login_salt, req, false, slice_of(salt, 16), 1, 8192);
    assert_int_equal(hear(as_surface.keeper, MSG_LOGIN)->login.req, req);
    SAY(as_surface.keeper, MSG_LOGIN_OK, login_ok, req, (struct digest){{7}}, secret_of("c"),
        UINT64_MAX);
    as_surface_answer(p, "303");
}

/* The secret goes out sealed, once, and only when the view is of an open handoff and of that
 * form. */
static void typed_secret(struct play *p)
{
    struct msg_handoff_view m = {.may_prove = true,
                                 .csrf = as_surface_csrf(),
                                 .user_name = SLICE_LIT("ana"),
                                 .salt = slice_of(salt, 16),
                                 .ops = 1,
                                 .mem = 8192};
    const struct msg_handoff_submit *s;

    for (int i = 0; i < 5; i++) {
        struct msg_handoff_view bad = m;

        bad.req = ask(&give);
        bad.state = i == 0 ? HANDOFF_STATE_COMPLETED : i == 1 ? HANDOFF_STATE_SUBMITTED : 0;
        bad.upstream = i == 2 ? 77 : i == 3 ? 0xffff : WEATHER;
        bad.csrf.b[31] ^= i == 4;
        say(as_surface.keeper, MSG_HANDOFF_VIEW, &bad);
        as_surface_answer(p, i == 4 ? "403" : "303");
        assert_int_equal(unheard(as_surface.keeper, MSG_HANDOFF_SUBMIT), 0);
    }
    m.req = ask(&give);
    say(as_surface.keeper, MSG_HANDOFF_VIEW, &m);
    say(as_surface.keeper, MSG_HANDOFF_VIEW, &m); /* while it hashes */
    UNTIL(p, as_surface.keeper->over || unheard(as_surface.keeper, MSG_HANDOFF_SUBMIT) > 0);
    if (!as_surface.keeper->over) {
        s = &hear(as_surface.keeper, MSG_HANDOFF_SUBMIT)->handoff_submit;
        assert_int_equal(slice_find(s->sealed, SLICE_LIT("hunter2")), s->sealed.n);
    }
    UNTIL(p, as_surface.keeper->over || client_ended(&as_surface.browser));
}

/* Without the key of this keeper nothing typed leaves. */
static void no_seal_key(struct play *p)
{
    struct msg_handoff_view m = {.may_prove = true,
                                 .csrf = as_surface_csrf(),
                                 .user_name = SLICE_LIT("ana"),
                                 .salt = slice_of(salt, 16),
                                 .ops = 1,
                                 .mem = 8192};
    uint8_t zero[32] = {0};
    struct msg_seal_key key = {.key = 1};

    as_surface.keeper = play_peer(p, ROLE_KEEPER, HONEST);
    m.req = ask(&give);
    say(as_surface.keeper, MSG_HANDOFF_VIEW, &m);
    as_surface_answer(p, "503");
    assert_int_equal(unheard(as_surface.keeper, MSG_HANDOFF_SUBMIT), 0);
    /* And to a point of low order nothing can be sealed. */
    memcpy(key.public_key.b, zero, sizeof zero);
    say(as_surface.keeper, MSG_SEAL_KEY, &key);
    m.req = ask(&give);
    say(as_surface.keeper, MSG_HANDOFF_VIEW, &m);
    as_surface_answer(p, "503");
    assert_int_equal(unheard(as_surface.keeper, MSG_HANDOFF_SUBMIT), 0);
}

/* Texts that would be more than text on a page. */
static void texts(struct play *p)
{
    const struct slice bad = SLICE_LIT("<script>alert(1)</script>\"'&{{x}}");
    struct msg_handoff_view view = {.client_label = bad,
                                    .method = bad,
                                    .tool = bad,
                                    .words = bad,
                                    .user_name = bad,
                                    .created = UINT64_MAX,
                                    .expires = UINT64_MAX,
                                    .tries_left = UINT32_MAX};
    struct msg_inbox_row row = {.client_label = bad,
                                .tool = bad,
                                .words = bad,
                                .state = HANDOFF_STATE_FAILED,
                                .upstream = 0xffff,
                                .created = UINT64_MAX,
                                .expires = 0};
    struct msg_connection_row c = {.client_label = bad,
                                   .upstream = 0xffff,
                                   .created = UINT64_MAX,
                                   .last_used = UINT64_MAX,
                                   .expires = UINT64_MAX,
                                   .uses_left = UINT32_MAX - 1};

    view.req = ask(&(struct question){"/h/" ID, NULL, MSG_HANDOFF_GET, {0}});
    say(as_surface.keeper, MSG_HANDOFF_VIEW, &view);
    as_surface_answer(p, "200");
    assert_false(client_has(&as_surface.browser, "<script>alert"));
    row.req = ask(&questions[0]);
    for (int i = 0; i < 2000; i++)
        say(as_surface.keeper, MSG_INBOX_ROW, &row);
    SAY(as_surface.keeper, MSG_ROWS_END, rows_end, .req = row.req, .user_name = bad);
    as_surface_answer(p, "200");
    assert_false(client_has(&as_surface.browser, "<script>alert"));
    c.req = ask(&questions[1]);
    for (int i = 0; i < 2000; i++)
        say(as_surface.keeper, MSG_CONNECTION_ROW, &c);
    SAY(as_surface.keeper, MSG_ROWS_END, rows_end, .req = c.req, .user_name = bad);
    as_surface_answer(p, "200");
    assert_false(client_has(&as_surface.browser, "<script>alert"));
}

/* A new keeper: what the old one still says goes nowhere, and who waits for it is told. */
static void old_keeper(struct play *p)
{
    struct end *old = as_surface.keeper;
    uint64_t req = ask(&questions[0]);

    as_surface_keeper(p);
    play_settle(p); /* two channels have no order among each other */
    SAY(old, MSG_ROWS_END, rows_end, .req = req, .user_name = SLICE_LIT("mallory"));
    as_surface_answer(p, "503");
    assert_false(client_has(&as_surface.browser, "mallory"));
    UNTIL(p, old->over);
    SAY(as_surface.keeper, MSG_ROWS_END, rows_end, .req = req);
    must_stand(as_surface.keeper);
}

/* A watch that is told of changes without end, to a browser that does not read. */
static void endless_watch(struct play *p)
{
    uint64_t req;

    as_surface_get("/inbox/events");
    req = hear(as_surface.keeper, MSG_INBOX_WATCH)->inbox_watch.req;
    for (int i = 0; i < 100000; i++)
        SAY(as_surface.keeper, MSG_INBOX_CHANGED, inbox_changed, req);
    SAY(as_surface.keeper, MSG_PAGE_DENIED, page_denied, .req = req, .why = DENIAL_LOG_IN);
    UNTIL(p, client_ended(&as_surface.browser));
    assert_true(as_surface.browser.got.n < 4 << 20);
}

static const struct row rows[] = {
    {"answers that nobody waits for", unasked},
    {"answers of another kind", other_answers},
    {"answers with nothing in them", empty_answers},
    {"ways to hash a password that are none", hashing},
    {"sessions that are none", cookies},
    {"a typed secret", typed_secret},
    {"no key to seal to, or one that hides nothing", no_seal_key},
    {"texts that are more than text", texts},
    {"an old keeper", old_keeper},
    {"an endless watch", endless_watch},
};

int main(int argc, char **argv)
{
    const struct program program = {&cast_surface, rows, ARRAY_LEN(rows)};

    return program_main(&program, 1, argc, argv);
}
