/*
 * One line of the audit log, as bytes. The log is a text file; each line is one JSON object that
 * ends with the hash of the line before it and its own, so that the lines are a chain. There are
 * three kinds, told apart by their first member:
 *
 *     {"log":1,"key":K,"time":T,"prev":P,"hash":H}                          the first line
 *     {"seq":N,"epoch":E,"time":T,"event":...,"prev":P,"hash":H}            a record
 *     {"head":N,"epoch":E,"prev":P,"sig":S,"hash":H}                        the end of a batch:
 * signed
 *
 * H is the SHA-256 of the line's bytes before ,"hash": and P the H of the line before (zeros in the
 * first line). S is an Ed25519 signature of the bytes before ,"sig": by the key whose public half
 * is K. A head's N is the seq of the newest record before it. All in lower-case hexadecimal.
 */
#ifndef SG_AUDIT_LINE_H
#define SG_AUDIT_LINE_H

#include "base/buf.h"
#include "base/id.h"
#include "crypto/sign.h"

enum { LINE_BYTES = 4096 /* at most, with its line feed */ };

enum line_kind { LINE_FIRST, LINE_RECORD, LINE_HEAD };

struct line {
    enum line_kind kind;
    uint64_t seq;   /* of a record, or the newest before a head; 0 in the first line */
    uint64_t epoch; /* the store's; 0 in the first line */
    struct digest prev;
    struct digest hash;         /* as the line says */
    struct slice hashed;        /* what it should be the hash of */
    struct slice signed_text;   /* of a head */
    struct signature signature; /* of a head */
    struct sign_public public;  /* of the first line */
};

/* Takes a line without its line feed apart. Slices in ret live as long as text. ERR_CORRUPT when it
 * is none of ours; whether its hash and signature are right is not looked at. */
MUST_USE enum err line_parse(struct slice text, struct line *ret);
/* Whether the line's hash is that of its text. */
bool line_hash_is_right(const struct line *l);
/* ERR_OK, or ERR_CORRUPT. */
MUST_USE enum err line_check_signature(const struct line *head, const struct sign_public *public);

/* Each appends a whole line with its line feed and sets *ret_hash. There is always room: out is
 * made for it. */
void line_put_first(struct buf *out, const struct sign_public *public, uint64_t time,
                    struct digest *ret_hash);
struct line_head {
    uint64_t seq;
    uint64_t epoch;
    struct digest prev;
};
void line_put_head(struct buf *out, const struct line_head *head, const struct sec *key,
                   struct digest *ret_hash);
/* The end of a record, whose beginning stands in out from byte start on: prev, hash, line feed. */
void line_put_end(struct buf *out, size_t start, const struct digest *prev,
                  struct digest *ret_hash);

/* Appends ,"time":"2026-11-22T22:43:01.250Z" for milliseconds since 1970 (RFC 3339). */
void line_put_time(struct buf *out, uint64_t ms);

#endif
