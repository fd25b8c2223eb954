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
#include "keeper/pages.h"
#include "keeper/revoke.h"
#include "keeper/use.h"
#include "os/log.h"

enum { SUBMIT_DENIED, SUBMIT_TRY, SUBMIT_DONE };

struct submit {
    struct page p; /* comes first */
    uint32_t key;  /* that it was sealed to */
    struct buf sealed;
    struct sec *verifier;
    bool proved;
    struct sec *plain; /* what was in the box */
    uint16_t upstream;
    int outcome;
    enum denial why;
    bool broken; /* the sealed text is not what surface makes of this form */
    uint64_t seq;
    struct connection_id connection, old;
    struct use_plan plan;
    struct use_id use;
    struct keeper_use_end end; /* of the trial */
    struct outbox_wait audited;
};

static void submit_free(struct page *p)
{
    struct submit *s = (struct submit *)p;

    outbox_forget(p->k, &s->audited);
    buf_free(&s->sealed);
    sec_free(s->verifier);
    sec_free(s->plain);
}

static void show(void *ctx)
{
    struct submit *s = ctx;

    page_view(&s->p);
    page_free(s);
}

/* The person is told when it is durable, the audit record included. */
static void finish(struct submit *s)
{
    if (!ID_IS_ZERO(s->old))
        egress_drop(s->p.k, s->upstream, s->old, NULL, NULL);
    handoff_changed(s->p.k, &s->p.row, s->seq);
    outbox_when(s->p.k, s->seq, &s->audited, show, s);
}

/* --- what was typed --------------------------------------------------------------------------- */

static enum err take(void *ctx, struct slice plain)
{
    struct submit *s = ctx;
    const struct page *p = &s->p;
    const struct kind_given given = {&p->s, &p->row, keeper_conf_get(&p->k->conf, s->upstream)};
    enum err e = kind_of(p->row.kind)->take(p->k, &given, plain, &s->connection);

    s->broken = e == ERR_PROTOCOL;
    return e;
}

/* --- inside work ------------------------------------------------------------------------------ */

/* Back to the person, unless that was the last of the tries that count. */
static enum err back(struct submit *s, enum handoff_event event, enum problem problem,
                     enum err code)
{
    bool counts = problem != PROBLEM_UNREACHABLE;
    bool last = counts && kind_tries_left(&s->p.row) <= 1;

    return handoff_move(s->p.k, &s->p.row, last ? HANDOFF_EXHAUST : event,
                        &(struct handoff_change){.problem = last ? PROBLEM_TOO_MANY : problem,
                                                 .tries = counts,
                                                 .code = code},
                        &s->seq);
}

static enum err accept(struct submit *s, bool tested)
{
    struct keeper *k = s->p.k;
    const struct promotion p = {.who = s->p.row.who,
                                .upstream = s->upstream,
                                .id = s->connection,
                                .tested = tested,
                                .request = s->p.row.request};
    enum err e = kind_of(s->p.row.kind)->grant(k, &p, &s->old);

    s->outcome = SUBMIT_DONE;
    return e ? e
             : handoff_move(k, &s->p.row, HANDOFF_ACCEPT,
                            &(struct handoff_change){.tested = tested, .connection = s->connection},
                            &s->seq);
}

/* The trial is a use like any other: a lease of one use, a record, a permit. */
static enum err begin_trial(struct submit *s)
{
    struct keeper *k = s->p.k;
    enum err e = ERR_OK;

    s->outcome = SUBMIT_TRY;
    s->plan = (struct use_plan){.mode = MODE_VERIFY,
                                .who = s->p.row.who,
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
    struct keeper *k = s->p.k;
    uint64_t seq = 0;
    enum err e = sec_with(s->plain, take, s);

    if (!e)
        e = handoff_move(k, &s->p.row, HANDOFF_SUBMIT,
                         &(struct handoff_change){.connection = s->connection}, &seq);
    if (e)
        return e;
    return kind_of(s->p.row.kind)->tried(keeper_conf_get(&k->conf, s->upstream)) ? begin_trial(s)
                                                                                 : accept(s, false);
}

static enum err submit_work(void *ctx)
{
    struct submit *s = ctx;
    enum err e = page_read(&s->p);

    s->outcome = SUBMIT_DENIED;
    s->why = DENIAL_AGAIN;
    s->broken = false;
    s->old = (struct connection_id){{0}};
    if (e)
        return e;
    if (PLANTED(completed_twice) && s->p.row.state == HANDOFF_STATE_COMPLETED)
        s->p.row.state = HANDOFF_STATE_OPENED;
    if (!handoff_is_live(s->p.row.state) || s->p.row.expires <= keeper_now(s->p.k)) {
        s->why = DENIAL_GONE;
        return ERR_GONE;
    }
    if (s->p.row.state !=
        HANDOFF_STATE_OPENED) /* being tried already: another tab, or a second click */
        return ERR_GONE;
    if (!s->proved) {
        s->why = DENIAL_WRONG_PASSWORD;
        return back(s, HANDOFF_WRONG, PROBLEM_WRONG_PASSWORD, ERR_WRONG_PASSWORD);
    }
    return s->plain ? take_values(s) : ERR_AGAIN;
}

/* --- the trial -------------------------------------------------------------------------------- */

static enum err reject(struct submit *s)
{
    enum err e = store_do(s->p.k->store, Q_connection_remove, VALS(V_ID(s->connection)));

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
    enum err e = page_read(&s->p);

