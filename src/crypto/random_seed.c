/*
 * A build with -Dtest_seed=true takes random bytes from a stream that the environment variable
 * SIDEGATE_TEST_SEED fixes, so that one test can run Sidegate twice with different secrets and
 * compare what the agent sees byte for byte. The program's name is mixed in; whoever starts several
 * processes of one program must give each its own value. Run by every role, in such builds only.
 */
#include "crypto/random_seed.h"

#ifdef SIDEGATE_TEST_SEED

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static uint8_t seed[crypto_stream_chacha20_KEYBYTES];
static uint64_t counter;

static const char *seeded_name(void)
{
    return "test seed";
}

static void seeded_buf(void *const p, const size_t n)
{
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];

    memcpy(nonce, &counter, sizeof nonce);
    counter++;
    if (n > 0)
        crypto_stream_chacha20(p, n, nonce, seed);
}

static uint32_t seeded_random(void)
{
    uint32_t v;

    seeded_buf(&v, sizeof v);
    return v;
}

void random_seed_from_environment(void)
{
    static randombytes_implementation seeded = {
        .implementation_name = seeded_name,
        .random = seeded_random,
        .buf = seeded_buf,
    };
    const char *value = getenv("SIDEGATE_TEST_SEED");
    crypto_generichash_state h;

    if (!value)
        return;
    /* Unkeyed and unsalted: this is a test's stream, not a secret. The NUL between the two keeps
     * them apart. */
    crypto_generichash_init(&h, NULL, 0, sizeof seed);
    crypto_generichash_update(&h, (const uint8_t *)value, strlen(value) + 1);
    crypto_generichash_update(&h, (const uint8_t *)program_invocation_short_name,
                              strlen(program_invocation_short_name));
    crypto_generichash_final(&h, seed, sizeof seed);
    (void)randombytes_set_implementation(&seeded); /* always 0 */
}

#else

void random_seed_from_environment(void)
{
}

#endif
