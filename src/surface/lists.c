/*
 * The inbox and the connections: rows of the keeper, collected into one page. Run by surface.
 */
#include "base/mem.h"
#include "ipc/gen/send.h"
#include "os/log.h"
#include "surface/posted.h"
#include "surface/reply.h"
#include "surface/route.h"

enum { TEXTS = 3 /* of a row */ };

/* The rows, and copies of what they point to: a message's slices do not live on. */
struct list {
    struct buf rows;  /* struct page_row each */
    struct buf texts; /* struct buf each */
};

static void list_free(struct visit *v)
{
    struct list *l = v->own;
    struct buf *text = (void *)l->texts.p;

    for (size_t n = l->texts.n / sizeof(*text); n > 0; n--, text++)
        buf_free(text);
    buf_free(&l->texts);
    buf_free(&l->rows);
    mem_free(l);
}

static void list_new(struct visit *v)
{
    struct list *l = MEM_NEW(struct list);

    l->rows = BUF_INIT(PAGE_ROWS * sizeof(struct page_row));
    l->texts = BUF_INIT(TEXTS * PAGE_ROWS * sizeof(struct buf));
    v->own = l;
    v->own_free = list_free;
}

static struct slice keep(struct list *l, struct slice s)
{
    struct buf b = BUF_INIT(LIM_NAME_BYTES); /* the longest of the texts */

    buf_put(&b, s);
    buf_put(&l->texts, slice_of(&b, sizeof(b)));
    return buf_slice(&b);
}

static bool is_full(const struct list *l)
{
    return l->rows.n == l->rows.max;
}

/* --- the pages -------------------------------------------------------------------------------- */

static void on_inbox_row(struct visit *v, const struct msg_inbox_row *m)
{
    struct page_row r = {.inbox = *m, .title = surface_conf_title(&v->s->conf, m->upstream)};
    struct list *l = v->own;

    if (is_full(l))
        return;
    r.inbox.client_label = keep(l, m->client_label);
    r.inbox.tool = keep(l, m->tool);
    r.inbox.words = keep(l, m->words);
    buf_put(&l->rows, slice_of(&r, sizeof(r)));
}

static void on_connection_row(struct visit *v, const struct msg_connection_row *m)
{
    struct page_row r = {.connection = *m, .title = surface_conf_title(&v->s->conf, m->upstream)};
    struct list *l = v->own;

    if (is_full(l))
        return;
    r.connection.client_label = keep(l, m->client_label);
    buf_put(&l->rows, slice_of(&r, sizeof(r)));
}

static void on_end(struct visit *v, const struct msg_rows_end *m)
{
    const struct list *l = v->own;
    const struct page_row *rows = (const void *)l->rows.p;
    const size_t n = l->rows.n / sizeof(*rows);
    struct page_frame f = reply_frame(v, m->user_name, &m->csrf);
    struct buf page = BUF_INIT(PAGE_MAX);

    if (v->about_connections)
        page_connections(&page, &f, rows, n, slice_eq_str(v->http->query, "revoked=1"));
    else
        page_inbox(&page, &f, rows, n);
    reply_page(v, 200, v->about_connections ? REPLY_STILL : REPLY_INBOX, &page);
}

void inbox_show(struct visit *v)
{
    static const struct answers waits = {
        .inbox_row = on_inbox_row, .rows_end = on_end, .page_denied = reply_denied};

    list_new(v);
    VISIT_ASK(v, &waits, send_inbox_get, msg_inbox_get, .cookie = v->cookie);
}

void connections_show(struct visit *v)
{
    static const struct answers waits = {
        .connection_row = on_connection_row, .rows_end = on_end, .page_denied = reply_denied};

    list_new(v);
    VISIT_ASK(v, &waits, send_connections_get, msg_connections_get, .cookie = v->cookie);
}

/* --- revoking --------------------------------------------------------------------------------- */

static void on_revoked(struct visit *v, UNUSED const struct msg_page_done *m)
{
    log_event(LEVEL_INFO, "revoked", LOG_ID("connection", v->connection));
    reply_redirect(v, SLICE_LIT("/connections?revoked=1"));
}

void connections_revoke(struct visit *v)
{
    static const struct answers waits = {.page_done = on_revoked, .page_denied = reply_denied};
    struct digest csrf;

    if (posted_button(v, &csrf))
        VISIT_ASK(v, &waits, send_connection_revoke, msg_connection_revoke, .cookie = v->cookie,
                  .connection = v->connection, .csrf = csrf);
}
