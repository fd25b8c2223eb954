/*
 * What policy judged of one request, as one digest: the keeper makes it of what the gateway told
 * it, egress of the body that is about to leave, and a permit is good only where both are equal
 * (ARCHITECTURE, "One call, step by step" 4).
 */
#ifndef SG_CRYPTO_JUDGED_H
#define SG_CRYPTO_JUDGED_H

#include "base/id.h"

struct judged {
    uint8_t kind;        /* enum call_kind */
    struct slice method; /* decoded; empty where there is none */
    struct slice name;   /* as projection_put_name writes it */
    struct slice projection;
    struct digest request; /* digest of what proto/request.h writes of it */
    bool answers;          /* it brings answers to the upstream's questions */
};

/* BLAKE2b over kind, answers (a byte), request, and over each of the others behind its length (four
 * bytes, big endian). */
struct digest judged_digest(const struct judged *j);

#endif
