/*
 * What policy and a person are shown of one request: method, name, the other params and headers in one
 * sequence of bytes. The gateway makes it for the keeper; egress makes it again from the body that
 * is about to leave; the two must be equal to the byte. It shows; what a request is says request.h,
 * and the digest of that covers what does not fit here.
 *
 * Version 2 of the format. Fields: one tag byte, four bytes length (big endian), the bytes.
 *   'M' method          'N' name (decoded)        'n' SHA-256 of a name beyond LIM_NAME_BYTES
 *   then per leaf of params, but the name and what request_leaves_out says, in document order:
 *   'P' JSON pointer (RFC 6901) from params, followed by one of
 *   's' string (decoded)  'd' number as written  't' true  'f' false  'z' null
 *   'a' empty array       'o' empty object
 *   then per header Mcp-Param-NAME 'P' with all of that, which is no pointer, and 's' with its value,
 *   decoded where it can be
 *   and 'X' (empty) when not everything fits; leaves are then shown as long as they fit whole.
 */
#ifndef SG_PROTO_PROJECTION_H
#define SG_PROTO_PROJECTION_H

#include "base/id.h"
#include "proto/request.h"

typedef struct digest projection_sha256(struct slice s);

struct projection_in {
    const struct json *j;
    uint32_t method; /* string node */
    uint32_t name;   /* string node, or JSON_NONE for methods without a name */
    uint32_t params; /* any node, or JSON_NONE */
    /* SHA-256; given by the caller (crypto/hash.h), since proto has no cryptography. */
    projection_sha256 *sha256;
    const struct request_headers *headers; /* NULL: none */
};

/* Appends the projection: at most LIM_PROJECTION_BYTES. ERR_OK or ERR_TOO_LARGE (out too small). */
MUST_USE enum err projection_write(const struct projection_in *in, struct buf *out);

/*
 * The projection of a message that goes upstream; gateway and egress both use this, so that they
 * agree on what is shown. Of a request or notification: its method, mcp_name_of, and
 * params, and h, which may be NULL. Of a response, and of a stream, which has no body: nothing.
 * projection_write's errors.
 */
MUST_USE enum err projection_of(const struct json *j, const struct jsonrpc *m,
                                const struct request_headers *h, projection_sha256 *sha256,
                                struct buf *out);

/*
 * Appends what stands for the name where a short printable text is wanted (call_open): the decoded
 * name, or "sha256:" and 64 hexadecimal digits when it is longer than LIM_NAME_BYTES or has
 * characters that show nothing. Nothing for JSON_NONE.
 */
void projection_put_name(const struct projection_in *in, struct buf *out);

/* One field of a projection, for tests and for showing it. *at starts at 0. False at the end or on
 * malformed bytes. */
MUST_USE bool projection_next(struct slice projection, size_t *at, char *ret_tag,
                              struct slice *ret);

#endif
