/*
 * A handoff's form comes in: proof, box, values, trial. Run by the keeper. Surface saw the values
 * and is believed about nothing else: who it is was proved inside this handoff, and the sealed text
 * itself says for which handoff and whom it was typed. ARCHITECTURE, "One handoff, step by step" 3
 * to 5.
 */
#include "keeper/submit.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/open.h"
#include "ipc/gen/keeper.h"
#include "keeper/egress.h"
#include "keeper/kind.h"
#include "keeper/outbox.h"
#include "keeper/page_say.h"
#include "keeper/pages.h"
#include "keeper/revoke.h"
#include "keeper/use.h"
#include "os/log.h"

enum { SUBMIT_DENIED, SUBMIT_TRY, SUBMIT_DONE };

struct submit {
    struct keeper *k;
    uint64_t peer, req;
    struct session s;
    bool proved;
    struct sec *plain; /* what was in the box */
    struct handoff_row row;
    uint16_t upstream;
    int outcome;
    enum denial why;
    bool broken; /* the sealed text is not what surface makes of this form */
    uint64_t seq;
    struct connection_id connection, old;
    struct use_plan plan;
    struct use_id use;
    struct use_end end; /* of the trial */
    struct outbox_wait audited;
};

static void submit_free(void *ctx)
{
    struct submit *s = ctx;

    outbox_forget(s->k, &s->audited);
    sec_free(s->plain);
    mem_free(s);
}

static void show(void *ctx)
{
    struct submit *s = ctx;

    page_view(s->k, s->peer, s->req, &s->s, &s->row);
    submit_free(s);
}

/* The person is told when it is durable, the audit record included. */
static void finish(struct submit *s)
{
    if (!ID_IS_ZERO(s->old))
        egress_drop(s->k, s->upstream, s->old, NULL, NULL);
    handoff_changed(s->k, &s->row, s->seq);
    outbox_when(s->k, s->seq, &s->audited, show, s);
}

static void deny(struct submit *s, enum denial why)
{
    page_end(s->k, s->peer, s->req, why);
    submit_free(s);
}

/* --- what was typed --------------------------------------------------------------------------- */

static enum err take(void *ctx, struct slice plain)
{
    struct submit *s = ctx;
    const struct kind_given given = {&s->s, &s->row, conf_get(&s->k->conf, s->upstream)};
    enum err e = kind_of(s->row.kind)->take(s->k, &given, plain, &s->connection);

    s->broken = e == ERR_PROTOCOL;
    return e;
}

/* --- inside work ------------------------------------------------------------------------------ */

/* Back to the person, unless that was the last of the tries that count. */
static enum err back(struct submit *s, enum handoff_event event, enum problem problem,
                     enum err code)
{
    bool counts = problem != PROBLEM_UNREACHABLE;
    bool last = counts && kind_tries_left(&s->row) <= 1;

    return handoff_move(s->k, &s->row, last ? HANDOFF_EXHAUST : event,
                        &(struct handoff_change){.problem = last ? PROBLEM_TOO_MANY : problem,
                                                 .tries = counts,
                                                 .code = code},
                        &s->seq);
}

static enum err wrong_proof(struct submit *s)
{
    s->why = DENIAL_WRONG_PASSWORD;
    return back(s, HANDOFF_WRONG, PROBLEM_WRONG_PASSWORD, ERR_WRONG_PASSWORD);
}

static enum err accept(struct submit *s, bool tested)
{
    struct keeper *k = s->k;
    const struct promotion p = {.who = s->row.who,
                                .upstream = s->upstream,
                                .id = s->connection,
                                .tested = tested,
                                .request = s->row.request};
    enum err e = kind_of(s->row.kind)->grant(k, &p, &s->old);

    s->outcome = SUBMIT_DONE;
    return e ? e
             : handoff_move(k, &s->row, HANDOFF_ACCEPT,
                            &(struct handoff_change){.tested = tested, .connection = s->connection},
                            &s->seq);
}

/* The trial is a use like any other: a lease of one use, a record, a permit. */
static enum err begin_trial(struct submit *s)
{
    struct keeper *k = s->k;
    enum err e = ERR_OK;

