/* From a request to its handler: the table of addresses, and what is checked before any of them. */
#ifndef SG_SURFACE_ROUTE_H
#define SG_SURFACE_ROUTE_H

#include "surface/visit.h"

/* How much body this request may have. */
size_t route_body_max(const struct http_req *req);
/* Answers the visit, or makes it wait. */
void route_visit(struct visit *v);

/* The handlers. Each answers the visit or makes it wait. */
void login_show(struct visit *v);
void login_post(struct visit *v);
void logout_post(struct visit *v);
void give_show(struct visit *v);
void give_post(struct visit *v);
void give_decline(struct visit *v);
void inbox_show(struct visit *v);
void inbox_events(struct visit *v);
void connections_show(struct visit *v);
void connections_revoke(struct visit *v);
void files_root(struct visit *v);
void files_style(struct visit *v);
void files_script(struct visit *v);
void files_icon(struct visit *v);
void files_health(struct visit *v);

#endif
