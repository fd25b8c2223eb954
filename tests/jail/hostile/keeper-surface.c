/*
 * The keeper, with a surface that was taken over: it sees what is typed from then on, and can do
 * with it what the person could. Without a session, its token and the password it can do nothing.
 */
#include "as_people.h"

#include <string.h>

#include "crypto/box_seal.h"

/* --- a taken-over surface --------------------------------------------------------------------- */

/* A handoff of Ana's, opened by her. */
static struct handoff_id handoff_of_ana(void)
{
    struct msg_call_open m = as_people_call(KEY_ANA, ONCE);
    struct handoff_id id = as_people_ask(&m)->handoff;

    assert_int_equal(as_people_view(ANA, id), HANDOFF_STATE_OPENED);
    return id;
}

static void submit(const struct msg_handoff_submit *m)
{
    say(as_people.surface, MSG_HANDOFF_SUBMIT, m);
}

/* All that a browser can be after, with this cookie and token; the last number that was used. */
enum { ASKS = 9 };
static void ask_all(struct sec *cookie, struct digest csrf, struct handoff_id id)
{
    struct end *e = as_people.surface;
    struct msg_handoff_submit m = as_people_form(ANA, id);
    struct connection_id connection;
    uint64_t *n = &as_people.number;

    assert_true(as_people_left(ANA, WEATHER, &connection) > 0);
    m.cookie = cookie;
    m.csrf = csrf;
    submit(&m);
    SAY(e, MSG_LOGOUT, logout, ++*n, cookie, csrf);
    SAY(e, MSG_HANDOFF_DECLINE, handoff_decline, ++*n, cookie, id, csrf);
    SAY(e, MSG_CONNECTION_REVOKE, connection_revoke, ++*n, cookie, csrf, connection);
    SAY(e, MSG_HANDOFF_GET, handoff_get, ++*n, cookie, id);
    SAY(e, MSG_WHO_GET, who_get, ++*n, cookie);
    SAY(e, MSG_INBOX_GET, inbox_get, ++*n, cookie);
    SAY(e, MSG_INBOX_WATCH, inbox_watch, ++*n, cookie);
    SAY(e, MSG_CONNECTIONS_GET, connections_get, ++*n, cookie);
}

static void all_denied(unsigned n, enum denial why)
{
    uint64_t last = as_people.number - ASKS;

    for (unsigned i = 1; i <= n; i++)
        as_people_page_denied(last + i, why);
}

static void forged_cookies(struct play *p)
{
    struct handoff_id id = handoff_of_ana();
    const struct as_person *ana = &as_people.person[ANA];
    static const char *const cookies[] = {"",
                                          "x",
                                          "0123456789abcdef0123456789abcde",
                                          "0123456789abcdef0123456789abcdef",
                                          "0123456789abcdef0123456789abcdef0",
                                          "sgk_of_ana"};

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(cookies); i++) {
        ask_all(secret_of(cookies[i]), ana->csrf, id);
        all_denied(ASKS, DENIAL_LOG_IN);
    }
    SAY(as_people.surface, MSG_LOGOUT, logout, ++as_people.number, ana->cookie, ana->csrf);
    (void)as_people_hear(as_people.surface, MSG_PAGE_DONE);
    ask_all(ana->cookie, ana->csrf, id);
    all_denied(ASKS, DENIAL_LOG_IN);
    as_people_login(ANA);
    assert_int_equal(as_people_view(ANA, id), HANDOFF_STATE_OPENED);
}

/* Nothing is changed without the token of this very session. */
static void token_of_another_session(struct play *p)
{
    struct handoff_id id = handoff_of_ana();
    struct as_person *ana = &as_people.person[ANA];
    struct digest tokens[4] = {{{0}}, FRESH(digest), ana->csrf};

    (void)p;
    as_people_login(BEN);
    as_people_login(ANA); /* her second session */
    tokens[3] = as_people.person[BEN].csrf;
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
        assert_false(ID_EQ(tokens[i], ana->csrf));
        ask_all(ana->cookie, tokens[i], id);
        all_denied(4, DENIAL_CSRF);
        SAY(as_people.surface, MSG_WATCH_END, watch_end, as_people.number - 1);
        as_people_settle();
    }
    assert_int_equal(as_people_view(ANA, id), HANDOFF_STATE_OPENED);
}

