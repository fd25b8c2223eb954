/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to handler. */
#include "ipc/gen/surface.h"

bool surface_dispatch(const struct surface_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd)
{
    switch (type) {
    case MSG_CONF_SITE: h->conf_site(ctx, c, &m->conf_site); return true;
    case MSG_CONF_HOST: h->conf_host(ctx, c, &m->conf_host); return true;
    case MSG_CONF_UPSTREAM: h->conf_upstream(ctx, c, &m->conf_upstream); return true;
    case MSG_CONF_FIELD: h->conf_field(ctx, c, &m->conf_field); return true;
    case MSG_SEAL_KEY: h->seal_key(ctx, c, &m->seal_key); return true;
    case MSG_HEALTH: h->health(ctx, c, &m->health); return true;
    case MSG_LOGIN_SALT: h->login_salt(ctx, c, &m->login_salt); return true;
    case MSG_LOGIN_OK: h->login_ok(ctx, c, &m->login_ok); return true;
    case MSG_WHO: h->who(ctx, c, &m->who); return true;
    case MSG_HANDOFF_VIEW: h->handoff_view(ctx, c, &m->handoff_view); return true;
    case MSG_INBOX_ROW: h->inbox_row(ctx, c, &m->inbox_row); return true;
    case MSG_INBOX_CHANGED: h->inbox_changed(ctx, c, &m->inbox_changed); return true;
    case MSG_CONNECTION_ROW: h->connection_row(ctx, c, &m->connection_row); return true;
    case MSG_ROWS_END: h->rows_end(ctx, c, &m->rows_end); return true;
    case MSG_PAGE_DONE: h->page_done(ctx, c, &m->page_done); return true;
    case MSG_PAGE_DENIED: h->page_denied(ctx, c, &m->page_denied); return true;
    default: break;
    }
    (void)fd; /* none of these carries one */
    return false;
}
