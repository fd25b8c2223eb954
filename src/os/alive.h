/*
 * A start that takes long says that it goes on. Whatever reads or rewrites something of any size
 * while its process starts calls alive() as it goes; who waits for the process hears of it.
 */
#ifndef SG_OS_ALIVE_H
#define SG_OS_ALIVE_H

/* Who is told from now on, a few times a second at most. NULL: nobody, as at first. */
void alive_tell(void (*fn)(void *ctx), void *ctx);
void alive(void);

#endif
