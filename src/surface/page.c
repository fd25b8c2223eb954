/*
 * Sidegate's pages. Run by surface; pure. Trusts the templates of web/ (ours) and nothing else:
 * every value is escaped by proto/html, and what agents and upstreams wrote is HTML_FOREIGN.
 */
#include "surface/page.h"

#include "base/mem.h"
#include "proto/html.h"
#include "proto/projection.h"
#include "surface/conf.h"
#include "surface/say.h"
#include "surface/web.h"

#include <stdio.h>
#include <string.h>

/* The values of a template or of one row of it. */
struct values {
    struct html_value v[32];
    size_t n;
};

static void add(struct values *t, struct html_value v)
{
    BUG_IF(t->n == ARRAY_LEN(t->v));
    t->v[t->n++] = v;
}

static void add_text(struct values *t, const char *name, struct slice s)
{
    add(t, (struct html_value){.name = name, .kind = HTML_TEXT, .text = s});
}

/* A string of ours, which must outlive the rendering; NULL is the empty text. */
static void add_str(struct values *t, const char *name, const char *s)
{
    add_text(t, name, s ? slice_str(s) : SLICE_EMPTY);
}

static void add_foreign(struct values *t, const char *name, struct slice s)
{
    add(t, (struct html_value){.name = name, .kind = HTML_FOREIGN, .text = s});
}

static void add_hex(struct values *t, const char *name, struct slice s)
{
    add(t, (struct html_value){.name = name, .kind = HTML_HEX, .text = s});
}

static void add_bool(struct values *t, const char *name, bool yes)
{
    add(t, (struct html_value){.name = name, .kind = HTML_BOOL, .yes = yes});
}

static void add_rows(struct values *t, const char *name, const struct html_row *rows, size_t n)
{
    add(t, (struct html_value){.name = name, .kind = HTML_ROWS, .rows = rows, .rows_n = n});
}

static void put(struct buf *out, enum web_file f, const struct values *t)
{
    struct html_row row = {t->v, t->n};
    enum err e = html_render(out, web_bytes(f), &row);

    /* Too large makes a page that ends early; anything else is a wrong template, so ours. */
    BUG_IF(e && e != ERR_TOO_LARGE);
}

/* --- what is around every page ---------------------------------------------------------------- */

static void asset(char ret[64], const char *path, enum web_file f)
{
    char tag[WEB_TAG + 1];

    web_tag(f, tag);
    (void)snprintf(ret, 64, "%s?v=%s", path, tag); /* the paths are two short literals */
}

static void head(struct buf *out, const struct page_frame *f, const char *title, enum web_file of)
{
    struct values t = {0};
    char style[64], script[64] = "";

    asset(style, "/style.css", WEB_STYLE);
    if (of == WEB_INBOX)
        asset(script, "/inbox.js", WEB_SCRIPT);
    add_str(&t, "title", title);
    add_str(&t, "style", style);
    add_str(&t, "script", script);
    add_text(&t, "user", f->user);
    add_bool(&t, "at_inbox", of == WEB_INBOX);
    add_bool(&t, "at_connections", of == WEB_CONNECTIONS);
    put(out, WEB_HEAD, &t);
}

static void foot(struct buf *out, const struct page_frame *f)
{
    struct values t = {0};

    add_text(&t, "user", f->user);
    add_hex(&t, "csrf", ID_SLICE(f->csrf));
    add_text(&t, "host", f->host);
    put(out, WEB_FOOT, &t);
}

static void put_page(struct buf *out, const struct page_frame *f, const char *title,
                     enum web_file of, const struct values *t)
{
    head(out, f, title, of);
    put(out, of, t);
    foot(out, f);
}

/* --- log-in and closed texts ------------------------------------------------------------------ */

void page_login(struct buf *out, const struct page_frame *f, const struct page_login *p)
{
    struct values t = {0};

    add_text(&t, "csrf", p->csrf);
    add_text(&t, "handoff", p->handoff);
    add_bool(&t, "connections", p->connections);
    add_text(&t, "name", p->name);
    add_str(&t, "error", p->error);
    put_page(out, f, p->error ? "Not logged in" : "Log in", WEB_LOGIN, &t);
}

enum sign { SIGN_NONE, SIGN_TESTED, SIGN_STORED };

