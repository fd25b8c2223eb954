/*
 * The start of libsodium. What the code in this folder asks of the kernel after that: mmap, munmap,
 * mprotect, mlock, munlock and madvise for guarded memory, getrandom for random bytes. Nothing
 * else.
 */
#ifndef SG_CRYPTO_INIT_H
#define SG_CRYPTO_INIT_H

/* To be called once before the sandbox; calling it again does nothing. Aborts when the library
 * cannot start. */
void crypto_init(void);

#endif
