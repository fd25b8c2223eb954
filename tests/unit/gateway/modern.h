/* Calls of a modern client: what the tests of that era share. */
#ifndef SG_TEST_GATEWAY_MODERN_H
#define SG_TEST_GATEWAY_MODERN_H

#include "stage.h"

#include "judged.h"

#define URL "{\"elicitation\":{\"url\":{}}}"
#define RESULT                                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"complete\",\"content\":[]}}"
#define HAS_BODY(c, text) has(c, "\r\n\r\n" text)

/* What was sent is what was shown: all digests are of the body and headers that egress got. */
static inline void assert_body_is_shown(struct stage *s)
{
    struct buf projection = BUF_INIT(LIM_PROJECTION_BYTES);
    struct digest d = hash_sha256(buf_slice(&s->body));
    const struct request_headers headers = stage_headers(s);
    struct hash_blake2b request;
    struct json j;
    struct jsonrpc m;

    j = JSON_INIT;
    assert_err(json_parse(&j, buf_slice(&s->body), NULL), ERR_OK);
    assert_err(jsonrpc_read(&j, &m), ERR_OK);
    assert_err(projection_of(&j, &m, &headers, hash_sha256, &projection), ERR_OK);
    assert_true(slice_eq(buf_slice(&projection), buf_slice(&s->open.projection)));
    assert_memory_equal(d.b, s->open.body_digest.b, sizeof(d.b));
    hash_blake2b_init(&request);
    request_put(&j, &m, &headers, hash_blake2b_add, &request);
    d = hash_blake2b_done(&request);
    assert_memory_equal(d.b, s->open.request.b, sizeof(d.b));
    json_free(&j);
    buf_free(&projection);
}

static inline void start(struct stage *s, struct client *c, const char *caps, const char *members)
{
    *c = (struct client){0};
    call_modern(s, c, "1", caps, members);
    let_through(s, c);
}

#endif