static const struct closed {
    unsigned status;
    enum sign sign;
    const char *heading, *text, *next_url, *next;
} closed[PAGE_COUNT] = {
#define P(name, status, sign, heading, text, next_url, next)                                       \
    [PAGE_##name] = {status, SIGN_##sign, heading, text, next_url, next},
#include "surface/page.def"
#undef P
};

unsigned page_status(enum page_text t)
{
    BUG_IF(t >= PAGE_COUNT);
    return closed[t].status;
}

void page_message(struct buf *out, const struct page_frame *f, enum page_text text,
                  struct slice words, struct slice back)
{
    static const char *const details[] = {NULL, "stored and tested", "stored, not tested"};
    struct values t = {0};

    BUG_IF(text >= PAGE_COUNT);
    const struct closed *c = &closed[text];
    struct slice next = slice_str(c->next_url);
    struct buf elsewhere = BUF_INIT(512);

    if (next.n == 0)
        next = back.n > 0 ? back : SLICE_LIT("/inbox");
    if (text == PAGE_BAD_HOST) {
        buf_printf(&elsewhere, "%.*s%s", (int)f->url.n, (const char *)f->url.p, c->next_url);
        next = buf_slice(&elsewhere);
    }
    add_bool(&t, "good", c->sign != SIGN_NONE);
    add_str(&t, "heading", c->heading);
    add_str(&t, "text", c->text);
    add_str(&t, "detail", details[c->sign]);
    add_str(&t, "detail_class", c->sign == SIGN_STORED ? "warn" : "");
    add_text(&t, "words", words);
    add_text(&t, "next_url", next);
    add_str(&t, "next", c->next);
    put_page(out, f, c->heading, WEB_MESSAGE, &t);
    buf_free(&elsewhere);
}

/* --- kinds of handoff, and why there is one --------------------------------------------------- */

static struct page_asked ask_secret(const struct surface_conf_upstream *u)
{
    return (struct page_asked){u->fields, u->fields_n};
}

static const struct page_kind kinds[HANDOFF_KIND_COUNT] = {
    [HANDOFF_KIND_SECRET] = {WEB_HANDOFF, PAGE_FINISHED_STORED, PAGE_FINISHED_TESTED, ask_secret},
};

const struct page_kind *page_kind(enum handoff_kind k)
{
    BUG_IF((unsigned)k >= HANDOFF_KIND_COUNT);
    return &kinds[k];
}

/* Why a person is needed: the verb of the heading, and the reason. */
static const struct {
    const char *verb, *why;
} needs[NEED_COUNT] = {
    [NEED_MISSING] = {"Connect", "Sidegate has no credential of yours for this server."},
    [NEED_STALE] = {"Reconnect", "The server did not accept what you gave before."},
    [NEED_USED_UP] = {"Renew", "What you allowed this agent before is used up."},
    [NEED_EXPIRED] = {"Renew", "The time for which you allowed this agent before is over."},
    [NEED_ASKED] = {"Connect", "The agent wants to be ready for later. No call waits for this."},
};

/* --- one handoff ------------------------------------------------------------------------------ */

static const struct {
    const char *what, *next;
} problems[PROBLEM_COUNT] = {
    [PROBLEM_NONE] = {NULL, NULL},
    [PROBLEM_REFUSED] = {"The server did not accept it.",
                         "Nothing was stored. Check it, and give it again."},
    [PROBLEM_UNREACHABLE] = {"The server could not be reached.",
                             "Nothing was stored, because it could not be tested. Try again in a "
                             "moment."},
    [PROBLEM_WRONG_PASSWORD] = {"Nothing was given yet.", "Your Sidegate password is not right."},
    [PROBLEM_TOO_MANY] = {"Too many tries.", "Nothing was stored. Wait a minute before the next."},
};

/* What the agent wants to do, in Sidegate's words, before the name that it used. */
static const struct {
    const char *method, *doing;
} doings[] = {
    {"tools/call", "Call the tool"},
    {"resources/read", "Read the resource"},
    {"prompts/get", "Get the prompt"},
};

static void add_doing(struct values *t, const struct page_handoff *p)
{
    for (size_t i = 0; i < ARRAY_LEN(doings); i++) {
        if (p->said.tool.n && slice_eq_str(p->said.method, doings[i].method)) {
            add_str(t, "doing", doings[i].doing);
            add_foreign(t, "tool", p->said.tool);
            return;
        }
    }
    add_str(t, "doing", p->said.method.n ? "Use the method" : "Nothing at once");
    add_foreign(t, "tool", p->said.method);
}

static void put_lease(struct buf *out, const struct page_handoff *p)
{
    const struct page_lease *l = &p->lease;
    char span[SAY_TEXT];

    say_span(l->ms, span);
    if (l->kind == LEASE_KIND_ONCE && p->said.for_request)
        buf_put_str(out, "This agent may make this call, once, and no other.");
    else if (l->kind == LEASE_KIND_ONCE)
        buf_put_str(out, "Nothing by itself: each call to this server asks you again.");
    else if (l->kind == LEASE_KIND_TASK)
        buf_printf(out, "This agent may use it %u times within %s.", l->uses, span);
    else
        buf_put_str(out, "This agent may use it until you revoke it.");
}

/* --- what is asked for ------------------------------------------------------------------------ */

struct asked {
    struct values t[LIM_SHOWN_ROWS];
    struct html_row rows[LIM_SHOWN_ROWS];
    size_t n, more;
    bool cut; /* a value is not shown to its end, or not all was there to show */
};

/* A parameter under its name; what is not among the arguments keeps its leading slash, and a header has
 * none. */
static void add_asked(struct asked *a, struct slice pointer, char tag, struct slice value)
{
    static const struct slice arguments = {(const uint8_t *)"/arguments/", 11};
    static const struct {
        char tag;
        const char *text;
    } plain[] = {
        {'t', "true"}, {'f', "false"}, {'z', "null"}, {'a', "(empty list)"}, {'o', "(empty)"}};
    struct values *t = &a->t[a->n];

    if (a->n == LIM_SHOWN_ROWS) {
        a->more++;
        return;
    }
    if (slice_starts(pointer, arguments))
        pointer = slice_sub(pointer, arguments.n, pointer.n);
    add_foreign(t, "pointer", pointer);
    add_bool(t, "text", tag == 's');
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        if (plain[i].tag == tag)
            value = slice_str(plain[i].text);
    }
    add_foreign(t, "value", value);
    a->cut |= value.n > HTML_FOREIGN_MAX || pointer.n > HTML_FOREIGN_MAX;
    a->rows[a->n++] = (struct html_row){t->v, t->n};
}

