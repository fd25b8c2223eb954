/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to handler. */
#include "ipc/gen/egress.h"

bool egress_dispatch(const struct egress_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd)
{
    switch (type) {
    case MSG_CONF_UPSTREAM: h->conf_upstream(ctx, c, &m->conf_upstream); return true;
    case MSG_CONF_ENDPOINT: h->conf_endpoint(ctx, c, &m->conf_endpoint); return true;
    case MSG_CONF_FIELD: h->conf_field(ctx, c, &m->conf_field); return true;
    case MSG_CONF_PLACE: h->conf_place(ctx, c, &m->conf_place); return true;
    case MSG_CONF_RULE: h->conf_rule(ctx, c, &m->conf_rule); return true;
    case MSG_CONF_VERIFY: h->conf_verify(ctx, c, &m->conf_verify); return true;
    case MSG_SEND_HEAD: h->send_head(ctx, c, &m->send_head); return true;
    case MSG_SEND_PARAM: h->send_param(ctx, c, &m->send_param); return true;
    case MSG_SEND_PART: h->send_part(ctx, c, &m->send_part); return true;
    case MSG_ASK_REFUSE: h->ask_refuse(ctx, c, &m->ask_refuse); return true;
    case MSG_CALL_CANCEL: h->call_cancel(ctx, c, &m->call_cancel); return true;
    case MSG_CREDIT: h->credit(ctx, c, &m->credit); return true;
    case MSG_SESSION_END: h->session_end(ctx, c, &m->session_end); return true;
    case MSG_STATE_SEALED: h->state_sealed(ctx, c, &m->state_sealed); return true;
    case MSG_PERMIT: h->permit(ctx, c, &m->permit); return true;
    case MSG_DROP: h->drop(ctx, c, &m->drop); return true;
    case MSG_CUT: h->cut(ctx, c, &m->cut); return true;
    case MSG_DIALED: h->dialed(ctx, c, &m->dialed, fd); return true;
    case MSG_DIAL_FAILED: h->dial_failed(ctx, c, &m->dial_failed); return true;
    default: break;
    }
    return false;
}
