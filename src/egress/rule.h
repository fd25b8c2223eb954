/*
 * What says that an upstream refused the credential: 401, and the rules of the configuration. Pure.
 */
#ifndef SG_EGRESS_RULE_H
#define SG_EGRESS_RULE_H

#include "egress/conf.h"
#include "proto/jsonrpc.h"

/* Of an HTTP status. */
bool rule_refuses_status(const struct egress_conf *c, unsigned status);
/* Of a response. */
bool rule_refuses(const struct egress_conf *c, const struct json *j, const struct jsonrpc *m);

#endif
