/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to function. */
#include "ipc/gen/surface.h"

bool surface_dispatch(void *ctx, UNUSED struct chan *c, enum msg type, union msg_any *m, UNUSED int fd)
{
    switch (type) {
    case MSG_CONF_SITE: surface_on_conf_site(surface_conf(ctx), &m->conf_site); return true;
    case MSG_CONF_HOST: surface_on_conf_host(surface_conf(ctx), &m->conf_host); return true;
    case MSG_CONF_UPSTREAM: surface_on_conf_upstream(surface_conf(ctx), &m->conf_upstream); return true;
    case MSG_CONF_FIELD: surface_on_conf_field(surface_conf(ctx), &m->conf_field); return true;
    case MSG_SEAL_KEY: surface_on_seal_key(ctx, &m->seal_key); return true;
    case MSG_HEALTH: surface_on_health(ctx, &m->health); return true;
    case MSG_LOGIN_SALT: surface_on_login_salt(ctx, &m->login_salt); return true;
    case MSG_LOGIN_OK: surface_on_login_ok(ctx, &m->login_ok); return true;
    case MSG_WHO: surface_on_who(ctx, &m->who); return true;
    case MSG_HANDOFF_VIEW: surface_on_handoff_view(ctx, &m->handoff_view); return true;
    case MSG_INBOX_ROW: surface_on_inbox_row(ctx, &m->inbox_row); return true;
    case MSG_INBOX_CHANGED: surface_on_inbox_changed(ctx, &m->inbox_changed); return true;
    case MSG_CONNECTION_ROW: surface_on_connection_row(ctx, &m->connection_row); return true;
    case MSG_ROWS_END: surface_on_rows_end(ctx, &m->rows_end); return true;
    case MSG_PAGE_DONE: surface_on_page_done(ctx, &m->page_done); return true;
    case MSG_PAGE_DENIED: surface_on_page_denied(ctx, &m->page_denied); return true;
    default: return false;
    }
}
