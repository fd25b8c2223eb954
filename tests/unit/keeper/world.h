/*
 * Ann and Bob, each with an agent key: what most tests of the keeper begin with, and what is said
 * and heard in many of them.
 */
#ifndef SG_KEEPER_WORLD_H
#define SG_KEEPER_WORLD_H

#include "rig.h"

enum { HOUR_MS = 3600000 };

struct world {
    struct rig *r;
    struct sec *ann, *bob; /* agent tokens; of who is not there NULL */
    struct sec *other;     /* of a second key of ann's, if the test has one */
};

/* For cmocka. Ann alone; or both. */
static inline int world_setup_ann(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    rig_setup((void **)&w->r);
    rig_add_user(w->r, "ann", "ann's password");
    rig_add_key(w->r, "ann", "laptop", "ann-token");
    w->ann = rig_sec("ann-token");
    *state = w;
    return 0;
}

static inline int world_setup(void **state)
{
    struct world *w = NULL;

    world_setup_ann(state);
    w = *state;
    rig_add_user(w->r, "bob", "bob's password");
    rig_add_key(w->r, "bob", "desk", "bob-token");
    w->bob = rig_sec("bob-token");
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *w = *state;

    sec_free(w->ann);
    sec_free(w->bob);
    sec_free(w->other);
    rig_teardown((void **)&w->r);
    free(w);
    return 0;
}

/* Ann has one more agent key. */
static inline void other_key(struct world *w)
{
    rig_add_key(w->r, "ann", "phone", "other-token");
    w->other = rig_sec("other-token");
}

/* Its gateway gave that use to egress, or (zero) none. */
static inline void gone_sent(struct world *w, uint64_t call, struct use_id use)
{
    assert_err(send_call_gone(w->r->gateway->own, &(struct msg_call_gone){call, use}), ERR_OK);
}

static inline void gone(struct world *w, uint64_t call)
{
    gone_sent(w, call, (struct use_id){{0}});
}

static inline void denied(struct world *w, uint64_t call, enum err code)
{
    struct msg_call_deny *d = &rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny;

    assert_int_equal(d->call, call);
    assert_string_equal(err_name(d->code), err_name(code));
}

static inline void neutral(struct world *w, uint64_t call, enum ending ending)
{
    struct msg_call_neutral *n = &rig_take(w->r->gateway, MSG_CALL_NEUTRAL)->call_neutral;

    assert_int_equal(n->call, call);
    assert_string_equal(ending_name(n->ending), ending_name(ending));
}

static inline void connect_ann(struct world *w)
{
    rig_connect(w->r, UP_KEY, "ann", "ann's password", "ann-token", "sk-ann");
}

/* Takes the permit on both sides. */
static inline struct use_id permitted(struct world *w, uint64_t call, bool anonymous)
{
    struct msg_permit *p = &rig_take(w->r->egress, MSG_PERMIT)->permit;
    struct msg_call_permit *c = &rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit;

    assert_int_equal(c->call, call);
    assert_int_equal(p->call, call);
    assert_true(ID_EQ(p->use, c->use));
    assert_int_equal(c->anonymous, anonymous);
    assert_int_equal(p->credential != NULL && sec_len(p->credential) > 0, !anonymous);
    return p->use;
}

/* Opens call 1 and keeps the requestState it gets. */
static inline struct handoff_id ask(struct world *w, struct buf *state)
{
    struct msg_call_open o = rig_call(1, w->ann);
    struct msg_call_handoff *h = NULL;

    rig_say_call(w->r, &o);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    buf_clear(state);
    buf_put(state, h->state);
    gone(w, 1);
    return h->handoff;
}

static inline struct msg_call_open retry(struct world *w, uint64_t number, const struct buf *state)
{
    struct msg_call_open o = rig_call(number, w->ann);

    o.state = buf_slice(state);
    o.answer = ANSWER_ACCEPT;
    return o;
}

static inline void complete(struct world *w, struct handoff_id id, const char *value)
{
    struct rig_form f = {
        .cookie_of = "ann", .password = "ann's password", .handoff = id, .values = {value}};

    rig_open_form(w->r, &f);
    rig_post_form(w->r, &f);
    assert_int_equal(rig_take(w->r->surface, MSG_HANDOFF_VIEW)->handoff_view.state,
                     HANDOFF_STATE_COMPLETED);
    rig_close_form(&f);
}

/* Opens that call, whose answer asks for input; its use is over. */
static inline void ask_upstream(struct world *w, struct msg_call_open o, const char *theirs,
                                struct buf *st)
{
    struct use_id use;

    rig_say_call(w->r, &o);
    use = permitted(w, o.call, false);
    rig_seal(w->r->egress, use, theirs, st);
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    gone(w, o.call);
}

/* The permit of a continuation, with the upstream's state, or NULL. */
static inline struct use_id continued(struct world *w, uint64_t call, const char *theirs)
{
    struct msg_permit *p = &rig_take(w->r->egress, MSG_PERMIT)->permit;

    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit.call, call);
    assert_int_equal(p->call, call);
    assert_int_equal(p->has_state, theirs != NULL);
    assert_true(slice_eq_str(p->state, theirs ? theirs : ""));
    return p->use;
}

static inline void use_lease(struct world *w, enum lease_kind kind, uint32_t uses, uint64_t ms)
{
    w->r->k->conf.upstreams[UP_KEY].lease = kind;
    w->r->k->conf.upstreams[UP_KEY].lease_uses = uses;
    w->r->k->conf.upstreams[UP_KEY].lease_ms = ms;
}

/* How many uses stand in the store as running. */
static inline size_t running(struct world *w)
{
    struct buf uses = rig_rows(w->r, Q_use_all);
    size_t n = uses.n / sizeof(struct use_row);

    buf_free(&uses);
    return n;
}

/* The credential of that use is refused; the person gives another one. st: of the handoff. */
static inline void refuse_and_give(struct world *w, uint64_t call, struct use_id use,
                                   struct buf *st)
{
    struct msg_call_handoff *h = NULL;

    rig_result(w->r->egress, use, RESULT_ANSWERED, true);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    buf_clear(st);
    buf_put(st, h->state);
    gone(w, call);
    complete(w, h->handoff, "sk-new");
    (void)rig_take(w->r->egress, MSG_DROP); /* what the old one had */
}

static inline void revoke_all(struct world *w)
{
    assert_err(send_ctl_revoke(w->r->cli->own, &(struct msg_ctl_revoke){.scope = CTL_SCOPE_ALL}),
               ERR_OK);
}

static inline void say_call(struct world *w, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->ann);

    rig_say_call(w->r, &o);
}

/* Of a call, as egress has it; the gateway has its own. */
static inline struct msg_permit *permit_of(struct world *w, uint64_t number)
{
    struct msg_permit *p = &rig_take(w->r->egress, MSG_PERMIT)->permit;

    assert_int_equal(p->call, number);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit.call, number);
    return p;
}

#endif
