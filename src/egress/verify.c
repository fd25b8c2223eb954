/*
 * Trying a new credential: one request of a configured, idempotent method, to see whether the
 * upstream takes it. Egress runs it.
 */
#include "egress/verify.h"

#include "egress/open.h"
#include "egress/own.h"
#include "egress/rule.h"
#include "egress/screening.h"
#include "egress/snapshot.h"

/* What some statuses say of a trial, beside the configured rules: a version or a method that the
 * server does not know (2026-07-28 basic/versioning), or a credential that is forbidden, which is
 * not the right one either. Any other is about the credential, or the server. */
static const struct trial {
    unsigned status;
    bool other_era, refused;
} trials[] = {
    {.status = 400, .other_era = true},
    {.status = 403, .refused = true},
    {.status = 404, .other_era = true},
};

static struct trial trial_of(unsigned status)
{
    for (size_t i = 0; i < ARRAY_LEN(trials); i++)
        if (trials[i].status == status)
            return trials[i];
    return (struct trial){0};
}

/* A list that was asked for to try the credential is the first that its agent can be given: a lease
 * for one request lets no list through. */
static enum err on_message(struct use *u, const struct json *j, const struct jsonrpc *m, bool final)
{
    struct buf message = BUF_INIT(2 * limit_get(SET_BODY_BYTES) + LIM_PART_BYTES);

    if (!final)
        return ERR_OK; /* nobody to give it to */
    if (rule_refuses(&u->all->conf, j, m))
        return ERR_UPSTREAM_REFUSED;
    u->trouble = m->kind == JSONRPC_RESULT ? ERR_OK : ERR_UPSTREAM_ANSWER;
    if (u->trouble == ERR_OK && screening_message(u, j, &message) == ERR_OK)
        snapshot_of_answer(u, buf_slice(&message));
    buf_free(&message);
    return ERR_OK;
}

static bool goes_on(struct use *u, const struct transport_end *m)
{
    if (!own_may_be_legacy(u, m) || !trial_of(m->status).other_era)
        return false;
    own_try_legacy(u);
    return true;
}

static void on_end(struct use *u, const struct transport_end *m)
{
    struct transport_end e = *m;

    u->status = m->status;
    if (e.how == TRANSPORT_STATUS && trial_of(e.status).refused)
        e.how = TRANSPORT_REFUSED;
    if (e.how == TRANSPORT_DONE && u->trouble != ERR_OK && goes_on(u, m))
        return; /* the status came with a JSON-RPC error */
    if (e.how == TRANSPORT_DONE)
        use_answered(u, u->trouble);
    else
        use_failed(u, &e);
}

/* Of a legacy server initialize has been tried by opening the session. */
static void send(struct use *u)
{
    static const struct transport_events events = {
        .leaves = own_leaves, .message = on_message, .end = on_end};
    struct slice method = buf_slice(&u->all->conf.verify_method);

    if (u->era == ERA_LEGACY && slice_eq_str(method, "initialize")) {
        use_answered(u, ERR_OK);
        return;
    }
    snapshot_expect_method(u, method);
    own_post(u, method, SLICE_EMPTY, &events);
}

enum err verify_take(struct use *u, UNUSED uint64_t number)
{
    own_take(u);
    return u->all->conf.verify_method.n > 0 ? ERR_OK : ERR_CONFIG;
}

const struct use_ops verify_ops = {
    .own = true, .send = send, .goes_on = goes_on, .left = open_leave};
