/*
 * The codec between the processes: one encoder and one decoder, driven by the tables in gen/, which
 * are made from messages.def. A frame is a u16 message number and the fields in order; numbers are
 * big endian; str, bytes and secret have a u16 length, or u32 where their maximum needs it. Every
 * bound is checked on both sides and a frame must end exactly at its end.
 */
#ifndef SG_IPC_WIRE_H
#define SG_IPC_WIRE_H

#include "base/buf.h"
#include "base/id.h"
#include "base/limits.h"
#include "crypto/sec.h"

enum wire_type {
    WIRE_BOOL,
    WIRE_U8,
    WIRE_U16,
    WIRE_U32,
    WIRE_U64,
    WIRE_ENUM,   /* a C enum member; one byte on the wire, less than max */
    WIRE_ERR,    /* enum err; two bytes */
    WIRE_ID,     /* 16 bytes */
    WIRE_DIGEST, /* 32 bytes */
    WIRE_STR,    /* struct slice of valid UTF-8 without control characters */
    WIRE_BYTES,  /* struct slice */
    WIRE_SECRET, /* struct sec *; NULL is the empty one */
};

struct wire_field {
    const char *name;
    enum wire_type type;
    size_t offset;            /* in the message's struct */
    size_t max;               /* bytes, or the number of values of an enum; 0: any number */
    const char *const *names; /* of an enum's values */
    bool typed;               /* by a person: the trace leaves it out */
};

struct wire_message {
    const char *name;
    uint16_t from, to; /* bit masks of 1 << enum role */
    bool boot, once, fd;
    size_t size; /* of the struct */
    const struct wire_field *fields;
    size_t fields_n;
};

/*
 * Appends the frame of message number type, described by info, with the members of m.
 * ERR_TOO_LARGE: a str, bytes or secret is longer than its maximum, or out is full.
 * ERR_OUT_OF_RANGE: an enum is out of range or a str is not clean text. out is unchanged on error.
 */
MUST_USE enum err wire_put(struct buf *out, uint16_t type, const struct wire_message *info,
                           const void *m);

/* A number as it stands in frames: so many bytes, big endian. */
void wire_put_number(struct buf *out, uint64_t v, size_t bytes);
uint64_t wire_number(const uint8_t *p, size_t bytes);

/* The message number of a frame; ERR_PROTOCOL when it is shorter than that. */
MUST_USE enum err wire_type_of(struct slice frame, uint16_t *ret);

/*
 * Reads the n bytes at frame (with its number) into the struct m of info->size bytes. Slices in m
 * point into frame and live as long; secrets are moved out, wiped in frame, and freed by wire_done.
 * ERR_PROTOCOL on anything that is not exactly one such message; m then needs no wire_done.
 */
MUST_USE enum err wire_get(uint8_t *frame, size_t n, const struct wire_message *info, void *m);
/* Frees the secrets that m still holds, and wipes m. Whoever keeps one sets the member to
 * NULL. */
void wire_done(const struct wire_message *info, void *m);

/* Appends "name field=value ..." for the log; a secret shows as its length, long values are cut. */
void wire_trace(struct buf *out, const struct wire_message *info, const void *m);

#endif