    s->old = (struct connection_id){{0}};
    s->seq = 0;
    if (e)
        return e;
    if (s->p.row.state != HANDOFF_STATE_SUBMITTED) { /* cancelled meanwhile */
        s->outcome = SUBMIT_DONE;
        return store_do(s->p.k->store, Q_connection_remove, VALS(V_ID(s->connection)));
    }
    /* Revoked while it was tried: then it is not accepted. */
    if (good && (revoke_is_dead(s->p.k, s->connection) ||
                 connection_usable(s->p.k, s->connection, true) != ERR_OK)) {
        s->end.why = ERR_GONE;
        good = false;
    }
    return good ? accept(s, true) : reject(s);
}

static void trial_done(void *ctx, enum err e)
{
    struct submit *s = ctx;

    log_event(e ? LEVEL_ERROR : LEVEL_INFO, "credential_tried", LOG_ID("handoff", s->p.row.id),
              LOG_STR("upstream", s->p.row.upstream),
              LOG_STR("state", handoff_state_name(s->p.row.state)),
              LOG_STR("problem", problem_name(s->p.row.problem)), LOG_ERR(e ? e : s->end.why));
    if (e)
        page_say(&s->p, e == ERR_NOT_FOUND ? DENIAL_GONE : DENIAL_AGAIN);
    else
        finish(s);
}

static void on_tried(void *owner, UNUSED struct keeper_use *u, const struct keeper_use_end *end)
{
    struct submit *s = owner;

    s->end = *end;
    store_work(s->p.k->store, STORE_NORMAL, trial_work, trial_done, s);
}

static const struct use_events trial_events = {.forgotten = page_free, .ended = on_tried};

/* --- coming in -------------------------------------------------------------------------------- */

static void breach(const struct submit *s)
{
    struct chan *c = peers_chan(&s->p.k->peers, s->p.peer);

    if (c)
        chan_breach(c, BREACH_SEALED_FORM);
}

static void submit_done(void *ctx, enum err e)
{
    struct submit *s = ctx;

    if (s->broken)
        breach(s);
    if (e && e != ERR_GONE && e != ERR_AGAIN)
        log_event(LEVEL_ERROR, "handoff_not_stored", LOG_ID("handoff", s->p.row.id), LOG_ERR(e));
    if (e || s->outcome == SUBMIT_DENIED) {
        if (!e)
            handoff_changed(s->p.k, &s->p.row, s->seq);
        page_say(&s->p, s->why);
        return;
    }
    sec_free(s->plain);
    s->plain = NULL;
    if (s->outcome == SUBMIT_DONE) {
        finish(s);
        return;
    }
    handoff_changed(s->p.k, &s->p.row, 0);
    USE_START(s->p.k, .id = s->use, .seq = s->seq, .plan = &s->plan, .events = &trial_events,
              .owner = s);
}

/* What this form was sealed with. NULL: for an earlier life of this process; the person types it
 * again. */
static struct sec *open_form(const struct submit *s, bool *ret_broken)
{
    const struct keeper *k = s->p.k;
    struct sec *plain = NULL;

    *ret_broken = false;
    if (s->key != k->box.id)
        return NULL;
    *ret_broken = open_box(k->box_key, &k->box, buf_slice(&s->sealed), &plain) != ERR_OK;
    return plain;
}

static enum denial refuse_early(struct submit *s)
{
    struct keeper *k = s->p.k;

    if (s->p.e)
        return DENIAL_NOT_YOURS;
    if (!ID_EQ(s->p.row.who.user, s->p.s.user.id) && !PLANTED(anyone_completes)) {
        page_wrong_person(&s->p);
        return DENIAL_NOT_YOURS;
    }
    if (!keeper_conf_index(&k->conf, slice_str(s->p.row.upstream), &s->upstream))
        return DENIAL_GONE;
    if (outbox_ready(k) != ERR_OK || sec_room(s->verifier) != ERR_OK)
        return DENIAL_AGAIN;
    if (!session_may_prove(k, s->p.s.user.id))
        return DENIAL_RATE;
    return DENIAL_COUNT;
}

static void found(struct page *p)
{
    struct submit *s = (struct submit *)p;
    enum denial why = refuse_early(s);
    bool broken = false;

    if (why != DENIAL_COUNT) {
        page_say(p, why);
        return;
    }
    s->proved = kind_of(p->row.kind)->proves(&p->s.user, s->verifier);
    sec_free(s->verifier);
    s->verifier = NULL;
    if (s->proved)
        s->plain = open_form(s, &broken);
    if (broken) { /* surface has our key and seals nothing else */
        breach(s);
        page_free(p);
        return;
    }
    s->plan.revocations = p->k->revocations;
    store_work(p->k->store, STORE_NORMAL, submit_work, submit_done, s);
}

void keeper_on_handoff_submit(struct keeper *k, struct chan *c, const struct msg_handoff_submit *m)
{
    struct submit *s = MEM_NEW(struct submit);

    *s = (struct submit){.p = {.req = m->req,
                               .changes = true,
                               .csrf = m->csrf,
                               .row.id = m->handoff,
                               .read = page_read,
                               .then = found,
                               .free = submit_free},
                         .key = m->key,
                         .sealed = BUF_INIT(m->sealed.n),
                         .verifier = m->verifier ? sec_clone(m->verifier) : NULL};
    buf_put(&s->sealed, m->sealed);
    page_look(&s->p, k, c, m->cookie);
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
