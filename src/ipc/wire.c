/* The codec; see wire.h. Run by every role on frames from other roles, which it does not trust to
 * be well formed. */
#include "ipc/wire.h"

#include <string.h>

#include "base/mem.h"

/* What is left of a frame. Mutable, since secrets are wiped in place. */
struct in {
    uint8_t *p;
    size_t n;
};

/* Members are reached by offset; memcpy keeps this free of aliasing and alignment questions. */
#define MEMBER_GET(m, f, v) memcpy(&(v), (const uint8_t *)(m) + (f)->offset, sizeof(v))
#define MEMBER_SET(m, f, v) memcpy((uint8_t *)(m) + (f)->offset, &(v), sizeof(v))

static size_t length_bytes(const struct wire_field *f)
{
    return f->max > UINT16_MAX ? 4 : 2;
}

void wire_put_number(struct buf *out, uint64_t v, size_t bytes)
{
    while (bytes-- > 0)
        buf_put_u8(out, (uint8_t)(v >> (8 * bytes)));
}

uint64_t wire_number(const uint8_t *p, size_t bytes)
{
    uint64_t v = 0;

    while (bytes-- > 0)
        v = v << 8 | *p++;
    return v;
}

static bool get_bytes(struct in *in, size_t n, uint8_t **ret)
{
    if (in->n < n)
        return false;
    *ret = in->p;
    in->p += n;
    in->n -= n;
    return true;
}

static bool get_number(struct in *in, size_t bytes, uint64_t *ret)
{
    uint8_t *p = NULL;

    if (!get_bytes(in, bytes, &p))
        return false;
    *ret = wire_number(p, bytes);
    return true;
}

/* Decodes one UTF-8 sequence of several bytes at s[0]; its length, or 0 when it is not valid (RFC
 * 3629) or a control character. */
