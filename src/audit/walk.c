/* Following the chain. Pure; run by audit when it starts, and by the command, on bytes that anybody
 * may have changed. */
#include "audit/walk.h"

static enum audit_fault check_first(const struct line *l, const struct sign_public *wanted)
{
    if (l->kind != LINE_FIRST || !ID_IS_ZERO(l->prev))
        return AUDIT_NO_BEGINNING;
    if (wanted && !ID_EQ(l->public, *wanted))
        return AUDIT_OTHER_KEY;
    return AUDIT_SOUND;
}

static enum audit_fault check_record(const struct log_walk *w, const struct line *l)
{
    if (l->seq > w->seq + 1)
        return AUDIT_REMOVED;
    if (l->seq < w->seq + 1)
        return AUDIT_REORDERED;
    return ID_EQ(l->prev, w->last) ? AUDIT_SOUND : AUDIT_UNCHAINED;
}

static enum audit_fault check_head(const struct log_walk *w, const struct line *l)
{
    if (l->seq != w->seq || !ID_EQ(l->prev, w->last))
        return AUDIT_UNCHAINED;
    if (!w->skip_signatures && line_check_signature(l, &w->public) != ERR_OK)
        return AUDIT_SIGNATURE;
    return AUDIT_SOUND;
}

static enum audit_fault check(const struct log_walk *w, const struct line *l,
                              const struct sign_public *wanted)
{
    if (!line_hash_is_right(l))
        return AUDIT_EDITED;
    if (w->lines == 0)
        return check_first(l, wanted);
    if (l->kind == LINE_FIRST)
        return AUDIT_REORDERED;
    return l->kind == LINE_RECORD ? check_record(w, l) : check_head(w, l);
}

void walk_from(struct log_walk *w, const struct line *head, const struct sign_public *public)
{
    w->lines = 1;
    w->seq = head->seq;
    w->epoch = head->epoch;
    w->signed_seq = head->seq;
    w->last = head->hash;
    w->public = *public;
}

enum audit_fault walk_line(struct log_walk *w, struct slice text, const struct sign_public *wanted,
                           struct line *ret)
{
    struct line l;
    enum audit_fault fault;

    if (line_parse(text, &l) != ERR_OK)
        return AUDIT_EDITED;
    fault = check(w, &l, wanted);
    if (fault != AUDIT_SOUND)
        return fault;
    w->lines++;
    w->last = l.hash;
    if (l.kind == LINE_FIRST)
        w->public = l.public;
    if (l.kind == LINE_HEAD)
        w->signed_seq = l.seq;
    if (l.kind == LINE_RECORD) {
        w->seq = l.seq;
        w->epoch = l.epoch;
        w->head = l.hash;
    }
    *ret = l;
    return AUDIT_SOUND;
}