static void read_asked(struct asked *a, struct slice shown)
{
    struct slice pointer = SLICE_EMPTY, value = SLICE_EMPTY;
    size_t at = 0;
    char tag = 0;

    while (projection_next(shown, &at, &tag, &value)) {
        if (tag == 'P')
            pointer = value;
        else if (tag == 'X')
            a->cut = true;
        else if (tag != 'M' && tag != 'N' && tag != 'n' &&
                 !(tag == 'o' && slice_eq_str(pointer, "/arguments")))
            add_asked(a, pointer, tag, value);
    }
}

/* The rows point into a, the text into more; both outlive the rendering. */
static void add_asked_for(struct values *t, const struct page_handoff *p, struct asked *a,
                          struct buf *more)
{
    bool once = p->lease.kind == LEASE_KIND_ONCE;

    read_asked(a, p->said.shown);
    if (a->more > 0)
        buf_printf(more, "And %zu more. ", a->more);
    if (a->more > 0 || a->cut)
        buf_printf(more, "This page does not show everything%s.",
                   once ? ", but your yes is for exactly this call, to the last byte" : "");
    add_bool(t, "asked", p->said.for_request);
    add_str(
        t, "asked_text",
        once ? "Your yes is for this call alone, with these values. The agent wrote them. What it "
               "adds beside the call (_meta) is not shown and may change."
             : "This call made the agent ask. The agent wrote these values.");
    add_rows(t, "args", a->rows, a->n);
    add_text(t, "more", buf_slice(more));
}

/* --- the form --------------------------------------------------------------------------------- */

/* A field's values, and what they point into. */
struct field {
    struct values t;
    char name[16], described[64];
};

static void set_field(struct field *x, size_t i, const struct page_field *f, bool focus)
{
    struct buf d = BUF_INIT(sizeof(x->described) - 1);

    (void)snprintf(x->name, sizeof(x->name), "f%zu", i % 100); /* fits */
    if (f->error)
        buf_printf(&d, "%s-error", x->name);
    if (f->hint.n)
        buf_printf(&d, "%s%s-hint", d.n ? " " : "", x->name);
    BUG_IF(!slice_to_cstr(buf_slice(&d), x->described, sizeof(x->described)));
    buf_free(&d);
    add_str(&x->t, "fname", x->name);
    add_str(&x->t, "described", x->described);
    add_text(&x->t, "label", f->label);
    add_text(&x->t, "hint", f->hint);
    add_str(&x->t, "ferror", f->error);
    add_bool(&x->t, "masked", f->masked);
    add_bool(&x->t, "focus", focus);
}