static size_t clean_character(struct slice s)
{
    static const struct {
        uint8_t first, last, second_low, second_high;
        size_t n;
    } rows[] = {
        {0xc2, 0xc2, 0xa0, 0xbf, 2}, {0xc3, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (s.p[0] < rows[i].first || s.p[0] > rows[i].last)
            continue;
        if (s.n < rows[i].n)
            return 0;
        if (s.p[1] < rows[i].second_low || s.p[1] > rows[i].second_high)
            return 0;
        for (size_t k = 2; k < rows[i].n; k++) {
            if ((s.p[k] & 0xc0) != 0x80)
                return 0;
        }
        return rows[i].n;
    }
    return 0;
}

static bool is_clean_text(struct slice s)
{
    while (s.n > 0) {
        size_t n = s.p[0] >= 0x20 && s.p[0] < 0x7f ? 1 : clean_character(s);

        if (n == 0)
            return false;
        s = slice_sub(s, n, s.n);
    }
    return true;
}

static enum err put_slice(struct buf *out, const struct wire_field *f, struct slice s)
{
    if (s.n > f->max)
        return ERR_TOO_LARGE;
    if (f->type == WIRE_STR && !is_clean_text(s))
        return ERR_OUT_OF_RANGE;
    wire_put_number(out, s.n, length_bytes(f));
    buf_put(out, s);
    return ERR_OK;
}

struct secret_out {
    struct buf *out;
    const struct wire_field *field;
};

static enum err put_opened(void *ctx, struct slice bytes)
{
    struct secret_out *o = ctx;

    return put_slice(o->out, o->field, bytes);
}

static enum err put_secret(struct buf *out, const struct wire_field *f, const struct sec *s)
{
    struct secret_out o = {out, f};

    if (!s)
        return put_slice(out, f, SLICE_EMPTY);
    return sec_with(s, put_opened, &o);
}

static uint64_t member_number(const struct wire_field *f, const void *m)
{
    uint64_t u64 = 0;
    uint32_t u32 = 0;
    uint16_t u16 = 0;
    uint8_t u8 = 0;
    bool b = false;
    int e = 0;

    switch (f->type) {
    case WIRE_BOOL: MEMBER_GET(m, f, b); return b;
    case WIRE_U8: MEMBER_GET(m, f, u8); return u8;
    case WIRE_U16: MEMBER_GET(m, f, u16); return u16;
    case WIRE_U32: MEMBER_GET(m, f, u32); return u32;
    case WIRE_U64: MEMBER_GET(m, f, u64); return u64;
    case WIRE_ENUM:
    case WIRE_ERR: MEMBER_GET(m, f, e); return (uint64_t)(unsigned)e;
    default: BUG_IF(true);
    }
    return 0;
}

static void member_set_number(const struct wire_field *f, void *m, uint64_t v)
{
    uint32_t u32 = (uint32_t)v;
    uint16_t u16 = (uint16_t)v;
    uint8_t u8 = (uint8_t)v;
    bool b = v != 0;
    int e = (int)v;

    switch (f->type) {
    case WIRE_BOOL: MEMBER_SET(m, f, b); break;
    case WIRE_U8: MEMBER_SET(m, f, u8); break;
    case WIRE_U16: MEMBER_SET(m, f, u16); break;
    case WIRE_U32: MEMBER_SET(m, f, u32); break;
    case WIRE_U64: MEMBER_SET(m, f, v); break;
    case WIRE_ENUM:
    case WIRE_ERR: MEMBER_SET(m, f, e); break;
    default: BUG_IF(true);
    }
}

/* Bytes on the wire of the types that have a fixed size. */
static size_t fixed_bytes(enum wire_type t)
{
    /* The rest have a length before them. */
    static const size_t bytes[] = {
        [WIRE_BOOL] = 1, [WIRE_U8] = 1,  [WIRE_U16] = 2, [WIRE_U32] = 4,     [WIRE_U64] = 8,
        [WIRE_ENUM] = 1, [WIRE_ERR] = 2, [WIRE_ID] = 16, [WIRE_DIGEST] = 32,
    };

    return (size_t)t < ARRAY_LEN(bytes) ? bytes[t] : 0;
}

static enum err put_field(struct buf *out, const struct wire_field *f, const void *m)
{
    struct slice s = SLICE_EMPTY;
    struct sec *secret = NULL;
    uint64_t v;

    switch (f->type) {
    case WIRE_ID:
    case WIRE_DIGEST:
        buf_put(out, slice_of((const uint8_t *)m + f->offset, fixed_bytes(f->type)));
        return ERR_OK;
    case WIRE_STR:
    case WIRE_BYTES: MEMBER_GET(m, f, s); return put_slice(out, f, s);
    case WIRE_SECRET: MEMBER_GET(m, f, secret); return put_secret(out, f, secret);
    default: break;
    }
    v = member_number(f, m);
    if (f->max > 0 && v >= f->max)
        return ERR_OUT_OF_RANGE;
    wire_put_number(out, v, fixed_bytes(f->type));
    return ERR_OK;
}

static size_t field_bytes(const struct wire_field *f, const void *m)
{
    struct slice s = SLICE_EMPTY;
    struct sec *secret = NULL;

    if (f->type == WIRE_SECRET) {
        MEMBER_GET(m, f, secret);
        return length_bytes(f) + sec_len(secret);
    }
    if (f->type != WIRE_STR && f->type != WIRE_BYTES)
        return fixed_bytes(f->type);
    MEMBER_GET(m, f, s);
    return length_bytes(f) + s.n;
}

/* What the frame of m takes, so that its memory is got once. */
static size_t frame_bytes(const struct wire_message *info, const void *m)
{
    size_t n = 2;

    for (size_t i = 0; i < info->fields_n; i++)
        n += field_bytes(&info->fields[i], m);
    return n;
}

enum err wire_put(struct buf *out, uint16_t type, const struct wire_message *info, const void *m)
{
    size_t before = out->n, n = frame_bytes(info, m);
    enum err e = ERR_OK;

    if (n > LIM_FRAME_BYTES || n > out->max - before)
        return ERR_TOO_LARGE;
    BUG_IF(!buf_room(out, n));
    wire_put_number(out, type, 2);
    for (size_t i = 0; i < info->fields_n && !e; i++)
        e = put_field(out, &info->fields[i], m);
    if (e)
        buf_cut(out, before);
    return e;
}

enum err wire_type_of(struct slice frame, uint16_t *ret)
{
    if (frame.n < 2)
        return ERR_PROTOCOL;
    *ret = (uint16_t)wire_number(frame.p, 2);
    return ERR_OK;
}

static bool get_variable(struct in *in, const struct wire_field *f, void *m)
{
    struct sec *secret = NULL;
    struct slice s;
    uint8_t *p = NULL;
    uint64_t n = 0;

    if (!get_number(in, length_bytes(f), &n) || n > f->max || !get_bytes(in, (size_t)n, &p))
        return false;
    if (f->type == WIRE_SECRET) {
        if (n > 0)
            secret = sec_take(p, (size_t)n);
        MEMBER_SET(m, f, secret);
        return true;
    }
    s = slice_of(p, (size_t)n);
    if (f->type == WIRE_STR && !is_clean_text(s))
        return false;
    MEMBER_SET(m, f, s);
    return true;
}

static bool get_field(struct in *in, const struct wire_field *f, void *m)
{
    uint8_t *p = NULL;
    uint64_t v = 0;

    switch (f->type) {
    case WIRE_ID:
    case WIRE_DIGEST:
        if (!get_bytes(in, fixed_bytes(f->type), &p))
            return false;
        memcpy((uint8_t *)m + f->offset, p, fixed_bytes(f->type));
        return true;
    case WIRE_STR:
    case WIRE_BYTES:
    case WIRE_SECRET: return get_variable(in, f, m);
    default: break;
    }
    if (!get_number(in, fixed_bytes(f->type), &v))
        return false;
    if ((f->type == WIRE_BOOL && v > 1) || (f->max > 0 && v >= f->max))
        return false;
    member_set_number(f, m, v);
    return true;
}

enum err wire_get(uint8_t *frame, size_t n, const struct wire_message *info, void *m)
{
    struct in in = {frame, n};
    uint64_t type;
    bool good = get_number(&in, 2, &type);

    memset(m, 0, info->size);
    for (size_t i = 0; good && i < info->fields_n; i++)
        good = get_field(&in, &info->fields[i], m);
    if (good && in.n == 0)
        return ERR_OK;
    wire_done(info, m);
    return ERR_PROTOCOL;
}

void wire_done(const struct wire_message *info, void *m)
{
    struct sec *secret, *none = NULL;

    for (size_t i = 0; i < info->fields_n; i++) {
        if (info->fields[i].type != WIRE_SECRET)
            continue;
        MEMBER_GET(m, &info->fields[i], secret);
        sec_free(secret);
        MEMBER_SET(m, &info->fields[i], none);
    }
    mem_wipe(m, info->size);
}

static void trace_slice(struct buf *out, struct slice s)
{

    for (size_t i = 0; i < s.n && i < 48; i++) {
        if (s.p[i] > 0x20 && s.p[i] < 0x7f && s.p[i] != '\\')
            buf_put_u8(out, s.p[i]);
        else
            buf_printf(out, "\\x%02x", s.p[i]);
    }
    if (s.n > 48)
        buf_printf(out, "...(%zu)", s.n);
}

static void trace_field(struct buf *out, const struct wire_field *f, const void *m)
{
    struct sec *secret = NULL;
    struct slice s = SLICE_EMPTY;
    uint64_t v;

    switch (f->type) {
    case WIRE_ID: buf_put_hex(out, slice_of((const uint8_t *)m + f->offset, 16)); return;
    case WIRE_DIGEST:
        /* Never a part of it: some of them are CSRF tokens. */
        buf_put_str(out, id_is_zero((const uint8_t *)m + f->offset, 32) ? "none" : "(32)");
        return;
    case WIRE_BYTES:
    case WIRE_STR:
        MEMBER_GET(m, f, s);
        if (f->type == WIRE_BYTES || f->typed)
            buf_printf(out, "(%zu)", s.n);
        else
            trace_slice(out, s);
        return;
    case WIRE_SECRET:
        MEMBER_GET(m, f, secret);
        buf_printf(out, "secret(%zu)", sec_len(secret));
        return;
    default: break;
    }
    v = member_number(f, m);
    if (f->type == WIRE_ENUM && v < f->max)
        buf_put_str(out, f->names[v]);
    else
        buf_put_u64_dec(out, v);
}

void wire_trace(struct buf *out, const struct wire_message *info, const void *m)
{

    buf_put_str(out, info->name);
    for (size_t i = 0; i < info->fields_n; i++) {
        buf_printf(out, " %s=", info->fields[i].name);
        trace_field(out, &info->fields[i], m);
    }
}
