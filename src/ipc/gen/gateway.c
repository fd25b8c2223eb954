/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to handler. */
#include "ipc/gen/gateway.h"

bool gateway_dispatch(const struct gateway_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd)
{
    switch (type) {
    case MSG_CONF_SITE: h->conf_site(ctx, c, &m->conf_site); return true;
    case MSG_CONF_HOST: h->conf_host(ctx, c, &m->conf_host); return true;
    case MSG_CONF_ORIGIN: h->conf_origin(ctx, c, &m->conf_origin); return true;
    case MSG_CONF_UPSTREAM: h->conf_upstream(ctx, c, &m->conf_upstream); return true;
    case MSG_TOKEN_KNOWN: h->token_known(ctx, c, &m->token_known); return true;
    case MSG_TOKEN_GONE: h->token_gone(ctx, c, &m->token_gone); return true;
    case MSG_CALL_PERMIT: h->call_permit(ctx, c, &m->call_permit); return true;
    case MSG_CALL_OWN: h->call_own(ctx, c, &m->call_own); return true;
    case MSG_CALL_HANDOFF: h->call_handoff(ctx, c, &m->call_handoff); return true;
    case MSG_CALL_HOLD: h->call_hold(ctx, c, &m->call_hold); return true;
    case MSG_CALL_NEUTRAL: h->call_neutral(ctx, c, &m->call_neutral); return true;
    case MSG_CALL_STORED: h->call_stored(ctx, c, &m->call_stored); return true;
    case MSG_CALL_DENY: h->call_deny(ctx, c, &m->call_deny); return true;
    case MSG_HANDOFF_SIGNAL: h->handoff_signal(ctx, c, &m->handoff_signal); return true;
    case MSG_SNAPSHOT_PART: h->snapshot_part(ctx, c, &m->snapshot_part); return true;
    case MSG_ANSWER_HEAD: h->answer_head(ctx, c, &m->answer_head); return true;
    case MSG_ANSWER_PART: h->answer_part(ctx, c, &m->answer_part); return true;
    case MSG_ANSWER_END: h->answer_end(ctx, c, &m->answer_end); return true;
    default: break;
    }
    (void)fd; /* none of these carries one */
    return false;
}