/* Ben's session, his token and his proof, and Ana's things. */
static void things_of_another(struct play *p)
{
    struct handoff_id id = handoff_of_ana();
    const struct as_person *ben = &as_people.person[BEN];
    struct msg_handoff_submit m;
    struct connection_id connection;

    (void)p;
    as_people_login(BEN);
    assert_true(as_people_left(ANA, WEATHER, &connection) > 0);
    m = as_people_form(ANA, id);
    m.cookie = ben->cookie;
    m.csrf = ben->csrf;
    submit(&m);
    as_people_page_denied(m.req, DENIAL_NOT_YOURS);
    m = as_people_form(BEN, id);
    submit(&m);
    as_people_page_denied(m.req, DENIAL_NOT_YOURS);
    SAY(as_people.surface, MSG_HANDOFF_GET, handoff_get, ++as_people.number, ben->cookie, id);
    as_people_page_denied(as_people.number, DENIAL_NOT_YOURS);
    SAY(as_people.surface, MSG_HANDOFF_DECLINE, handoff_decline, ++as_people.number, ben->cookie,
        id, ben->csrf);
    as_people_page_denied(as_people.number, DENIAL_NOT_YOURS);
    SAY(as_people.surface, MSG_HANDOFF_GET, handoff_get, ++as_people.number, ben->cookie,
        FRESH(handoff_id));
    as_people_page_denied(as_people.number, DENIAL_NOT_YOURS);
    SAY(as_people.surface, MSG_CONNECTION_REVOKE, connection_revoke, ++as_people.number,
        ben->cookie, ben->csrf, connection);
    as_people_page_denied(as_people.number, DENIAL_GONE);
    SAY(as_people.surface, MSG_INBOX_GET, inbox_get, ++as_people.number, ben->cookie);
    (void)as_people_hear(as_people.surface, MSG_ROWS_END);
    SAY(as_people.surface, MSG_CONNECTIONS_GET, connections_get, ++as_people.number, ben->cookie);
    (void)as_people_hear(as_people.surface, MSG_ROWS_END);
    assert_int_equal(unheard(as_people.surface, MSG_INBOX_ROW), 0);
    assert_int_equal(unheard(as_people.surface, MSG_CONNECTION_ROW), 0);
    assert_int_equal(as_people_view(ANA, id), HANDOFF_STATE_OPENED);
}

/* Her cookie is not enough: the password is proved in the handoff. */
static void without_proof(struct play *p)
{
    struct handoff_id id = handoff_of_ana();
    struct sec *const verifiers[] = {as_people.person[BEN].verifier, secret_of(""),
                                     secret_of("ana's verifier, of 32 bytes...."),
                                     secret_of("ana's verifier, of 32 bytes....,")};

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(verifiers); i++) {
        struct msg_handoff_submit m = as_people_form(ANA, id);

        m.verifier = verifiers[i];
        submit(&m);
        as_people_page_denied(m.req, DENIAL_WRONG_PASSWORD);
    }
    assert_int_equal(as_people_view(ANA, id), HANDOFF_STATE_OPENED);
    assert_int_equal(as_people_left_to_ana(ONCE), -1);
}

/* The tries at one handoff, and those at one name in a minute, have an end: inside a session, and
 * apart from it at the log-in. */
static void tries_without_end(struct play *p)
{
    struct handoff_id id = handoff_of_ana();
    unsigned wrong = 0;

    for (int i = 0; i < 30; i++) {
        struct msg_handoff_submit m = as_people_form(ANA, id);

        m.verifier = as_people.person[BEN].verifier;
        submit(&m);
        wrong += as_people_hear(as_people.surface, MSG_PAGE_DENIED)->page_denied.why ==
                 DENIAL_WRONG_PASSWORD;
    }
    assert_in_range(wrong, 1, 10);
    wrong = 0;
    for (int i = 0; i < 30; i++) {
        SAY(as_people.surface, MSG_LOGIN, login, .req = ++as_people.number,
            .name = SLICE_LIT("ana"), .verifier = as_people.person[BEN].verifier);
        wrong += as_people_hear(as_people.surface, MSG_PAGE_DENIED)->page_denied.why ==
                 DENIAL_WRONG_PASSWORD;
    }
    assert_in_range(wrong, 1, 10);
    SAY(as_people.surface, MSG_LOGIN, login, .req = ++as_people.number, .name = SLICE_LIT("ana"),
        .verifier = as_people.person[ANA].verifier);
    as_people_page_denied(as_people.number, DENIAL_RATE);
    assert_int_equal(as_people_left_to_ana(ONCE), -1);
    must_stand(p->supervisor);
}

