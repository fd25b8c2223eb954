/*
 * One table of errors: err.def. A function that can fail returns enum err, marked MUST_USE.
 * The kind decides what is done: "ours" is a bug, so abort; "peer" is refused, and that peer alone
 * is closed; "world" (disk, network, another process) is retried within limits, then reported.
 */
#ifndef SG_BASE_ERR_H
#define SG_BASE_ERR_H

#include "base/defs.h"

enum err {
#define E(code, kind, http, sentence) ERR_##code,
#include "base/err.def"
    ERR_COUNT
};

enum err_kind { ERR_KIND_NONE, ERR_KIND_OURS, ERR_KIND_PEER, ERR_KIND_WORLD };

/* "TOO_LARGE"; a static string. Unknown values give "UNKNOWN". */
const char *err_name(enum err e);
/* One sentence for people, with what to do; a static string, without any value from outside. */
const char *err_sentence(enum err e);
enum err_kind err_kind(enum err e);
/* The HTTP status that says it to a client, e.g. 413. */
unsigned err_http(enum err e);

#endif
