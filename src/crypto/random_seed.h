/* For init.c only: in builds with -Dtest_seed=true, replaces libsodium's random source. Otherwise
 * it does nothing. */
#ifndef SG_CRYPTO_RANDOM_SEED_H
#define SG_CRYPTO_RANDOM_SEED_H

void random_seed_from_environment(void);

#endif
