/*
 * The decoder of each message between processes. SIDEGATE_FUZZ_MESSAGE names one: every input is
 * then a frame of that message, whatever its number says; without it the number decides. What is
 * accepted must be written again byte for byte.
 */
#include "replay.h"

#include "ipc/gen/messages.h"

#include <stdlib.h>
#include <string.h>

static uint16_t forced(void)
{
    const char *name = getenv("SIDEGATE_FUZZ_MESSAGE");

    for (uint16_t t = MSG_NONE + 1; name != NULL && t < MSG_COUNT; t++) {
        if (strcmp(msg_info(t)->name, name) == 0)
            return t;
    }
    if (name != NULL)
        abort(); /* a target that is none must not pass */
    return MSG_NONE;
}

static void decode(uint8_t *frame, size_t n, uint16_t type, const uint8_t *original)
{
    const struct wire_message *info = msg_info(type);
    struct buf again = BUF_INIT(LIM_FRAME_BYTES), trace = BUF_INIT(4096);
    union msg_any m;

    if (wire_get(frame, n, info, &m) == ERR_OK) {
        wire_trace(&trace, info, &m);
        if (wire_put(&again, type, info, &m) != ERR_OK ||
            !slice_eq(buf_slice(&again), slice_of(original, n)))
            abort();
        wire_done(info, &m);
    }
    buf_free(&again);
    buf_free(&trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint16_t type = forced();
    uint8_t *frame, *original;

    if (size < 2 || size > LIM_FRAME_BYTES)
        return 0;
    frame = malloc(size);
    original = malloc(size);
    if (frame == NULL || original == NULL)
        abort();
    memcpy(frame, data, size);
    if (type != MSG_NONE) {
        frame[0] = (uint8_t)(type >> 8);
        frame[1] = (uint8_t)type;
    }
    memcpy(original, frame, size);
    if (wire_type_of(slice_of(frame, size), &type) == ERR_OK && msg_info(type) != NULL)
        decode(frame, size, type, original);
    free(frame);
    free(original);
    return 0;
}
