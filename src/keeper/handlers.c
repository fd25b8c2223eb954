/* Which message is whose: one line each. The channel has checked that this peer's role may send it
 * now. */
#include "keeper/handlers.h"

#include "ipc/gen/keeper.h"
#include "keeper/auth.h"
#include "keeper/call_open.h"
#include "keeper/ctl.h"
#include "keeper/dial.h"
#include "keeper/egress.h"
#include "keeper/handoff.h"
#include "keeper/outbox.h"
#include "keeper/pages.h"
#include "keeper/refuse.h"
#include "keeper/remove.h"
#include "keeper/session.h"
#include "keeper/snapshot.h"
#include "keeper/state.h"
#include "keeper/submit.h"
#include "keeper/use.h"

/* A message that some file handles with the keeper, the channel and the message. */
#define ON(name, function)                                                                         \
    static void on_##name(void *ctx, struct chan *c, struct msg_##name *m)                         \
    {                                                                                              \
        function(ctx, c, m);                                                                       \
    }

ON(token_check, auth_on_token_check)
ON(call_open, call_on_open)
ON(call_answer, call_on_answer)
ON(call_gone, call_on_gone)
ON(snapshot_get, snapshot_on_get)
ON(state_seal, state_on_seal)
ON(use_result, use_on_result)
ON(use_hits, use_on_hits)
ON(refuse_want, refuse_on_want)
ON(snapshot_put, snapshot_on_put)
ON(dropped, egress_on_dropped)
ON(dial_want, dial_on_want)
ON(login_start, session_on_login_start)
ON(login, session_on_login)
ON(logout, page_on_logout)
ON(who_get, session_on_who_get)
ON(handoff_get, page_on_handoff_get)
ON(handoff_submit, submit_on_handoff_submit)
ON(handoff_decline, page_on_handoff_decline)
ON(inbox_get, page_on_inbox_get)
ON(inbox_watch, page_on_inbox_watch)
ON(watch_end, page_on_watch_end)
ON(connections_get, page_on_connections_get)
ON(connection_revoke, page_on_connection_revoke)
ON(ctl_user_add, ctl_on_user_add)
ON(ctl_user_password, ctl_on_user_password)
ON(ctl_user_remove, remove_on_user_remove)
ON(ctl_user_list, ctl_on_user_list)
ON(ctl_key_add, ctl_on_key_add)
ON(ctl_key_remove, remove_on_key_remove)
ON(ctl_key_list, ctl_on_key_list)
ON(ctl_connection_list, ctl_on_connection_list)
ON(ctl_revoke, ctl_on_revoke)
ON(ctl_upstream_list, ctl_on_upstream_list)
ON(ctl_upstream_probe, ctl_on_upstream_probe)
ON(ctl_audit_head, ctl_on_audit_head)
ON(ctl_audit_recheck, ctl_on_audit_recheck)
ON(audit_state, outbox_on_state)
ON(audit_ack, outbox_on_ack)
ON(audit_refused, outbox_on_refused)

/* The rest does not need all three. */

static void on_conf_upstream(void *ctx, struct chan *c, struct msg_conf_upstream *m)
{
    struct keeper *k = ctx;

    (void)c;
    conf_add_upstream(&k->conf, m);
}

static void on_conf_endpoint(void *ctx, struct chan *c, struct msg_conf_endpoint *m)
{
    struct keeper *k = ctx;

    (void)c;
    conf_add_endpoint(&k->conf, m);
}

static void on_conf_field(void *ctx, struct chan *c, struct msg_conf_field *m)
{
    struct keeper *k = ctx;

    (void)c;
    conf_add_field(&k->conf, m);
}

static void on_egress_failed(void *ctx, struct chan *c, struct msg_egress_failed *m)
{
    (void)c;
    egress_on_failed(ctx, m);
}

static void on_session_gone(void *ctx, struct chan *c, struct msg_session_gone *m)
{
    handoff_session_gone(ctx, peer_of(c)->serial, m->session);
}

bool keeper_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    static const struct keeper_handlers handlers = KEEPER_HANDLERS(on_);

    return keeper_dispatch(&handlers, ctx, c, type, m, fd);
}