/* The first field to correct gets the focus, or none: who comes for the first time should read
 * first. */
static size_t to_correct(const struct page_handoff *p)
{
    size_t i = 0;

    while (i < p->fields_n && !p->fields[i].error)
        i++;
    return i;
}

static void add_times(struct values *t, uint64_t at, uint64_t now, char text[3][SAY_TEXT])
{
    say_moment(at, now, text[0]);
    say_iso(at, text[1]);
    say_distance(at, now, text[2]);
    add_str(t, "until", text[0]);
    add_str(t, "until_iso", text[1]);
    add_str(t, "left", text[2]);
}

static void put_handoff(struct buf *out, const struct page_frame *f, const struct page_handoff *p,
                        const char *title, struct values *t)
{
    struct field fields[LIM_FIELDS] = {0};
    struct html_row rows[LIM_FIELDS];
    struct asked asked = {0};
    struct buf more = BUF_INIT(256);
    char times[3][SAY_TEXT];
    size_t wrong = to_correct(p);

    BUG_IF(p->fields_n > LIM_FIELDS);
    for (size_t i = 0; i < p->fields_n; i++) {
        set_field(&fields[i], i, &p->fields[i], i == wrong);
        rows[i] = (struct html_row){fields[i].t.v, fields[i].t.n};
    }
    add_rows(t, "fields", rows, p->fields_n);
    add_hex(t, "id", ID_SLICE(p->said.handoff));
    add_hex(t, "csrf", ID_SLICE(f->csrf));
    add_text(t, "user", f->user);
    add_text(t, "upstream", p->title);
    add_text(t, "words", p->said.words);
    add_foreign(t, "client", p->said.client_label);
    add_doing(t, p);
    add_asked_for(t, p, &asked, &more);
    add_str(t, "why", needs[p->said.need].why);
    add_times(t, p->said.expires, f->now, times);
    add_str(t, "password_error", p->password_error);
    add_bool(t, "password_focus", p->password_error && wrong == p->fields_n);
    put_page(out, f, title, page_kind(p->said.kind)->form, t);
    buf_free(&more);
}

void page_handoff(struct buf *out, const struct page_frame *f, const struct page_handoff *p)
{
    struct values t = {0};
    struct buf lease = BUF_INIT(256), next = BUF_INIT(256);
    bool first =
        p->said.problem == PROBLEM_NONE && !p->password_error && to_correct(p) == p->fields_n;
    const char *again = first ? "" : "Not yet: ";
    char title[LIM_LABEL_BYTES + 64];

    (void)snprintf(title, sizeof(title), "%s%s %.*s", again, needs[p->said.need].verb,
                   (int)p->title.n, (const char *)p->title.p); /* fits */
    put_lease(&lease, p);
    if (problems[p->said.problem].next)
        buf_printf(&next, "%s %u %s left.", problems[p->said.problem].next, p->said.tries_left,
                   p->said.tries_left == 1 ? "try" : "tries");
    add_str(&t, "heading", title + strlen(again));
    add_text(&t, "afterwards", buf_slice(&lease));
    add_str(&t, "problem", problems[p->said.problem].what);
    add_text(&t, "problem_next", buf_slice(&next));
    put_handoff(out, f, p, title, &t);
    buf_free(&lease);
    buf_free(&next);
}

/* --- the inbox -------------------------------------------------------------------------------- */

struct inbox_item {
    struct values t;
    char times[3][SAY_TEXT];
    char heading[LIM_LABEL_BYTES + 32];
};

static void set_inbox_item(struct inbox_item *x, const struct page_row *r, uint64_t now)
{
    (void)snprintf(x->heading, sizeof(x->heading), "%s %.*s", needs[r->inbox.need].verb,
                   (int)r->title.n, (const char *)r->title.p); /* fits */
    add_hex(&x->t, "id", ID_SLICE(r->inbox.handoff));
    add_str(&x->t, "heading", x->heading);
    add_text(&x->t, "upstream", r->title);
    add_text(&x->t, "words", r->inbox.words);
    add_foreign(&x->t, "client", r->inbox.client_label);
    add_foreign(&x->t, "tool", r->inbox.tool);
    add_times(&x->t, r->inbox.expires, now, x->times);
}

