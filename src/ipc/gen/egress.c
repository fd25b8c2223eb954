/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to function. */
#include "ipc/gen/egress.h"

bool egress_dispatch(void *ctx, UNUSED struct chan *c, enum msg type, union msg_any *m, UNUSED int fd)
{
    switch (type) {
    case MSG_CONF_UPSTREAM: egress_on_conf_upstream(egress_conf(ctx), &m->conf_upstream); return true;
    case MSG_CONF_ENDPOINT: egress_on_conf_endpoint(egress_conf(ctx), &m->conf_endpoint); return true;
    case MSG_CONF_FIELD: egress_on_conf_field(egress_conf(ctx), &m->conf_field); return true;
    case MSG_CONF_PLACE: egress_on_conf_place(egress_conf(ctx), &m->conf_place); return true;
    case MSG_CONF_RULE: egress_on_conf_rule(egress_conf(ctx), &m->conf_rule); return true;
    case MSG_CONF_VERIFY: egress_on_conf_verify(egress_conf(ctx), &m->conf_verify); return true;
    case MSG_SEND_HEAD: egress_on_send_head(ctx, c, &m->send_head); return true;
    case MSG_SEND_PARAM: egress_on_send_param(ctx, c, &m->send_param); return true;
    case MSG_SEND_PART: egress_on_send_part(ctx, c, &m->send_part); return true;
    case MSG_ASK_REFUSE: egress_on_ask_refuse(ctx, c, &m->ask_refuse); return true;
    case MSG_CALL_CANCEL: egress_on_call_cancel(ctx, c, &m->call_cancel); return true;
    case MSG_CREDIT: egress_on_credit(ctx, c, &m->credit); return true;
    case MSG_SESSION_END: egress_on_session_end(ctx, c, &m->session_end); return true;
    case MSG_STATE_SEALED: egress_on_state_sealed(ctx, &m->state_sealed); return true;
    case MSG_PERMIT: egress_on_permit(ctx, &m->permit); return true;
    case MSG_DROP: egress_on_drop(ctx, &m->drop); return true;
    case MSG_CUT: egress_on_cut(ctx, &m->cut); return true;
    case MSG_DIALED: egress_on_dialed(ctx, c, &m->dialed, fd); return true;
    case MSG_DIAL_FAILED: egress_on_dial_failed(ctx, c, &m->dial_failed); return true;
    default: return false;
    }
}
