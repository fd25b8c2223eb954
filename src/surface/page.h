/*
 * Sidegate's pages: from what the keeper said to HTML. Pure: no clock, no socket.
 *
 * Every function appends one whole page to out. Text of agents and upstreams is shown quoted,
 * bounded, with control and bidirectional characters made visible (proto/html); the rest is
 * Sidegate's own words, which stand in page.def and in web/.
 */
#ifndef SG_SURFACE_PAGE_H
#define SG_SURFACE_PAGE_H

#include "base/buf.h"
#include "base/id.h"
#include "base/limits.h"
#include "ipc/gen/messages.h"
#include "surface/web.h"

enum {
    PAGE_MAX = 1048576, /* bytes of a page; the largest is a list of PAGE_ROWS rows of about 2 KB */
    PAGE_ROWS = 256,    /* rows of a list; more are not shown */
};

struct surface_conf_upstream; /* surface/conf.h */
struct surface_conf_field;

/* What every page has around it. */
struct page_frame {
    struct slice url;   /* the origin of the pages */
    struct slice host;  /* of it, for the person to compare */
    struct slice user;  /* empty: nobody is logged in */
    struct digest csrf; /* of the session; unused when user is empty */
    uint64_t now;       /* ms since 1970 */
};

/* Closed texts: one row of page.def each. */
enum page_text {
#define P(name, status, sign, heading, text, next_url, next) PAGE_##name,
#include "surface/page.def"
#undef P
    PAGE_COUNT
};
unsigned page_status(enum page_text t);

struct page_login {
    struct slice csrf;    /* of the pre-session */
    struct slice handoff; /* 32 hexadecimal digits, or empty */
    bool connections;     /* shown afterwards; else the handoff, or the inbox */
    struct slice name;    /* what was typed before, or empty */
    const char *error;    /* one sentence, or NULL */
};

struct page_field {
    struct slice label, hint;
    bool masked;
    const char *error; /* one sentence, or NULL */
};

/* How long what is given may be used. */
struct page_lease {
    enum lease_kind kind;
    uint32_t uses;
    uint64_t ms;
};

/* What a form asks for, beside the password. */
struct page_asked {
    const struct surface_conf_field *f;
    size_t n;
};

/* What a person sees of a kind of handoff; what is done with what they give is keeper/kind.h. */
struct page_kind {
    enum web_file form;            /* the template; what it may name is the same for each */
    enum page_text stored, tested; /* the page at its end */
    struct page_asked (*asks)(const struct surface_conf_upstream *u);
};
const struct page_kind *page_kind(enum handoff_kind k);

/* What the keeper said of one, whose slices outlive the page, and the title of its upstream. The
 * rows of lists are made in the same way. */
struct page_handoff {
    struct msg_handoff_view said;
    struct slice title;
    struct page_lease lease;
    const struct page_field *fields;
    size_t fields_n; /* at most LIM_FIELDS */
    const char *password_error;
};

struct page_row {
    union {
        struct msg_inbox_row inbox;
        struct msg_connection_row connection;
    };
    struct slice title;
};

void page_login(struct buf *out, const struct page_frame *f, const struct page_login *p);
void page_handoff(struct buf *out, const struct page_frame *f, const struct page_handoff *p);
/* words: of the handoff that this is about, or empty. back: the path to look at again, or empty for
 * the inbox. */
void page_message(struct buf *out, const struct page_frame *f, enum page_text t, struct slice words,
                  struct slice back);
void page_inbox(struct buf *out, const struct page_frame *f, const struct page_row *rows, size_t n);
/* revoked: say that one was just revoked. */
void page_connections(struct buf *out, const struct page_frame *f, const struct page_row *rows,
                      size_t n, bool revoked);

#endif
