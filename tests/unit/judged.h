/* The digest that a permit for this body has, made as egress makes it. Bodies that are no message
 * have the digest of nothing. */
#ifndef SG_UNIT_JUDGED_H
#define SG_UNIT_JUDGED_H

#include "base/limits.h"
#include "crypto/hash.h"
#include "crypto/judged.h"
#include "proto/mcp.h"
#include "proto/projection.h"
#include "proto/request.h"

static inline struct digest judged_of(uint8_t kind, struct slice body,
                                      const struct request_headers *h)
{
    struct buf method = BUF_INIT(LIM_METHOD_BYTES), name = BUF_INIT(LIM_NAME_BYTES),
               projection = BUF_INIT(LIM_PROJECTION_BYTES);
    struct judged in = {.kind = kind};
    struct hash_blake2b request;
    struct digest d;
    struct jsonrpc m;
    struct json j;

    j = JSON_INIT;
    hash_blake2b_init(&request);
    if (json_parse(&j, body, NULL) == ERR_OK && jsonrpc_read(&j, &m) == ERR_OK) {
        in.method = json_str_slice(&j, m.method, &method);
        projection_put_name(
            &(struct projection_in){.j = &j, .name = mcp_name_of(&j, &m), .sha256 = hash_sha256},
            &name);
        assert_err(projection_of(&j, &m, h, hash_sha256, &projection), ERR_OK);
        request_put(&j, &m, h, hash_blake2b_add, &request);
        in.answers = request_has_answers(&j, &m);
    }
    in.request = hash_blake2b_done(&request);
    in.name = buf_slice(&name);
    in.projection = buf_slice(&projection);
    d = judged_digest(&in);
    buf_free(&method);
    buf_free(&name);
    buf_free(&projection);
    json_free(&j);
    return d;
}

#endif
