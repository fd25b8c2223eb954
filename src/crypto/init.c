/*
 * Starts libsodium: it picks the fastest code for this processor and sets up its random source. Run
 * by every role that touches a secret, before its sandbox.
 */
#include "crypto/init.h"

#include <sodium.h>

#include "base/defs.h"
#include "crypto/random_seed.h"

void crypto_init(void)
{
    static bool done;

    if (done)
        return;
    random_seed_from_environment();
    BUG_IF(sodium_init() < 0);
    done = true;
}
