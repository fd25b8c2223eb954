/*
 * Keys from keys. Run by keeper and audit. BLAKE2b keyed with 32 bytes is a pseudo-random function
 * (RFC 7693 section 1); the label is preceded by its length, so that no two pairs of label and
 * context are the same bytes.
 */
#include "crypto/derive.h"

#include <sodium.h>

#include "base/buf.h"
#include "crypto/sec_make.h"

struct derive_ctx {
    struct slice message;
    uint8_t *out;
};

static enum err derive(void *ctx, struct slice from)
{
    struct derive_ctx *c = ctx;

    BUG_IF(from.n != DERIVE_KEY_BYTES);
    BUG_IF(crypto_generichash_blake2b(c->out, DERIVE_KEY_BYTES, c->message.p, c->message.n, from.p,
                                      from.n) != 0);
    return ERR_OK;
}

struct sec *derive_key(const struct sec *from, const char *label, struct slice context)
{
    static const char domain[] = "sidegate derive 1";
    struct slice text = slice_str(label);
    struct buf message = BUF_INIT(sizeof domain + 1 + DERIVE_LABEL_BYTES + context.n);
    struct derive_ctx c;
    struct sec *s;

    BUG_IF(text.n == 0 || text.n > DERIVE_LABEL_BYTES);
    buf_put_str(&message, domain);
    buf_put_u8(&message, (uint8_t)text.n);
    buf_put(&message, text);
    buf_put(&message, context);
    BUG_IF(buf_err(&message) != ERR_OK);
    c.message = buf_slice(&message);
    s = sec_make(DERIVE_KEY_BYTES, &c.out);
    BUG_IF(sec_with(from, derive, &c) != ERR_OK);
    buf_free(&message);
    return sec_made(s);
}
