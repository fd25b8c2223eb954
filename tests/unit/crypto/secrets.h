/* What the tests of src/crypto share. */
#ifndef SG_CRYPTO_SECRETS_H
#define SG_CRYPTO_SECRETS_H

#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/sec.h"

/* A secret with the bytes of a string. */
static inline struct sec *sec_of(const char *text)
{
    char *copy = mem_strndup(text, strlen(text));
    struct sec *s = sec_take(copy, strlen(text));

    mem_free(copy);
    return s;
}

/* A key of 32 equal bytes. */
static inline struct sec *key_of(uint8_t byte)
{
    uint8_t bytes[32];

    memset(bytes, byte, sizeof bytes);
    return sec_take(bytes, sizeof bytes);
}

static inline enum err compare_bytes(void *ctx, struct slice bytes)
{
    return slice_eq(*(const struct slice *)ctx, bytes) ? ERR_OK : ERR_NOT_FOUND;
}

static inline bool sec_is(const struct sec *s, struct slice wanted)
{
    return sec_with(s, compare_bytes, &wanted) == ERR_OK;
}

static inline void put_unhex(struct buf *b, const char *hex)
{
    for (; hex[0] != '\0'; hex += 2)
        buf_put_u8(b, (uint8_t)strtoul((const char[]){hex[0], hex[1], '\0'}, NULL, 16));
}

/* Compares bytes with their text in hexadecimal. */
static inline void assert_hex(struct slice bytes, const char *wanted)
{
    struct buf b = BUF_INIT(4096);
    char text[4097];

    buf_put_hex(&b, bytes);
    assert_true(slice_to_cstr(buf_slice(&b), text, sizeof text));
    assert_string_equal(text, wanted);
    buf_free(&b);
}

#endif
