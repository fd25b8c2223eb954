/* Sidegate's own tools, beside those of an upstream that needs a credential. */
#ifndef SG_GATEWAY_OWN_TOOLS_H
#define SG_GATEWAY_OWN_TOOLS_H

#include "ipc/gen/messages.h"
#include "proto/json.h"

/* Whether that is the name of one; *ret_want is what its call asks of the keeper. */
MUST_USE bool own_tool_find(struct slice name, enum call_want *ret_want);
/* Edits of a tools/list result (node tools is its array): ours at the end, and no other of their
 * names. */
void own_tools_add(const struct json *j, uint32_t tools, struct json_edits *e);
/* What Sidegate tells a model of itself. */
extern const char own_instructions[];

#endif