/* The names and verifiers of a log-in. */
static void log_in_as_others(struct play *p)
{
    const struct {
        const char *name;
        struct sec *verifier;
    } rows[] = {{"ana", as_people.person[BEN].verifier},
                {"ana", secret_of("")},
                {"nobody", as_people.person[ANA].verifier},
                {"", as_people.person[ANA].verifier},
                {"Ana", as_people.person[ANA].verifier},
                {"ana' OR 1=1 --", as_people.person[ANA].verifier}};

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        SAY(as_people.surface, MSG_LOGIN, login, .req = ++as_people.number,
            .name = slice_str(rows[i].name), .verifier = rows[i].verifier);
        as_people_page_denied(as_people.number, DENIAL_WRONG_PASSWORD);
    }
}

/* A box with these bytes in it. */
static struct slice boxed(struct buf *out, struct slice plain)
{
    struct box_public to = {as_people.seal_key, as_people.public_key};

    buf_clear(out);
    assert_err(box_seal(&to, plain, out), ERR_OK);
    return buf_slice(out);
}

/* The box is no box, or what is in it is for something else: refused, and nothing is stored. */
struct box_row {
    const char *name, *fields;
    size_t n;
    bool other;
};

static void boxes_for_something_else(const struct box_row *rows, size_t n)
{
    struct handoff_id id = handoff_of_ana(), wrong = FRESH(handoff_id);
    struct buf plain = BUF_INIT(256), out = BUF_INIT(512);

    for (size_t i = 0; i < n; i++) {
        struct msg_handoff_submit m;

        as_people_meet();
        buf_clear(&plain);
        buf_put(&plain, rows[i].other ? ID_SLICE(wrong) : ID_SLICE(id));
        buf_put_u8(&plain, (uint8_t)strlen(rows[i].name));
        buf_put_str(&plain, rows[i].name);
        buf_put(&plain, slice_of(rows[i].fields, rows[i].n));
        m = as_people_form(ANA, id);
        m.sealed = boxed(&out, buf_slice(&plain));
        submit(&m);
        must_refuse(as_people.surface);
        assert_int_equal(as_people_left_to_ana(ONCE), -1);
    }
    buf_free(&plain);
    buf_free(&out);
}

/* There are so many tries in a minute. */
static void boxes_for_others(struct play *p)
{
    static const struct box_row rows[] = {
        {"ana", "\0\0\7hunter2", 10, true},
        {"ben", "\0\0\7hunter2", 10, false},
        {"", "\0\0\7hunter2", 10, false},
        {"ana", "", 0, false},
        {"ana", "\0", 1, false},
        {"ana", "\0\0\0", 3, false},
    };

    (void)p;
    boxes_for_something_else(rows, ARRAY_LEN(rows));
}

static void boxes_with_other_fields(struct play *p)
{
    static const struct box_row rows[] = {
        {"ana", "\0\0\10hunter2", 10, false},    {"ana", "\0\0\6hunter2", 10, false},
        {"ana", "\0\377\377hunter2", 10, false}, {"ana", "\1\0\7hunter2", 10, false},
        {"ana", "\0\0\1x\1\0\1y", 8, false},     {"ana", "\0\0\1x\0\0\1y", 8, false},
    };

    (void)p;
    boxes_for_something_else(rows, ARRAY_LEN(rows));
}

/* Cut, changed, of another key. */
static void boxes_that_do_not_open(struct play *p)
{
    struct handoff_id id = handoff_of_ana();
    uint8_t text[512];

    (void)p;
    for (int i = 0; i < 6; i++) {
        struct msg_handoff_submit m;
        size_t n;

        as_people_meet();
        m = as_people_form(ANA, id);
        n = slice_copy(m.sealed, text, sizeof text);
        if (i < 4)
            text[(size_t)i * (n - 1) / 3] ^= 1;
        m.sealed = slice_of(text, i < 4 ? n : i == 4 ? n - 1 : 0);
        submit(&m);
        must_refuse(as_people.surface);
    }
    as_people_meet();
    assert_int_equal(as_people_left_to_ana(ONCE), -1);
    assert_int_equal(as_people_view(ANA, id), HANDOFF_STATE_OPENED);
}

