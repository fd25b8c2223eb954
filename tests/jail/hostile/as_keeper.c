/* The keeper on an empty store, with its audit log and a gateway. */
#include "cast.h"

static struct end *audit, *gateway;

static void meet(struct play *p)
{
    play_turn(p, 0);
    if (audit == NULL || audit->over) {
        audit = play_peer(p, ROLE_AUDIT, HONEST);
        SAY(audit, MSG_AUDIT_STATE, audit_state, .seq = 0);
    }
    if (gateway == NULL || gateway->over)
        gateway = play_peer(p, ROLE_GATEWAY, HONEST);
}

static void set(struct play *p)
{
    audit = gateway = NULL;
    meet(p);
}

/* A token of nobody opens nothing. */
static void check(struct play *p)
{
    static uint64_t call;
    struct msg_call_open m = {
        .call = ++call, .token = secret_of("sgk_of_nobody"), .method = SLICE_LIT("tools/call")};
    const struct msg_call_deny *deny;

    meet(p);
    say(gateway, MSG_CALL_OPEN, &m);
    deny = &hear(gateway, MSG_CALL_DENY)->call_deny;
    assert_int_equal(deny->call, m.call);
    assert_err(deny->code, ERR_UNAUTHENTICATED);
}

static void clear(void)
{
}

const struct cast cast_keeper = {ROLE_KEEPER, set, check, clear};
