/*
 * Stored lists, for when the upstream does not answer for lack of its key or is down (decision
 * 0004). Run by the gateway; the keeper stores what egress screened, per user.
 */
#include "gateway/snapshot.h"

#include "gateway/core.h"
#include "gateway/reply.h"
#include "ipc/gen/send.h"

void call_want_snapshot(struct call *c, enum snapshot kind)
{
    const struct msg_snapshot_get m = {.call = c->id, .kind = kind};

    buf_clear(&c->snapshot);
    c->snapshot_kind = kind;
    call_enter(c, CALL_SNAPSHOT);
    if (!c->open || send_snapshot_get(c->g->keeper, &m) != ERR_OK)
        c->on_snapshot(c, SLICE_EMPTY);
}

void call_no_snapshot(struct call *c, UNUSED const void *arg)
{
    if (c->event == CALL_EV_KEEPER_LOST)
        c->open = false;
    c->on_snapshot(c, SLICE_EMPTY);
}

void call_snapshot(struct call *c, const void *arg)
{
    const struct msg_snapshot_part *m = arg;
    enum err e;

    if (m->kind != c->snapshot_kind || m->size > LIM_SNAPSHOT_BYTES || m->offset != c->snapshot.n ||
        m->part.n > m->size - m->offset || (m->size > 0 && m->part.n == 0)) {
        chan_breach(c->g->keeper, BREACH_SNAPSHOT_PARTS);
        return;
    }
    buf_put(&c->snapshot, m->part);
    e = call_hold(c);
    if (e)
        call_fail(c, e);
    else if (c->snapshot.n == m->size)
        c->on_snapshot(c, buf_slice(&c->snapshot));
}
