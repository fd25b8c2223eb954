/* Answers to browsers: pages with their headers, redirects to our own addresses, files. Once a
 * visit. */
#ifndef SG_SURFACE_REPLY_H
#define SG_SURFACE_REPLY_H

#include "proto/cookie.h"
#include "surface/visit.h"

#define REPLY_SESSION_COOKIE "__Host-sidegate"
#define REPLY_LOGIN_COOKIE   "__Host-sidegate-login"
#define REPLY_BROWSER_COOKIE "__Host-sidegate-browser"

/* What stands around a page for this person; user may be empty and csrf NULL. */
struct page_frame reply_frame(const struct visit *v, struct slice user, const struct digest *csrf);

/* Adds a Set-Cookie to the answer that follows. The value must be one (BUG otherwise). */
void reply_set_cookie(struct visit *v, const struct cookie *c);
void reply_delete_cookie(struct visit *v, const char *name);

enum reply_policy {
    REPLY_STILL, /* no script */
    REPLY_INBOX, /* our script, and its connections to us */
};

/* Sends and frees the page. */
void reply_page(struct visit *v, unsigned status, enum reply_policy policy, struct buf *page);
/* A closed text of page.def. f: NULL when nobody is known to be logged in. */
void reply_text(struct visit *v, enum page_text t, const struct page_frame *f, struct slice words);
/* 303 to a path of ours. */
void reply_redirect(struct visit *v, struct slice path);
/* 303 to the log-in page, and back to this handoff afterwards if it is about one. */
void reply_to_login(struct visit *v);
/* 303 to the handoff that the visit is about. */
void reply_to_handoff(struct visit *v);
/* What the keeper's refusal means, for those that mean the same everywhere. */
void reply_denied(struct visit *v, const struct msg_page_denied *m);

/* Bytes that are no page. cache: the value of Cache-Control. */
void reply_bytes(struct visit *v, unsigned status, const char *type, const char *cache,
                 struct slice body);
/* The head of a text/event-stream; http_stream_write follows. */
void reply_stream(struct visit *v);

#endif
