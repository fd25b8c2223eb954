/*
 * The lines of the audit log. Pure. Run by audit to write, and by audit and the command to check a
 * file that anybody may have changed: nothing is believed of a line but what its place in it says.
 */
#include "audit/line.h"

#include <inttypes.h>

#include "crypto/hash.h"

#define PURPOSE "sidegate audit head 1"

enum { HEX_DIGEST = DIGEST_BYTES * 2, HEX_SIGNATURE = SIGN_BYTES * 2 };

/* Takes token from the front of *s. */
static bool take(struct slice *s, struct slice token)
{
    if (!slice_starts(*s, token))
        return false;
    *s = slice_sub(*s, token.n, s->n);
    return true;
}

/* Takes a number from the front, up to the next comma. */
static bool take_number(struct slice *s, uint64_t *ret)
{
    size_t comma = slice_find_byte(*s, ',');

    if (!slice_to_u64(slice_sub(*s, 0, comma), UINT64_MAX, ret))
        return false;
    *s = slice_sub(*s, comma, s->n);
    return true;
}

/* Takes ,"name":"hex"tail from the end of *s, where name holds the comma and quotes. */
static bool take_end(struct slice *s, struct slice name, struct slice tail, uint8_t *dst, size_t n)
{
    size_t size = name.n + n * 2 + tail.n;
    struct slice part;

    if (s->n < size)
        return false;
    part = slice_sub(*s, s->n - size, s->n);
    if (!slice_ends(part, tail) || !take(&part, name) ||
        !id_parse(slice_sub(part, 0, n * 2), dst, n))
        return false;
    *s = slice_sub(*s, 0, s->n - size);
    return true;
}

static bool parse_first(struct slice rest, struct line *l)
{
    l->kind = LINE_FIRST;
    return take(&rest, SLICE_LIT("1,\"key\":\"")) && rest.n > SIGN_PUBLIC_BYTES * 2 &&
           id_parse(slice_sub(rest, 0, SIGN_PUBLIC_BYTES * 2), l->public.b, SIGN_PUBLIC_BYTES);
}

/* What records and heads begin with. */
static bool parse_numbers(struct slice rest, enum line_kind kind, struct line *l)
{
    l->kind = kind;
    return take_number(&rest, &l->seq) && take(&rest, SLICE_LIT(",\"epoch\":")) &&
           take_number(&rest, &l->epoch);
}

static bool parse_begin(struct slice text, struct line *l)
{
    if (take(&text, SLICE_LIT("{\"log\":")))
        return parse_first(text, l);
    if (take(&text, SLICE_LIT("{\"seq\":")))
        return parse_numbers(text, LINE_RECORD, l);
    if (take(&text, SLICE_LIT("{\"head\":")))
        return parse_numbers(text, LINE_HEAD, l);
    return false;
}

enum err line_parse(struct slice text, struct line *ret)
{
    struct slice quote = SLICE_LIT("\"");
    struct line l = {0};

    if (!take_end(&text, SLICE_LIT(",\"hash\":\""), SLICE_LIT("\"}"), l.hash.b, DIGEST_BYTES))
        return ERR_CORRUPT;
    l.hashed = text;
    if (!parse_begin(text, &l))
        return ERR_CORRUPT;
    if (l.kind == LINE_HEAD &&
        !take_end(&text, SLICE_LIT(",\"sig\":\""), quote, l.signature.b, SIGN_BYTES))
        return ERR_CORRUPT;
    l.signed_text = text;
    if (!take_end(&text, SLICE_LIT(",\"prev\":\""), quote, l.prev.b, DIGEST_BYTES))
        return ERR_CORRUPT;
    *ret = l;
    return ERR_OK;
}

bool line_hash_is_right(const struct line *l)
{
    struct digest d = hash_sha256(l->hashed);

    return ID_EQ(d, l->hash);
}

enum err line_check_signature(const struct line *head, const struct sign_public *public)
{
    BUG_IF(head->kind != LINE_HEAD);
    return sign_check(public, PURPOSE, head->signed_text, &head->signature);
}

static void put_hex_member(struct buf *out, const char *name, struct slice bytes)
{
    buf_printf(out, ",\"%s\":\"", name);
    buf_put_hex(out, bytes);
    buf_put_u8(out, '"');
}

static void put_hash(struct buf *out, size_t start, struct digest *ret_hash)
{
    struct digest d = hash_sha256(slice_sub(buf_slice(out), start, out->n));

    put_hex_member(out, "hash", ID_SLICE(d));
    buf_put_str(out, "}\n");
    BUG_IF(buf_err(out) != ERR_OK || out->n - start > LINE_BYTES);
    *ret_hash = d;
}

void line_put_end(struct buf *out, size_t start, const struct digest *prev, struct digest *ret_hash)
{
    put_hex_member(out, "prev", ID_SLICE(*prev));
    put_hash(out, start, ret_hash);
}

void line_put_first(struct buf *out, const struct sign_public *public, uint64_t time,
                    struct digest *ret_hash)
{
    static const struct digest nothing;
    size_t start = out->n;

    buf_put_str(out, "{\"log\":1");
    put_hex_member(out, "key", ID_SLICE(*public));
    line_put_time(out, time);
    line_put_end(out, start, &nothing, ret_hash);
}

void line_put_head(struct buf *out, const struct line_head *head, const struct sec *key,
                   struct digest *ret_hash)
{
    size_t start = out->n;
    struct signature s;

    buf_printf(out, "{\"head\":%" PRIu64 ",\"epoch\":%" PRIu64, head->seq, head->epoch);
    put_hex_member(out, "prev", ID_SLICE(head->prev));
    s = sign_make(key, PURPOSE, slice_sub(buf_slice(out), start, out->n));
    put_hex_member(out, "sig", ID_SLICE(s));
    put_hash(out, start, ret_hash);
}

/* The date of a day counted from 1970-01-01, in the calendar that is always the present one (ISO
 * 8601). Years are counted from March, so that the leap day is the last of its year. Not gmtime():
 * that opens the time zone's file. */
static void put_date(struct buf *out, uint64_t day)
{
    uint64_t shifted = day + 719468; /* days since 0000-03-01 */
    uint64_t era = shifted / 146097; /* of 400 years */
    uint64_t of_era = shifted % 146097;
    uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t from_march = (5 * of_year + 2) / 153;
    uint64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    uint64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);

    buf_printf(out, "%04" PRIu64 "-%02" PRIu64 "-%02" PRIu64, year, month,
               of_year - (153 * from_march + 2) / 5 + 1);
}

void line_put_time(struct buf *out, uint64_t ms)
{
    uint64_t seconds = ms / 1000;

    buf_put_str(out, ",\"time\":\"");
    put_date(out, seconds / 86400);
    buf_printf(out, "T%02u:%02u:%02u.%03uZ\"", (unsigned)(seconds / 3600 % 24),
               (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60), (unsigned)(ms % 1000));
}
