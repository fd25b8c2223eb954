/* The scene of as_people.h. */
#include "as_people.h"

#include <string.h>

#include "crypto/box_seal.h"
#include "crypto/hash.h"

struct as_people as_people;
static struct buf sealed;

static const uint8_t salt[17] = "0123456789abcdef";
static const unsigned owner[KEYS] = {ANA, ANA, BEN};
static const char *const tokens[KEYS] = {"sgk_of_ana", "sgk_of_ana_other", "sgk_of_ben"};

/* --- peers ------------------------------------------------------------------------------------ */

struct digest as_people_head(uint64_t seq)
{
    return hash_sha256(slice_of(&seq, sizeof seq));
}

bool as_people_serve(void)
{
    struct as_people *s = &as_people;
    struct end *supervisor = s->play->supervisor;
    bool fresh = false;

    while (s->audit != NULL && unheard(s->audit, MSG_AUDIT_APPEND) > 0) {
        const struct msg_audit_append *m = &hear(s->audit, MSG_AUDIT_APPEND)->audit_append;

        if (m->seq > s->seq) {
            assert_int_equal(m->seq, s->seq + 1);
            s->seq = m->seq;
            s->epoch = m->epoch;
        }
        fresh = true;
    }
    if (fresh && !s->silent)
        SAY(s->audit, MSG_AUDIT_ACK, audit_ack, .seq = s->seq, .written = s->seq,
            .head = as_people_head(s->seq));
    while (unheard(supervisor, MSG_EGRESS_WANT) > 0) {
        uint16_t upstream = hear(supervisor, MSG_EGRESS_WANT)->egress_want.upstream;

        assert_true(upstream < ARRAY_LEN(s->egress));
        s->egress[upstream] = play_peer(s->play, ROLE_EGRESS, upstream);
    }
    return true;
}

const union msg_any *as_people_hear(struct end *e, enum msg type)
{
    UNTIL(e->play, as_people_serve() && (unheard(e, type) > 0 || e->over));
    return hear(e, type);
}

void as_people_audit(void)
{
    struct as_people *s = &as_people;

    s->audit = play_peer(s->play, ROLE_AUDIT, HONEST);
    SAY(s->audit, MSG_AUDIT_STATE, audit_state, .seq = s->seq, .epoch = s->epoch,
        .head = s->seq > 0 ? as_people_head(s->seq) : (struct digest){{0}});
}

static void meet_surface(void)
{
    const struct msg_seal_key *m;

    as_people.surface = play_peer(as_people.play, ROLE_SURFACE, HONEST);
    m = &hear(as_people.surface, MSG_SEAL_KEY)->seal_key;
    as_people.seal_key = m->key;
    as_people.public_key = m->public_key;
}

static bool is_away(const struct end *e)
{
    return e == NULL || e->over;
}

void as_people_meet(void)
{
    struct as_people *s = &as_people;

    play_turn(s->play, 0);
    if (is_away(s->audit))
        as_people_audit();
    if (is_away(s->gateway))
        s->gateway = play_peer(s->play, ROLE_GATEWAY, HONEST);
    if (is_away(s->dialer))
        s->dialer = play_peer(s->play, ROLE_DIALER, HONEST);
    if (is_away(s->cli))
        s->cli = play_peer(s->play, ROLE_CLI, HONEST);
    if (is_away(s->surface))
        meet_surface();
}

enum err as_people_ctl(enum msg type, const void *m)
{
    say(as_people.cli, type, m);
    return as_people_hear(as_people.cli, MSG_CTL_DONE)->ctl_done.code;
}

/* The command is served in turn. */
void as_people_settle(void)
{
    struct end *ends[] = {as_people.gateway, as_people.surface, as_people.audit};

    for (size_t i = 0; i < 3; i++) {
        (void)as_people_ctl(MSG_CTL_AUDIT_HEAD, &(struct msg_ctl_audit_head){0});
        (void)hear(as_people.cli, MSG_CTL_AUDIT_HEAD_IS);
    }
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        must_stand(ends[i]);
}

/* --- calls ------------------------------------------------------------------------------------ */

struct msg_call_open as_people_call(unsigned key, uint16_t upstream)
{
    return (struct msg_call_open){.call = ++as_people.number,
                                  .upstream = upstream,
                                  .token = as_people.token[key],
                                  .kind = CALL_KIND_REQUEST,
                                  .method = SLICE_LIT("tools/call"),
                                  .name = SLICE_LIT("forecast"),
                                  .projection = SLICE_LIT("tools/call forecast Oslo"),
                                  .request = hash_sha256(SLICE_LIT("forecast Oslo")),
                                  .body_digest = hash_sha256(SLICE_LIT("body")),
                                  .caps = 1u << CALL_CAP_LINK | 1u << CALL_CAP_HOLD};
}

