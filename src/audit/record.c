/*
 * What one record of the audit log says. Run by audit. The strings of m may have come from an agent
 * or an upstream; the channel has checked that they are UTF-8 without control characters, and they
 * are quoted here.
 */
#include "audit/record.h"

#include <inttypes.h>

#include "audit/line.h"

static void put_text(struct buf *out, const char *name, struct slice text)
{
    if (text.n == 0)
        return;
    buf_printf(out, ",\"%s\":\"", name);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buf_put_u8(out, '\\');
        buf_put_u8(out, text.p[i]);
    }
    buf_put_u8(out, '"');
}

static void put_bytes(struct buf *out, const char *name, struct slice bytes)
{
    if (id_is_zero(bytes.p, bytes.n))
        return;
    buf_printf(out, ",\"%s\":\"", name);
    buf_put_hex(out, bytes);
    buf_put_u8(out, '"');
}

void record_put(struct buf *out, const struct msg_audit_append *m, const struct digest *prev,
                struct digest *ret_hash)
{
    size_t start = out->n;

    buf_printf(out, "{\"seq\":%" PRIu64 ",\"epoch\":%" PRIu64, m->seq, m->epoch);
    line_put_time(out, m->time);
    put_text(out, "event", slice_str(event_name(m->event)));
    put_text(out, "outcome", slice_str(err_name(m->code)));
    put_bytes(out, "user", ID_SLICE(m->user));
    put_bytes(out, "client", ID_SLICE(m->client));
    put_text(out, "upstream", m->upstream);
    put_bytes(out, "handoff", ID_SLICE(m->handoff));
    put_bytes(out, "use", ID_SLICE(m->use));
    put_bytes(out, "connection", ID_SLICE(m->connection));
    if (m->number != 0)
        buf_printf(out, ",\"number\":%" PRIu64, m->number);
    put_bytes(out, "projection", ID_SLICE(m->projection));
    put_bytes(out, "body", ID_SLICE(m->body));
    put_text(out, "detail", m->detail);
    line_put_end(out, start, prev, ret_hash);
}
