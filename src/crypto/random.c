/*
 * Random bytes. Run by every role that makes ids, keys or nonces; trusts the kernel's generator,
 * through libsodium.
 */
#include "crypto/random.h"

#include <sodium.h>

#include "crypto/init.h"
#include "crypto/sec_make.h"

void random_bytes(void *p, size_t n)
{
    crypto_init();
    randombytes_buf(p, n);
}

struct sec *random_sec(size_t n)
{
    uint8_t *bytes;
    struct sec *s = sec_make(n, &bytes);

    random_bytes(bytes, n);
    return sec_made(s);
}
