/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to function. */
#include "ipc/gen/gateway.h"

bool gateway_dispatch(void *ctx, UNUSED struct chan *c, enum msg type, union msg_any *m, UNUSED int fd)
{
    switch (type) {
    case MSG_CONF_SITE: gateway_on_conf_site(gateway_conf(ctx), &m->conf_site); return true;
    case MSG_CONF_HOST: gateway_on_conf_host(gateway_conf(ctx), &m->conf_host); return true;
    case MSG_CONF_ORIGIN: gateway_on_conf_origin(gateway_conf(ctx), &m->conf_origin); return true;
    case MSG_CONF_UPSTREAM: gateway_on_conf_upstream(gateway_conf(ctx), &m->conf_upstream); return true;
    case MSG_TOKEN_KNOWN: gateway_on_token_known(ctx, &m->token_known); return true;
    case MSG_TOKEN_GONE: gateway_on_token_gone(ctx, &m->token_gone); return true;
    case MSG_CALL_PERMIT: gateway_on_call_permit(ctx, &m->call_permit); return true;
    case MSG_CALL_OWN: gateway_on_call_own(ctx, &m->call_own); return true;
    case MSG_CALL_HANDOFF: gateway_on_call_handoff(ctx, &m->call_handoff); return true;
    case MSG_CALL_HOLD: gateway_on_call_hold(ctx, &m->call_hold); return true;
    case MSG_CALL_NEUTRAL: gateway_on_call_neutral(ctx, &m->call_neutral); return true;
    case MSG_CALL_STORED: gateway_on_call_stored(ctx, &m->call_stored); return true;
    case MSG_CALL_DENY: gateway_on_call_deny(ctx, &m->call_deny); return true;
    case MSG_HANDOFF_SIGNAL: gateway_on_handoff_signal(ctx, &m->handoff_signal); return true;
    case MSG_SNAPSHOT_PART: gateway_on_snapshot_part(ctx, &m->snapshot_part); return true;
    case MSG_ANSWER_HEAD: gateway_on_answer_head(ctx, c, &m->answer_head); return true;
    case MSG_ANSWER_PART: gateway_on_answer_part(ctx, c, &m->answer_part); return true;
    case MSG_ANSWER_END: gateway_on_answer_end(ctx, c, &m->answer_end); return true;
    default: return false;
    }
}
