/* What every fuzz target is: included by it, and by the program that replays seeds. */
#ifndef SG_FUZZ_REPLAY_H
#define SG_FUZZ_REPLAY_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
