/*
 * Identifiers: 128 random bits each, one struct type per kind of thing, so that the compiler
 * refuses a user's id where a handoff's is wanted. As text: 32 lower-case hexadecimal digits.
 */
#ifndef SG_BASE_ID_H
#define SG_BASE_ID_H

#include "base/buf.h"

#define ID_BYTES     16
#define ID_TEXT      32
#define DIGEST_BYTES 32

#define ID_TYPE(name)                                                                              \
    struct name {                                                                                  \
        uint8_t b[ID_BYTES];                                                                       \
    }

ID_TYPE(user_id);       /* a person known to Sidegate */
ID_TYPE(client_id);     /* an agent key: one MCP client of one user */
ID_TYPE(handoff_id);    /* one out-of-band step; its text is the last part of the link */
ID_TYPE(connection_id); /* a user's credential at one upstream */
ID_TYPE(lease_id);
ID_TYPE(use_id);     /* one permitted request to an upstream */
ID_TYPE(session_id); /* a legacy MCP session of the gateway */
ID_TYPE(node_id);    /* an installation: one store */

/* On whose behalf something is done. */
struct principal {
    struct user_id user;
    struct client_id client;
};

struct digest {
    uint8_t b[DIGEST_BYTES]; /* SHA-256 unless the field says otherwise */
};

/* These take any of the id structs above. */
#define ID_SLICE(id)    slice_of((id).b, sizeof((id).b))
#define ID_EQ(x, y)     id_equal((x).b, (y).b, sizeof((x).b) == sizeof((y).b) ? sizeof((x).b) : 0)
#define ID_IS_ZERO(id)  id_is_zero((id).b, sizeof((id).b))
#define ID_PUT(buf, id) buf_put_hex((buf), ID_SLICE(id))

/* Constant time. */
bool id_equal(const uint8_t *a, const uint8_t *b, size_t n);
bool id_is_zero(const uint8_t *a, size_t n);
/* Exactly 2*n lower-case hexadecimal digits into n bytes; false, and dst untouched, on anything
 * else. */
MUST_USE bool id_parse(struct slice text, uint8_t *dst, size_t n);

#endif
