/*
 * Whether what a gateway sent is what the keeper permitted, to the byte: both digests are made again
 * from what came. Egress runs it; the gateway may be hostile.
 */
#include "egress/permitted.h"

#include "base/planted.h"
#include "crypto/hash.h"
#include "crypto/judged.h"
#include "egress/state.h"
#include "proto/mcp_header.h"
#include "proto/misread.h"
#include "proto/projection.h"
#include "proto/request.h"

/* Which kinds of message the gateway may call what. */
static bool kind_fits(const struct use *u)
{
    static const enum call_kind kinds[] = {
        [JSONRPC_REQUEST] = CALL_KIND_REQUEST,
        [JSONRPC_NOTIFICATION] = CALL_KIND_NOTIFICATION,
        [JSONRPC_RESULT] = CALL_KIND_RESPONSE,
        [JSONRPC_ERROR] = CALL_KIND_RESPONSE,
    };

    return kinds[u->rpc.kind] == u->kind;
}

static struct request_headers headers_of(const struct use *u)
{
    struct request_headers h = {.n = u->params_n};

    for (size_t i = 0; i < h.n; i++) {
        struct slice name = buf_slice(&u->params[i].name); /* a string of C */

        h.v[i] = (struct http_field){slice_sub(name, sizeof(MCP_PARAM_PREFIX) - 1, name.n - 1),
                                     buf_slice(&u->params[i].value)};
    }
    return h;
}

/* Derives again what the keeper judged. */
static enum err judge_again(const struct use *u, struct digest *ret)
{
    struct buf method = BUF_INIT(LIM_METHOD_BYTES), name = BUF_INIT(LIM_NAME_BYTES),
               projection = BUF_INIT(LIM_PROJECTION_BYTES);
    struct judged j = {.kind = (uint8_t)u->kind};
    const struct request_headers headers = headers_of(u);
    struct hash_blake2b request;
    enum err e = ERR_OK;

    hash_blake2b_init(&request);
    if (use_has_body(u->kind)) {
        j.method = json_str_slice(&u->json, u->rpc.method, &method);
        projection_put_name(&(struct projection_in){.j = &u->json,
                                                    .name = mcp_name_of(&u->json, &u->rpc),
                                                    .sha256 = hash_sha256},
                            &name);
        e = projection_of(&u->json, &u->rpc, &headers, hash_sha256, &projection);
        request_put(&u->json, &u->rpc, &headers, hash_blake2b_add, &request);
        j.answers = request_has_answers(&u->json, &u->rpc);
    }
    j.request = hash_blake2b_done(&request);
    j.name = buf_slice(&name);
    j.projection = buf_slice(&projection);
    if (!e)
        e = buf_err(&method);
    if (!e)
        *ret = judged_digest(&j);
    buf_free(&method);
    buf_free(&name);
    buf_free(&projection);
    return e;
}

/* That it is the permitted body comes first: only then is what is in it not the gateway's doing. */
enum err permitted_check(struct use *u)
{
    struct digest body = hash_sha256(buf_slice(&u->body)), shown;
    enum err e = ERR_OK;

    if (!ID_EQ(body, u->body_digest) && !PLANTED(swapped_body))
        return ERR_PROTOCOL;
    if (use_has_body(u->kind)) {
        e = json_parse(&u->json, buf_slice(&u->body), NULL);
        if (!e)
            e = jsonrpc_read(&u->json, &u->rpc);
        if (!e && !kind_fits(u))
            e = ERR_PROTOCOL;
        if (!e && misread_member(&u->json, &u->rpc) != JSON_NONE && !PLANTED(misread_sent))
            e = ERR_PROTOCOL;
    }
    if (!e)
        e = judge_again(u, &shown);
    if (!e && !ID_EQ(shown, u->projection_digest) && !PLANTED(swapped_body))
        e = ERR_PROTOCOL;
    return e ? e : state_check(u);
}

/* The gateway reads what a client sent so that what it makes of it is within the limits here
 * (rewrite_read), but a client must never be able to have it cut off, so nothing rests on that. */
bool permitted_is_limit(enum err e)
{
    return (e == ERR_TOO_LARGE || e == ERR_TOO_DEEP) && !PLANTED(limit_is_lie);
}
