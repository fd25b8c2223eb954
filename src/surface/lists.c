/*
 * The inbox and the connections: rows of the keeper, collected into one page. Run by surface.
 */
#include "base/mem.h"
#include "ipc/gen/send.h"
#include "os/log.h"
#include "surface/posted.h"
#include "surface/reply.h"
#include "surface/route.h"

#include <sys/queue.h>

/* A row, and the copies of what it points to: a message's slices do not live on. */
struct list_row {
    STAILQ_ENTRY(list_row) entry;
    struct page_row page;
    struct buf client, tool, words;
};

struct list {
    STAILQ_HEAD(, list_row) rows;
    size_t n;
};

static void list_free(struct visit *v)
{
    struct list *l = v->own;
    struct list_row *r;

    while ((r = STAILQ_FIRST(&l->rows))) {
        STAILQ_REMOVE_HEAD(&l->rows, entry);
        buf_free(&r->client);
        buf_free(&r->tool);
        buf_free(&r->words);
        mem_free(r);
    }
    mem_free(l);
}

static void list_new(struct visit *v)
{
    struct list *l = MEM_NEW(struct list);

    STAILQ_INIT(&l->rows);
    v->own = l;
    v->own_free = list_free;
}

static struct slice keep(struct buf *b, struct slice s)
{
    buf_init(b, LIM_NAME_BYTES); /* the longest of the texts */
    buf_put(b, s);
    return buf_slice(b);
}

/* NULL: the page is full. */
static struct list_row *add_row(struct visit *v)
{
    struct list *l = v->own;

    if (l->n == PAGE_ROWS)
        return NULL;
    struct list_row *r = MEM_NEW(struct list_row);
    STAILQ_INSERT_TAIL(&l->rows, r, entry);
    l->n++;
    return r;
}

/* --- the pages -------------------------------------------------------------------------------- */

static void on_inbox_row(struct visit *v, const struct msg_inbox_row *m)
{
    struct list_row *r = add_row(v);

    if (!r)
        return;
    r->page = (struct page_row){.inbox = *m, .title = surface_conf_title(&v->s->conf, m->upstream)};
    r->page.inbox.client_label = keep(&r->client, m->client_label);
    r->page.inbox.tool = keep(&r->tool, m->tool);
    r->page.inbox.words = keep(&r->words, m->words);
}

static void on_connection_row(struct visit *v, const struct msg_connection_row *m)
{
    struct list_row *r = add_row(v);

    if (!r)
        return;
    r->page =
        (struct page_row){.connection = *m, .title = surface_conf_title(&v->s->conf, m->upstream)};
    r->page.connection.client_label = keep(&r->client, m->client_label);
}

static void on_end(struct visit *v, const struct msg_rows_end *m)
{
    const struct list *l = v->own;
    struct page_frame f = reply_frame(v, m->user_name, &m->csrf);
    struct page_row *rows = mem_zalloc_array(l->n, sizeof(*rows));
    struct buf page = BUF_INIT(PAGE_MAX);
    struct list_row *r;
    size_t n = 0;

    STAILQ_FOREACH(r, &l->rows, entry)
    rows[n++] = r->page;
    if (v->about_connections)
        page_connections(&page, &f, rows, n, slice_eq_str(v->http->query, "revoked=1"));
    else
        page_inbox(&page, &f, rows, n);
    reply_page(v, 200, v->about_connections ? REPLY_STILL : REPLY_INBOX, &page);
    mem_free(rows);
}

void inbox_show(struct visit *v)
{
    static const struct answers waits = {
        .inbox_row = on_inbox_row, .rows_end = on_end, .page_denied = reply_denied};

    list_new(v);
    VISIT_ASK(v, &waits, inbox_get, .cookie = v->cookie);
}

void connections_show(struct visit *v)
{
    static const struct answers waits = {
        .connection_row = on_connection_row, .rows_end = on_end, .page_denied = reply_denied};

    list_new(v);
    VISIT_ASK(v, &waits, connections_get, .cookie = v->cookie);
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
        VISIT_ASK(v, &waits, connection_revoke, .cookie = v->cookie, .connection = v->connection,
                  .csrf = csrf);
}
