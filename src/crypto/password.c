/*
 * Hashing passwords. Run by surface and by the command, never by keeper: it takes too long for one,
 * and the keeper need not see a password. The cost comes from the keeper and is held to limits all
 * the same.
 */
#include "crypto/password.h"

#include <assert.h>
#include <sodium.h>

#include "base/limits.h"
#include "crypto/sec_make.h"

static_assert(PASSWORD_SALT_BYTES == crypto_pwhash_argon2id_SALTBYTES, "the salt's size");

struct password_cost password_cost_default(void)
{
    return (struct password_cost){LIM_PASSWORD_OPS, LIM_PASSWORD_MEM};
}

struct verifier_ctx {
    const uint8_t *salt;
    struct password_cost cost;
    uint8_t *out;
};

static enum err verifier(void *ctx, struct slice password)
{
    struct verifier_ctx *c = ctx;
    int failed = crypto_pwhash_argon2id(c->out, PASSWORD_VERIFIER_BYTES, (const char *)password.p,
                                        password.n, c->salt, c->cost.ops, c->cost.mem,
                                        crypto_pwhash_argon2id_ALG_ARGON2ID13);

    return failed ? ERR_UNAVAILABLE : ERR_OK; /* the arguments are in range, so it is the memory */
}

enum err password_verifier(const struct sec *password, const uint8_t salt[PASSWORD_SALT_BYTES],
                           struct password_cost cost, struct sec **ret)
{
    struct verifier_ctx c = {.salt = salt, .cost = cost};
    struct sec *s;

    if (cost.ops < crypto_pwhash_argon2id_OPSLIMIT_MIN || cost.ops > LIM_PASSWORD_OPS_MOST ||
        cost.mem < crypto_pwhash_argon2id_MEMLIMIT_MIN || cost.mem > LIM_PASSWORD_MEM_MOST)
        return ERR_OUT_OF_RANGE;
    s = sec_make(PASSWORD_VERIFIER_BYTES, &c.out);
    return sec_filled(s, sec_with(password, verifier, &c), ret);
}