void as_people_open(const struct msg_call_open *m)
{
    say(as_people.gateway, MSG_CALL_OPEN, m);
}

void as_people_denied(uint64_t call, enum err why)
{
    const struct msg_call_deny *m = &as_people_hear(as_people.gateway, MSG_CALL_DENY)->call_deny;

    assert_int_equal(m->call, call);
    assert_err(m->code, why);
}

struct use_id as_people_permit(const struct msg_call_open *m)
{
    const struct msg_call_permit *to_gateway;
    const struct msg_permit *to_egress;

    to_gateway = &as_people_hear(as_people.gateway, MSG_CALL_PERMIT)->call_permit;
    assert_int_equal(to_gateway->call, m->call);
    to_egress = &as_people_hear(as_people.egress[m->upstream], MSG_PERMIT)->permit;
    assert_true(ID_EQ(to_egress->use, to_gateway->use));
    assert_int_equal(to_egress->call, m->call);
    return to_gateway->use;
}

struct use_id as_people_use(unsigned key, uint16_t upstream)
{
    struct msg_call_open m = as_people_call(key, upstream);

    as_people_open(&m);
    return as_people_permit(&m);
}

void as_people_result(uint16_t upstream, struct use_id use, enum result result)
{
    SAY(as_people.egress[upstream], MSG_USE_RESULT, use_result, .use = use, .result = result);
}

const struct msg_call_handoff *as_people_ask(const struct msg_call_open *m)
{
    const struct msg_call_handoff *h;

    as_people_open(m);
    h = &as_people_hear(as_people.gateway, MSG_CALL_HANDOFF)->call_handoff;
    assert_int_equal(h->call, m->call);
    return h;
}

void as_people_nothing_released(void)
{
    const struct end *e;

    TAILQ_FOREACH(e, &as_people.play->ends, entry) {
        assert_int_equal(unheard(e, MSG_PERMIT), 0);
        assert_int_equal(unheard(e, MSG_CALL_PERMIT), 0);
        assert_int_equal(unheard(e, MSG_DIAL), 0);
    }
}

/* --- pages ------------------------------------------------------------------------------------ */

void as_people_login(unsigned person)
{
    struct as_person *a = &as_people.person[person];

    SAY(as_people.surface, MSG_LOGIN, login, .req = ++as_people.number, .name = slice_str(a->name),
        .verifier = a->verifier);
    a->cookie = as_people_hear(as_people.surface, MSG_LOGIN_OK)->login_ok.cookie;
    SAY(as_people.surface, MSG_WHO_GET, who_get, .req = ++as_people.number, .cookie = a->cookie);
    a->csrf = as_people_hear(as_people.surface, MSG_WHO)->who.csrf;
}

static void seal(const char *name, struct handoff_id handoff)
{
    struct box_public to = {as_people.seal_key, as_people.public_key};
    struct buf plain = BUF_INIT(256);

    buf_free(&sealed);
    buf_init(&sealed, 512);
    buf_put(&plain, ID_SLICE(handoff));
    buf_put_u8(&plain, (uint8_t)strlen(name));
    buf_put_str(&plain, name);
    buf_put(&plain, slice_of("\0\0\7hunter2", 10));
    assert_err(box_seal(&to, buf_slice(&plain), &sealed), ERR_OK);
    buf_free(&plain);
}

struct msg_handoff_submit as_people_form(unsigned person, struct handoff_id handoff)
{
    const struct as_person *a = &as_people.person[person];

    seal(a->name, handoff);
    return (struct msg_handoff_submit){.req = ++as_people.number,
                                       .cookie = a->cookie,
                                       .handoff = handoff,
                                       .csrf = a->csrf,
                                       .verifier = a->verifier,
                                       .key = as_people.seal_key,
                                       .sealed = buf_slice(&sealed)};
}

void as_people_page_denied(uint64_t req, enum denial why)
{
    const struct msg_page_denied *m =
        &as_people_hear(as_people.surface, MSG_PAGE_DENIED)->page_denied;

    assert_int_equal(m->req, req);
    assert_string_equal(denial_name(m->why), denial_name(why));
}