    s->outcome = SUBMIT_TRY;
    s->plan = (struct use_plan){.mode = MODE_VERIFY,
                                .who = s->row.who,
                                .upstream = s->upstream,
                                .connection = s->connection,
                                .until = LEASE_FOR_EVER,
                                .take = true,
                                .revocations = s->plan.revocations};
    e = lease_grant(k, s->connection, &(struct lease_now){.kind = LEASE_KIND_ONCE, .uses_left = 1},
                    &s->plan.lease);
    return e ? e : use_reserve(k, &s->plan, &s->use, &s->seq);
}

static enum err take_values(struct submit *s)
{
    struct keeper *k = s->k;
    uint64_t seq = 0;
    enum err e = sec_with(s->plain, take, s);

    if (!e)
        e = handoff_move(k, &s->row, HANDOFF_SUBMIT,
                         &(struct handoff_change){.connection = s->connection}, &seq);
    if (e)
        return e;
    return kind_of(s->row.kind)->tried(conf_get(&k->conf, s->upstream)) ? begin_trial(s)
                                                                        : accept(s, false);
}

static enum err submit_work(void *ctx)
{
    struct submit *s = ctx;
    enum err e = handoff_read(s->k, s->row.id, &s->row);

    s->outcome = SUBMIT_DENIED;
    s->why = DENIAL_AGAIN;
    s->broken = false;
    s->old = (struct connection_id){{0}};
    if (e)
        return e;
    if (PLANTED(completed_twice) && s->row.state == HANDOFF_STATE_COMPLETED)
        s->row.state = HANDOFF_STATE_OPENED;
    if (!handoff_is_live(s->row.state) || s->row.expires <= keeper_now(s->k)) {
        s->why = DENIAL_GONE;
        return ERR_GONE;
    }
    if (s->row.state !=
        HANDOFF_STATE_OPENED) /* being tried already: another tab, or a second click */
        return ERR_GONE;
    if (!s->proved)
        return wrong_proof(s);
    return s->plain ? take_values(s) : ERR_AGAIN;
}

/* --- the trial -------------------------------------------------------------------------------- */

static enum err reject(struct submit *s)
{
    enum err e = store_do(s->k->store, Q_connection_remove, VALS(V_ID(s->connection)));

    s->outcome = SUBMIT_DONE;
    if (e)
        return e;
    return s->end.result == RESULT_ANSWERED && s->end.refused
               ? back(s, HANDOFF_REJECT, PROBLEM_REFUSED, ERR_UPSTREAM_REFUSED)
               : back(s, HANDOFF_REJECT, PROBLEM_UNREACHABLE, s->end.why);
}

static enum err trial_work(void *ctx)
{
    struct submit *s = ctx;
    bool good = s->end.result == RESULT_ANSWERED && !s->end.refused && s->end.why == ERR_OK;
    enum err e = handoff_read(s->k, s->row.id, &s->row);

    s->old = (struct connection_id){{0}};
    s->seq = 0;
    if (e)
        return e;
    if (s->row.state != HANDOFF_STATE_SUBMITTED) { /* cancelled meanwhile */
        s->outcome = SUBMIT_DONE;
        return store_do(s->k->store, Q_connection_remove, VALS(V_ID(s->connection)));
    }
    /* Revoked while it was tried: then it is not accepted. */
    if (good && (revoke_is_dead(s->k, s->connection) ||
                 connection_usable(s->k, s->connection, true) != ERR_OK)) {
        s->end.why = ERR_GONE;
        good = false;
    }
    return good ? accept(s, true) : reject(s);
}

static void trial_done(void *ctx, enum err e)
{
    struct submit *s = ctx;

    log_event(e ? LOG_ERROR : LOG_INFO, "credential_tried", LOG_ID("handoff", s->row.id),
              LOG_STR("upstream", s->row.upstream),
              LOG_STR("state", handoff_state_name(s->row.state)),
              LOG_STR("problem", problem_name(s->row.problem)), LOG_ERR(e ? e : s->end.why));
    if (e)
        deny(s, e == ERR_NOT_FOUND ? DENIAL_GONE : DENIAL_AGAIN);
    else
        finish(s);
}

static void on_tried(void *owner, struct use *u, const struct use_end *end)
{
    struct submit *s = owner;

    (void)u;
    s->end = *end;
    store_work(s->k->store, STORE_NORMAL, trial_work, trial_done, s);
}

