/* What is wrong in real clients, as a table: quirks.def. */
#ifndef SG_GATEWAY_QUIRKS_H
#define SG_GATEWAY_QUIRKS_H

#include "proto/json.h"

struct quirk {
    const char *name, *before;
    uint64_t hold_ms; /* 0: the configured time */
    bool url;         /* a declared URL elicitation works */
    const char *why;
};

/* The row for a clientInfo object (JSON_NONE: none); never NULL. */
const struct quirk *quirk_find(const struct json *j, uint32_t client_info);
/* How long one leg of this client may be held, in ms. */
uint64_t quirk_hold_ms(const struct quirk *q);

#endif