static void old_seal_key(struct play *p)
{
    struct handoff_id id = handoff_of_ana();
    const uint32_t keys[] = {0, as_people.seal_key + 1, as_people.seal_key - 1, UINT32_MAX};

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct msg_handoff_submit m = as_people_form(ANA, id);

        m.key = keys[i];
        submit(&m);
        as_people_page_denied(m.req, DENIAL_AGAIN);
    }
    assert_int_equal(as_people_left_to_ana(ONCE), -1);
    as_people_complete(ANA, id);
}

/* The keeper starts again: a form of before is typed again, and not stored. */
static void form_of_before(struct play *p)
{
    struct handoff_id id = handoff_of_ana();
    struct msg_handoff_submit m = as_people_form(ANA, id);

    play_again(p);
    memset(as_people.egress, 0, sizeof as_people.egress);
    as_people_meet();
    m.req = ++as_people.number;
    submit(&m);
    as_people_page_denied(m.req, DENIAL_AGAIN);
    assert_int_equal(as_people_left_to_ana(ONCE), -1);
}

/* One form many times: one connection, with its one use. Then for the next handoff: refused. */
static void form_twice(struct play *p)
{
    struct handoff_id id = handoff_of_ana();
    struct msg_handoff_submit m = as_people_form(ANA, id);
    uint8_t text[512];
    struct use_id use;

    (void)p;
    m.sealed = slice_of(text, slice_copy(m.sealed, text, sizeof text));
    for (int i = 0; i < 3; i++)
        submit(&m);
    assert_int_equal(as_people_hear(as_people.surface, MSG_HANDOFF_VIEW)->handoff_view.state,
                     HANDOFF_STATE_COMPLETED);
    for (int i = 0; i < 2; i++)
        (void)as_people_hear(as_people.surface, MSG_PAGE_DENIED);
    submit(&m);
    as_people_page_denied(m.req, DENIAL_GONE);
    assert_int_equal(as_people_left_to_ana(ONCE), 1);
    use = as_people_use(KEY_ANA, ONCE);
    submit(&m);
    as_people_page_denied(m.req, DENIAL_GONE);
    assert_int_equal(as_people_left_to_ana(ONCE), 0);
    as_people_result(ONCE, use, RESULT_ANSWERED);
    m.handoff = handoff_of_ana();
    assert_false(ID_EQ(m.handoff, id));
    submit(&m);
    must_refuse(as_people.surface);
    assert_int_equal(as_people_left_to_ana(ONCE), 0);
}

/* A number of a request is the surface's own affair, but a watch has one. */
static void numbers_again(struct play *p)
{
    struct sec *cookie;

    (void)p;
    as_people_login(BEN);
    cookie = as_people.person[BEN].cookie;
    for (int i = 0; i < 3; i++)
        SAY(as_people.surface, MSG_WHO_GET, who_get, 5, cookie);
    for (int i = 0; i < 3; i++)
        assert_true(slice_eq_str(as_people_hear(as_people.surface, MSG_WHO)->who.user_name, "ben"));
    SAY(as_people.surface, MSG_WATCH_END, watch_end, 77);
    SAY(as_people.surface, MSG_INBOX_WATCH, inbox_watch, 5, cookie);
    SAY(as_people.surface, MSG_INBOX_WATCH, inbox_watch, 5, cookie);
    must_refuse(as_people.surface);
}

static const struct row rows[] = {
    {"surface: forged cookies", forged_cookies},
    {"surface: the token of another session", token_of_another_session},
    {"surface: things of another person", things_of_another},
    {"surface: no proof", without_proof},
    {"surface: tries without end", tries_without_end},
    {"surface: log in as others", log_in_as_others},
    {"surface: boxes for something else", boxes_for_others},
    {"surface: boxes with other fields", boxes_with_other_fields},
    {"surface: boxes that do not open", boxes_that_do_not_open},
    {"surface: an old key", old_seal_key},
    {"surface: a form of before", form_of_before},
    {"surface: a form twice", form_twice},
    {"surface: numbers again", numbers_again},
};

int main(int argc, char **argv)
{
    static const struct program keeper = {&cast_people, rows, ARRAY_LEN(rows)};

    return program_main(&keeper, 1, argc, argv);
}