static const struct use_events trial_events = {.forgotten = submit_free, .ended = on_tried};

/* --- coming in -------------------------------------------------------------------------------- */

static void submit_done(void *ctx, enum err e)
{
    struct submit *s = ctx;
    struct chan *c = peers_chan(&s->k->peers, s->peer);

    if (s->broken && c)
        chan_breach(c, BREACH_SEALED_FORM);
    if (e && e != ERR_GONE && e != ERR_AGAIN)
        log_event(LOG_ERROR, "handoff_not_stored", LOG_ID("handoff", s->row.id), LOG_ERR(e));
    if (e || s->outcome == SUBMIT_DENIED) {
        if (!e)
            handoff_changed(s->k, &s->row, s->seq);
        deny(s, s->why);
        return;
    }
    sec_free(s->plain);
    s->plain = NULL;
    if (s->outcome == SUBMIT_DONE) {
        finish(s);
        return;
    }
    handoff_changed(s->k, &s->row, 0);
    use_start(
        s->k,
        &(struct use_start){
            .id = s->use, .seq = s->seq, .plan = &s->plan, .events = &trial_events, .owner = s});
}

/* What this form was sealed with. NULL: for an earlier life of this process; the person types it
 * again. */
static struct sec *open_form(struct keeper *k, const struct msg_handoff_submit *m, bool *ret_broken)
{
    struct sec *plain = NULL;

    *ret_broken = false;
    if (m->key != k->box.id)
        return NULL;
    *ret_broken = open_box(k->box_key, &k->box, m->sealed, &plain) != ERR_OK;
    return plain;
}

static enum denial refuse_early(struct keeper *k, const struct msg_handoff_submit *m,
                                struct submit *s)
{
    enum err e = session_find_for_change(k, m->cookie, m->csrf, &s->s);

    if (e)
        return page_why(e);
    e = handoff_read(k, m->handoff, &s->row);
    if (e)
        return DENIAL_NOT_YOURS;
    if (!ID_EQ(s->row.who.user, s->s.user.id) && !PLANTED(anyone_completes)) {
        page_wrong_person(k, &s->s, &s->row);
        return DENIAL_NOT_YOURS;
    }
    if (!conf_index(&k->conf, slice_str(s->row.upstream), &s->upstream))
        return DENIAL_GONE;
    if (outbox_ready(k) != ERR_OK)
        return DENIAL_AGAIN;
    if (!session_may_prove(k, s->s.user.id))
        return DENIAL_RATE;
    return DENIAL_COUNT;
}

void keeper_on_handoff_submit(struct keeper *k, struct chan *c, const struct msg_handoff_submit *m)
{
    struct submit *s = MEM_NEW(struct submit);
    enum denial why = DENIAL_COUNT;
    bool broken = false;

    s->k = k;
    s->peer = peer_of(c)->serial;
    s->req = m->req;
    why = refuse_early(k, m, s);
    if (why != DENIAL_COUNT) {
        deny(s, why);
        return;
    }
    s->proved = kind_of(s->row.kind)->proves(&s->s.user, m->verifier);
    if (s->proved)
        s->plain = open_form(k, m, &broken);
    if (broken) { /* surface has our key and seals nothing else */
        chan_breach(c, BREACH_SEALED_FORM);
        submit_free(s);
        return;
    }
    s->plan.revocations = k->revocations;
    store_work(k->store, STORE_NORMAL, submit_work, submit_done, s);
}

/* --- the start -------------------------------------------------------------------------------- */

enum err submit_recover(struct keeper *k)
{
    static const struct handoff_change untested = {.problem = PROBLEM_UNREACHABLE,
                                                   .code = ERR_UPSTREAM_UNKNOWN};
    const struct handoff_which submitted = {STORE_GIVES(handoff_id_row, Q_handoff_submitted),
                                            VALS(), HANDOFF_REJECT};
    struct handoff_moved *moved = NULL; /* nobody waits yet */
    enum err e = store_do(k->store, Q_connection_remove_pending, VALS());

    if (!e)
        e = handoff_move_all(k, &submitted, &untested, &moved);
    handoff_moved_free(&moved);
    return e;
}
