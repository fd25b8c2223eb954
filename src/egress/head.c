/*
 * Reading an upstream's answer head. Egress runs it. Trusts nothing. RFC 9110, RFC 9112; MCP 2025-11-25 basic/transports "Session
 * Management".
 */
#include "egress/head.h"

#include "base/planted.h"
#include "proto/http_field.h"

void head_init(struct head *h)
{
    *h = (struct head){.session = BUF_INIT(LIM_UPSTREAM_SESSION_BYTES)};
}

void head_free(struct head *h)
{
    buf_free(&h->session);
    head_init(h);
}

/* --- fields ----------------------------------------------------------------------------------- */

static enum err once(bool *seen)
{
    if (*seen)
        return ERR_UPSTREAM_ANSWER;
    *seen = true;
    return ERR_OK;
}

static enum err on_length(struct head *h, struct slice value)
{
    if (once(&h->has_length) != ERR_OK || !slice_to_u64(value, UINT64_MAX, &h->length))
        return ERR_UPSTREAM_ANSWER;
    return ERR_OK;
}

static enum err on_coding(struct head *h, struct slice value)
{
    if (once(&h->has_coding) != ERR_OK || !slice_eq_nocase(value, SLICE_LIT("chunked")))
        return ERR_UPSTREAM_ANSWER;
    return ERR_OK;
}

static enum err on_type(struct head *h, struct slice value)
{
    if (once(&h->has_type) != ERR_OK)
        return ERR_UPSTREAM_ANSWER;
    if (http_media_type_is(value, "application/json"))
        h->type = HEAD_JSON;
    else if (http_media_type_is(value, "text/event-stream"))
        h->type = HEAD_SSE;
    else
        h->type = HEAD_OTHER;
    return ERR_OK;
}

static enum err on_content_coding(struct head *h, struct slice value)
{
    if (once(&h->has_content_coding) != ERR_OK || !slice_eq_nocase(value, SLICE_LIT("identity")))
        return ERR_UPSTREAM_ANSWER;
    return ERR_OK;
}

/* Visible ASCII, as the specification has it; it goes back to the upstream in a header. */
static enum err on_session(struct head *h, struct slice value)
{
    if (once(&h->has_session) != ERR_OK || value.n == 0)
        return ERR_UPSTREAM_ANSWER;
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < 0x21 || value.p[i] > 0x7e)
            return ERR_UPSTREAM_ANSWER;
    buf_put(&h->session, value);
    return buf_err(&h->session) == ERR_OK ? ERR_OK : ERR_UPSTREAM_ANSWER;
}

/* "timeout=5, max=100"; what is not understood is left alone (it is a hint). */
static enum err on_keep_alive(struct head *h, struct slice value)
{
    static const struct slice key = SLICE_LIT("timeout=");
    uint64_t seconds;

    while (value.n > 0) {
        struct slice part = slice_trim(slice_until(&value, ','));
        if (part.n > key.n && slice_eq_nocase(slice_sub(part, 0, key.n), key) &&
            slice_to_u64(slice_sub(part, key.n, part.n), 86400, &seconds))
            h->keep_alive = (unsigned)seconds;
    }
    return ERR_OK;
}

/* RFC 9112 9.6. Other options say nothing to who asks for nothing of them. */
static enum err on_connection(struct head *h, struct slice value)
{
    while (value.n > 0)
        if (slice_eq_nocase(slice_trim(slice_until(&value, ',')), SLICE_LIT("close")))
            h->closes = true;
    return ERR_OK;
}

static const struct {
    const char *name;
    enum err (*fn)(struct head *h, struct slice value);
} known[] = {
    {"content-length", on_length},  {"transfer-encoding", on_coding},
    {"content-type", on_type},      {"content-encoding", on_content_coding},
    {"mcp-session-id", on_session}, {"keep-alive", on_keep_alive},
    {"connection", on_connection},
};

/* Bytes beyond ASCII may stand in fields that nobody looks at (RFC 9110 5.5, obs-text). */
static bool is_value(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
            return false;
    return true;
}

static enum err on_field(struct head *h, struct slice line)
{
    size_t colon = slice_find_byte(line, ':');
    struct slice name = slice_sub(line, 0, colon);
    struct slice value = slice_trim(slice_sub(line, colon + 1, line.n));

    if (colon == line.n || !http_is_token(name) || !is_value(value))
        return ERR_UPSTREAM_ANSWER;
    if (++h->fields > LIM_HEADERS)
        return ERR_UPSTREAM_ANSWER;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (slice_eq_nocase(name, slice_str(known[i].name)))
            return known[i].fn(h, value);
    if (PLANTED(header_copied) && slice_eq_nocase(name, SLICE_LIT("x-debug")))
        planted_keep(value);
    return ERR_OK;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* "HTTP/1.1 200 OK"; the reason may be missing. */
static enum err on_status(struct head *h, struct slice line)
{
    struct slice version = slice_sub(line, 0, 9);
    uint64_t status;

    h->http_1_0 = slice_eq(version, SLICE_LIT("HTTP/1.0 "));
    if (!h->http_1_0 && !slice_eq(version, SLICE_LIT("HTTP/1.1 ")))
        return ERR_UPSTREAM_ANSWER;
    if (!slice_to_u64(slice_sub(line, 9, 12), 599, &status) || status < 100 ||
        (line.n > 12 && line.p[12] != ' ') || !is_value(line))
        return ERR_UPSTREAM_ANSWER;
    h->status = (unsigned)status;
    h->in_fields = true;
    return ERR_OK;
}

static enum err on_end(struct head *h)
{
    unsigned interim = h->interim;

    if (h->has_coding && (h->has_length || h->http_1_0))
        return ERR_UPSTREAM_ANSWER;
    if (h->status == 101 || (h->status < 200 && interim >= LIM_INTERIM))
        return ERR_UPSTREAM_ANSWER;
    if (h->status < 200) {
        head_free(h); /* the next line begins another head */
        h->interim = interim + 1;
        return ERR_OK;
    }
    h->complete = true;
    return ERR_OK;
}

enum err head_line(struct head *h, struct slice line)
{
    if (h->complete)
        return ERR_OK;
    h->bytes += line.n;
    if (h->bytes > LIM_HEADER_BYTES || !slice_ends(line, SLICE_LIT("\r\n")))
        return ERR_UPSTREAM_ANSWER;
    line = slice_sub(line, 0, line.n - 2);
    if (!h->in_fields)
        return on_status(h, line);
    return line.n == 0 ? on_end(h) : on_field(h, line);
}