enum handoff_state as_people_view(unsigned person, struct handoff_id handoff)
{
    if (as_people.person[person].cookie == NULL)
        as_people_login(person);
    SAY(as_people.surface, MSG_HANDOFF_GET, handoff_get, .req = ++as_people.number,
        .cookie = as_people.person[person].cookie, .handoff = handoff);
    return as_people_hear(as_people.surface, MSG_HANDOFF_VIEW)->handoff_view.state;
}

void as_people_complete(unsigned person, struct handoff_id handoff)
{
    struct msg_handoff_submit m;

    assert_int_equal(as_people_view(person, handoff), HANDOFF_STATE_OPENED);
    m = as_people_form(person, handoff);
    say(as_people.surface, MSG_HANDOFF_SUBMIT, &m);
    assert_int_equal(as_people_hear(as_people.surface, MSG_HANDOFF_VIEW)->handoff_view.state,
                     HANDOFF_STATE_COMPLETED);
}

void as_people_connect(unsigned key, uint16_t upstream)
{
    struct msg_call_open m = as_people_call(key, upstream);

    as_people_complete(owner[key], as_people_ask(&m)->handoff);
}

int64_t as_people_left(unsigned person, uint16_t upstream, struct connection_id *ret_id)
{
    int64_t left = -1;

    assert_err(as_people_ctl(MSG_CTL_CONNECTION_LIST, &(struct msg_ctl_connection_list){slice_str(
                                                          as_people.person[person].name)}),
               ERR_OK);
    while (unheard(as_people.cli, MSG_CTL_CONNECTION_ROW) > 0) {
        const struct msg_ctl_connection_row *m =
            &hear(as_people.cli, MSG_CTL_CONNECTION_ROW)->ctl_connection_row;

        if (m->upstream != upstream)
            continue;
        left = m->uses_left;
        *ret_id = m->connection;
    }
    return left;
}

int64_t as_people_left_to_ana(uint16_t upstream)
{
    struct connection_id id;

    return as_people_left(ANA, upstream, &id);
}

/* --- the scene -------------------------------------------------------------------------------- */

static void add_people(void)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        const struct as_person *a = &as_people.person[i];

        assert_err(
            as_people_ctl(MSG_CTL_USER_ADD, &(struct msg_ctl_user_add){.name = slice_str(a->name),
                                                                       .salt = slice_of(salt, 16),
                                                                       .ops = 1,
                                                                       .mem = 8192,
                                                                       .verifier = a->verifier}),
            ERR_OK);
    }
    for (unsigned i = 0; i < KEYS; i++) {
        as_people.token[i] = secret_of(tokens[i]);
        assert_err(as_people_ctl(MSG_CTL_KEY_ADD,
                                 &(struct msg_ctl_key_add){
                                     .user_name = slice_str(as_people.person[owner[i]].name),
                                     .label = slice_str(tokens[i]),
                                     .token_hash = hash_sha256(slice_str(tokens[i]))}),
                   ERR_OK);
    }
}

/* Honest egress processes do as they are told, at once. */
static bool drop(UNUSED void *ctx, struct end *e, struct line *l)
{
    if (e->role == ROLE_EGRESS && l->type == MSG_DROP)
        SAY(e, MSG_DROPPED, dropped, 0);
    return false;
}

static void set(struct play *p)
{
    p->listen = drop;
    as_people = (struct as_people){
        .play = p,
        .person = {{.name = "ana", .verifier = secret_of("ana's verifier, of 32 bytes.....")},
                   {.name = "ben", .verifier = secret_of("ben's verifier, of 32 bytes.....")}}};
    as_people_meet();
    add_people();
    as_people_connect(KEY_ANA, WEATHER);
}

/* What the row did has released nothing that it did not take; and a whole call gets its permit. */
static void check(struct play *p)
{
    struct use_id use;

    (void)p; /* it is as_people.play */
    as_people_meet();
    as_people.silent = false;
    assert_err(as_people_ctl(MSG_CTL_AUDIT_HEAD, &(struct msg_ctl_audit_head){0}), ERR_OK);
    as_people_nothing_released();
    use = as_people_use(KEY_ANA, WEATHER);
    SAY(as_people.egress[WEATHER], MSG_DIAL_WANT, dial_want, .use = use, .dial = 1);
    assert_int_equal(as_people_hear(as_people.dialer, MSG_DIAL)->dial.port, 9);
    as_people_result(WEATHER, use, RESULT_ANSWERED);
}

static void clear(void)
{
    buf_free(&sealed);
}

const struct cast cast_people = {ROLE_KEEPER, set, check, clear};
