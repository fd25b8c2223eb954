/* The gateway's addresses. */
#ifndef SG_GATEWAY_ROUTE_H
#define SG_GATEWAY_ROUTE_H

#include "httpd/httpd.h"

/* With the struct gateway. */
extern const struct http_ops route_ops;

#endif
