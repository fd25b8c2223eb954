/*
 * A growing byte buffer with a maximum that is given at creation, and whose bytes are wiped when it
 * is cleared or freed. Behind them stands a NUL that does not count, once there were any. Allocation
 * failure is not an error value: it aborts, as everywhere here. Reaching the maximum is an error
 * value: the buffer is then "failed", keeps what it had before the write that failed, and refuses
 * further writes until buf_clear(). So a writer may write many times and ask once. Who includes this
 * has slices and errors too.
 */
#ifndef SG_BASE_BUF_H
#define SG_BASE_BUF_H

#include "base/err.h"
#include "base/slice.h"

struct buf {
    uint8_t *p;
    size_t n;   /* bytes in use */
    size_t cap; /* bytes allocated */
    size_t max; /* never more than this */
    bool failed;
};

/* An empty buffer that may grow to max bytes. Nothing is allocated yet. */
#define BUF_INIT(max_bytes) ((struct buf){.max = (max_bytes)})

void buf_init(struct buf *b, size_t max);
/* Wipes and frees the bytes; b is then as after buf_init with the same maximum. Takes NULL. */
void buf_free(struct buf *b);
/* Wipes the bytes and keeps the memory; also ends the failed state. */
void buf_clear(struct buf *b);

void buf_put(struct buf *b, struct slice s);
/* In place of what b holds; s may not be of it. */
void buf_set(struct buf *b, struct slice s);
void buf_put_str(struct buf *b, const char *s);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u64_dec(struct buf *b, uint64_t v);
/* Hexadecimal, two digits a byte; lower case unless it says otherwise. */
void buf_put_hex(struct buf *b, struct slice s);
void buf_put_hex_upper(struct buf *b, struct slice s);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Room for n more bytes, to be filled by the caller, who then calls buf_added(). NULL when it would
 * pass the maximum (b is then failed). The pointer lives until the next call on b. What is
 * written there and not added is wiped with the memory alone. */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);

/* Back to n bytes (n <= b->n): what was written behind them is wiped. */
void buf_cut(struct buf *b, size_t n);
/* Removes the first n bytes (n <= b->n). */
void buf_consume(struct buf *b, size_t n);

/* The bytes in use; lives until the next call on b that writes, clears or frees. */
struct slice buf_slice(const struct buf *b);
/* ERR_OK, or ERR_TOO_LARGE when a write passed the maximum. */
MUST_USE enum err buf_err(const struct buf *b);

#endif
