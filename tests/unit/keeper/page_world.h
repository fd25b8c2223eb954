/* A person, her agent key and a handoff that waits for her: what the tests of pages and forms begin
 * with. */
#ifndef SG_KEEPER_PAGE_WORLD_H
#define SG_KEEPER_PAGE_WORLD_H

#include "rig.h"

struct world {
    struct rig *r;
    struct sec *token;         /* ann's */
    struct fake *tried;        /* egress of UP_TRIED */
    struct handoff_id handoff; /* ann's, open */
    struct rig_form f;
};

/* For cmocka. */
static inline int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    rig_setup((void **)&w->r);
    rig_add_user(w->r, "ann", "ann's password");
    rig_add_user(w->r, "bob", "bob's password");
    rig_add_key(w->r, "ann", "laptop", "ann-token");
    w->token = rig_sec("ann-token");
    w->tried = rig_peer(w->r, ROLE_EGRESS, 2, 16, UP_TRIED);
    *state = w;
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *w = *state;

    rig_close_form(&w->f);
    sec_free(w->token);
    rig_teardown((void **)&w->r);
    free(w);
    return 0;
}

/* Opens a handoff for ann and its page. */
static inline void open_page(struct world *w, uint16_t upstream, const char *value)
{
    struct msg_call_open o = rig_call(1, w->token);

    o.upstream = upstream;
    rig_say_call(w->r, &o);
    w->handoff = rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.handoff;
    assert_err(send_call_gone(w->r->gateway->own, &(struct msg_call_gone){.call = 1}), ERR_OK);
    w->f = (struct rig_form){.cookie_of = "ann",
                             .password = "ann's password",
                             .handoff = w->handoff,
                             .values = {value, upstream == UP_TWO ? value : NULL}};
    rig_open_form(w->r, &w->f);
}

static inline void denied(struct world *w, enum denial why)
{
    struct msg_page_denied *d = &rig_take(w->r->surface, MSG_PAGE_DENIED)->page_denied;

    assert_string_equal(denial_name(d->why), denial_name(why));
}

static inline struct msg_handoff_view *view(struct world *w, enum handoff_state state,
                                            enum problem problem)
{
    struct msg_handoff_view *v = &rig_take(w->r->surface, MSG_HANDOFF_VIEW)->handoff_view;

    assert_string_equal(handoff_state_name(v->state), handoff_state_name(state));
    assert_string_equal(problem_name(v->problem), problem_name(problem));
    return v;
}

static inline void get(struct world *w, const struct sec *cookie)
{
    assert_err(send_handoff_get(w->r->surface->own,
                                &(struct msg_handoff_get){.req = 7,
                                                          .cookie = (struct sec *)(uintptr_t)cookie,
                                                          .handoff = w->handoff}),
               ERR_OK);
}

/* Ann's call on that upstream: whether it needs a person. */
static inline bool asks(struct world *w, uint16_t upstream, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->token);
    struct said *s = NULL;

    o.upstream = upstream;
    rig_say_call(w->r, &o);
    rig_settle(w->r);
    s = TAILQ_FIRST(&w->r->gateway->said);
    assert_non_null(s);
    return s->type == MSG_CALL_HANDOFF;
}

static inline void login_from(struct world *w, struct digest browser, const char *name,
                              const char *password)
{
    struct sec *v = rig_verifier(password);

    assert_err(send_login(w->r->surface->own, &(struct msg_login){.req = 1,
                                                                  .name = slice_str(name),
                                                                  .browser = browser,
                                                                  .verifier = v}),
               ERR_OK);
    sec_free(v);
}

static inline void login(struct world *w, const char *name, const char *password)
{
    login_from(w, (struct digest){{0}}, name, password);
}

#endif