void page_inbox(struct buf *out, const struct page_frame *f, const struct page_row *in, size_t n)
{
    struct values t = {0};
    struct inbox_item *items = mem_zalloc_array(n, sizeof(*items));
    struct html_row *rows = mem_zalloc_array(n, sizeof(*rows));

    for (size_t i = 0; i < n; i++) {
        set_inbox_item(&items[i], &in[i], f->now);
        rows[i] = (struct html_row){items[i].t.v, items[i].t.n};
    }
    add_rows(&t, "rows", rows, n);
    put_page(out, f, "Inbox", WEB_INBOX, &t);
    mem_free(rows);
    mem_free(items);
}

/* --- connections ------------------------------------------------------------------------------ */

/* A state, its look, and what is still allowed in it; NULL: what the lease says. */
static const struct {
    const char *text, *class, *allowed;
} states[CONNECTION_STATE_COUNT] = {
    [CONNECTION_STATE_LIVE] = {"live", "", NULL},
    [CONNECTION_STATE_STALE] = {"refused", "bad", "nothing: the server did not accept it"},
    [CONNECTION_STATE_USED_UP] = {"used up", "warn", "nothing more"},
    [CONNECTION_STATE_EXPIRED] = {"expired", "warn", "nothing more"},
    [CONNECTION_STATE_SUSPENDED] = {"suspended", "bad",
                                    "nothing: the server sent the value back too often"},
};

struct connection_item {
    struct values t;
    char given[SAY_TEXT], given_iso[SAY_TEXT], last[2 * SAY_TEXT], last_iso[SAY_TEXT];
    char lease[128];
};

static void say_lease(struct connection_item *x, const struct page_row *r, uint64_t now)
{
    char until[SAY_TEXT];
    struct buf b = BUF_INIT(sizeof(x->lease) - 1);

    say_moment(r->connection.expires, now, until);
    if (states[r->connection.state].allowed)
        buf_put_str(&b, states[r->connection.state].allowed);
    else if (r->connection.lease == LEASE_KIND_KEEP)
        buf_put_str(&b, "until you revoke it");
    else if (r->connection.uses_left != UINT32_MAX)
        buf_printf(&b, "%u more %s", r->connection.uses_left,
                   r->connection.uses_left == 1 ? "time" : "times");
    if (!states[r->connection.state].allowed && r->connection.lease != LEASE_KIND_KEEP &&
        r->connection.expires)
        buf_printf(&b, "%suntil %s", b.n ? ", " : "", until);
    BUG_IF(!slice_to_cstr(buf_slice(&b), x->lease, sizeof(x->lease)));
    buf_free(&b);
}

static void set_connection_item(struct connection_item *x, const struct page_row *r, uint64_t now)
{
    char moment[SAY_TEXT], distance[SAY_TEXT];

    say_moment(r->connection.created, now, x->given);
    say_iso(r->connection.created, x->given_iso);
    if (r->connection.last_used) {
        say_moment(r->connection.last_used, now, moment);
        say_distance(r->connection.last_used, now, distance);
        say_iso(r->connection.last_used, x->last_iso);
    }
    (void)snprintf(x->last, sizeof(x->last), r->connection.last_used ? "%s, %s" : "never", moment,
                   distance); /* fits */
    say_lease(x, r, now);
    add_hex(&x->t, "id", ID_SLICE(r->connection.connection));
    add_text(&x->t, "upstream", r->title);
    add_foreign(&x->t, "client", r->connection.client_label);
    add_str(&x->t, "state", states[r->connection.state].text);
    add_str(&x->t, "state_class", states[r->connection.state].class);
    add_str(&x->t, "lease", x->lease);
    add_str(&x->t, "last", x->last);
    add_str(&x->t, "last_iso", x->last_iso);
    add_str(&x->t, "given", x->given);
    add_str(&x->t, "given_iso", x->given_iso);
    add_str(&x->t, "tested", r->connection.tested ? "tested" : "not tested");
}

void page_connections(struct buf *out, const struct page_frame *f, const struct page_row *in,
                      size_t n, bool revoked)
{
    struct values t = {0};
    struct connection_item *items = mem_zalloc_array(n, sizeof(*items));
    struct html_row *rows = mem_zalloc_array(n, sizeof(*rows));

    for (size_t i = 0; i < n; i++) {
        set_connection_item(&items[i], &in[i], f->now);
        rows[i] = (struct html_row){items[i].t.v, items[i].t.n};
    }
    add_hex(&t, "csrf", ID_SLICE(f->csrf));
    add_bool(&t, "revoked", revoked);
    add_rows(&t, "rows", rows, n);
    put_page(out, f, "Connections", WEB_CONNECTIONS, &t);
    mem_free(rows);
    mem_free(items);
}
