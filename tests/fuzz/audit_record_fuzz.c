/*
 * A record of the audit log, from the keeper's message as it comes over the channel: one line,
 * JSON by our strict reader, and by audit's own reader a sound record with that number. Any bytes
 * as a line are read too.
 */
#include "audit/line.h"
#include "audit/record.h"
#include "fuzz.h"
#include "proto/json.h"

static void check_record(const struct msg_audit_append *m)
{
    static const struct digest prev = {{0x11}};
    struct buf out = BUF_INIT(LINE_BYTES);
    struct digest hash;
    struct slice text;
    struct line l;
    struct json j;

    j = JSON_INIT;
    record_put(&out, m, &prev, &hash);
    MUST(buf_err(&out) == ERR_OK && out.p[out.n - 1] == '\n');
    text = slice_sub(buf_slice(&out), 0, out.n - 1);
    MUST(slice_find_byte(text, '\n') == text.n);
    MUST(line_parse(text, &l) == ERR_OK && l.kind == LINE_RECORD);
    MUST(l.seq == m->seq && l.epoch == m->epoch);
    MUST(ID_EQ(l.prev, prev) && ID_EQ(l.hash, hash) && line_hash_is_right(&l));
    MUST(json_parse(&j, text, NULL) == ERR_OK);
    if (m->detail.n > 0)
        MUST(json_str_eq(&j, json_get(&j, 0, "detail"), m->detail));
    json_free(&j);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct wire_message *info = msg_info(MSG_AUDIT_APPEND);
    union msg_any m;
    struct line l;
    uint8_t *frame;

    if (line_parse(slice_of(data, size), &l) == ERR_OK)
        (void)line_hash_is_right(&l);
    if (size < 2)
        return 0;
    frame = malloc(size);
    if (frame == NULL)
        abort();
    slice_copy(slice_of(data, size), frame, size);
    frame[0] = (uint8_t)(MSG_AUDIT_APPEND >> 8);
    frame[1] = (uint8_t)MSG_AUDIT_APPEND;
    if (wire_get(frame, size, info, &m) == ERR_OK) {
        check_record(&m.audit_append);
        wire_done(info, &m);
    }
    free(frame);
    return 0;
}
