/* Makes messages of every kind from the tables, for the tests of codec and channel. */
#ifndef SG_UNIT_IPC_MESSAGES_H
#define SG_UNIT_IPC_MESSAGES_H

#include "unit.h"

#include "ipc/gen/messages.h"

#include <string.h>

enum fill { FILL_LEAST, FILL_SOME, FILL_MOST };

static uint8_t fill_bytes[LIM_FRAME_BYTES];

static inline size_t fill_length(enum fill how, size_t max)
{
    return how == FILL_LEAST ? 0 : how == FILL_MOST || max < 5 ? max : 5;
}

static inline void fill_field(const struct wire_field *f, enum fill how, uint8_t *m)
{
    static const size_t numbers[] = {[WIRE_U8] = 1,  [WIRE_U16] = 2, [WIRE_U32] = 4,
                                     [WIRE_U64] = 8, [WIRE_ID] = 16, [WIRE_DIGEST] = 32};
    size_t n = fill_length(how, f->max);
    struct slice s = slice_of(fill_bytes, n);
    struct sec *secret = NULL;
    int value = how == FILL_LEAST ? 0 : (int)f->max - 1;
    bool yes = how != FILL_LEAST;

    switch (f->type) {
    case WIRE_BOOL: memcpy(m + f->offset, &yes, sizeof yes); break;
    case WIRE_ENUM:
    case WIRE_ERR: memcpy(m + f->offset, &value, sizeof value); break;
    case WIRE_STR:
    case WIRE_BYTES: memcpy(m + f->offset, &s, sizeof s); break;
    case WIRE_SECRET: {
        uint8_t bytes[LIM_CREDENTIAL_BYTES];
        memset(bytes, 'k', sizeof bytes);
        secret = n == 0 ? NULL : sec_take(bytes, n);
        memcpy(m + f->offset, &secret, sizeof secret);
        break;
    }
    default: memset(m + f->offset, yes ? 0x7f : 0, numbers[f->type]); break;
    }
}

/* Fills m, to be given to wire_done. */
static inline void fill_message(const struct wire_message *info, enum fill how, union msg_any *m)
{
    memset(fill_bytes, 'a', sizeof fill_bytes);
    memset(m, 0, sizeof *m);
    for (size_t i = 0; i < info->fields_n; i++)
        fill_field(&info->fields[i], how, (uint8_t *)m);
}

#endif
