/*
 * What policy is shown of one request: method, name and arguments in one canonical sequence of
 * bytes. The gateway makes it for the keeper; egress makes it again from the body that it is about
 * to send; the two must be equal to the byte. The keeper hashes and compares it.
 *
 * Version 1 of the format. Fields: one tag byte, four bytes length (big endian), the bytes.
 *   'M' method          'N' name (decoded)        'n' SHA-256 of a name beyond LIM_NAME_BYTES
 *   then per leaf of params.arguments, in document order:
 *   'P' JSON pointer (RFC 6901), followed by one of
 *   's' string (decoded)  'd' number as written  't' true  'f' false  'z' null
 *   'a' empty array       'o' empty object
 *   and when not everything fits: 'X' SHA-256 of params.arguments as json_copy writes it. Leaves
 *   are then shown as long as they fit whole; every leaf is covered by the digest.
 */
#ifndef SG_PROTO_PROJECTION_H
#define SG_PROTO_PROJECTION_H

#include "base/id.h"
#include "proto/jsonrpc.h"

struct projection_in {
    const struct json *j;
    uint32_t method;    /* string node */
    uint32_t name;      /* string node, or JSON_NONE for methods without a name */
    uint32_t arguments; /* any node, or JSON_NONE */
    /* SHA-256; given by the caller (crypto/hash.h), since proto has no cryptography. */
    void (*sha256)(struct slice s, struct digest *ret);
};

/* Appends the projection: at most LIM_PROJECTION_BYTES. ERR_OK or ERR_TOO_LARGE (out too small). */
MUST_USE enum err projection_write(const struct projection_in *in, struct buf *out);

/*
 * The projection of a message that goes upstream; gateway and egress both use this, so that they
 * agree on what is shown. Of a request or notification: its method, mcp_name_of, and
 * params.arguments whatever it is. Of a response, and of a stream, which has no body: nothing.
 * projection_write's errors.
 */
MUST_USE enum err projection_of(const struct json *j, const struct jsonrpc *m,
                                void (*sha256)(struct slice s, struct digest *ret),
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
