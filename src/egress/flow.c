/*
 * The way back to the gateway. Egress runs one for each call. It carries screened JSON and nothing
 * else; the gateway writes its own headers and events around it.
 */
#include "egress/flow.h"

#include "base/mem.h"
#include "ipc/gen/send.h"

struct flow_item {
    struct buf bytes;
    size_t at; /* sent so far */
    STAILQ_ENTRY(flow_item) entry;
};

void flow_init(struct flow *f, struct groups *waiting, struct use *use, struct chan *gateway,
               uint64_t call)
{
    *f = (struct flow){.waiting = waiting,
                       .use = use,
                       .gateway = gateway,
                       .call = call,
                       .credit = 4 * LIM_PART_BYTES};
    STAILQ_INIT(&f->messages);
}

static void drop_first(struct flow *f)
{
    struct flow_item *m = STAILQ_FIRST(&f->messages);

    f->held -= m->bytes.cap;
    STAILQ_REMOVE_HEAD(&f->messages, entry);
    buf_free(&m->bytes);
    mem_free(m);
}

static void note(struct flow *f)
{
    if (!flow_blocked(f) || f->credit == 0 || !f->gateway)
        group_leave(&f->of_gateway);
    else if (!f->of_gateway.of)
        group_join(f->waiting, slice_of(&f->gateway, sizeof(f->gateway)), &f->of_gateway, f);
}

void flow_drop(struct flow *f)
{
    f->gateway = NULL;
    note(f);
}

struct flow *flow_waiting(const struct groups *waiting, const struct chan *gateway)
{
    struct group_link *l = group_first(waiting, slice_of(&gateway, sizeof(gateway)));

    return l ? l->thing : NULL;
}

void flow_free(struct flow *f)
{
    while (flow_blocked(f))
        drop_first(f);
    note(f);
}

/* A channel that has ended is the business of the role's lost(); what is sent into it is lost too.
 */
static void send_part(struct flow *f)
{
    struct flow_item *m = STAILQ_FIRST(&f->messages);
    struct slice all = buf_slice(&m->bytes);
    size_t n = all.n - m->at;
    struct msg_answer_part part = {.call = f->call};

    if (n > LIM_PART_BYTES)
        n = LIM_PART_BYTES;
    if (n > f->credit)
        n = (size_t)f->credit;
    part.part = slice_sub(all, m->at, m->at + n);
    m->at += n;
    part.last = m->at == all.n;
    f->credit -= n;
    tell_answer_part(f->gateway, &part);
    if (part.last)
        drop_first(f);
}

void flow_go(struct flow *f)
{
    while (flow_blocked(f) && f->gateway && f->credit > 0 && !chan_full(f->gateway))
        send_part(f);
    if (!flow_blocked(f) && f->ending && !f->ended && f->gateway) {
        struct msg_answer_end m = {.call = f->call, .how = f->how, .code = f->code};

        f->ended = true;
        tell_answer_end(f->gateway, &m);
    }
    note(f);
}

void flow_head(struct flow *f, enum answer_kind kind)
{
    struct msg_answer_head m = {.call = f->call, .kind = kind};

    BUG_IF(f->headed);
    f->headed = true;
    tell_answer_head(f->gateway, &m);
}

void flow_message(struct flow *f, struct buf *message)
{
    struct flow_item *m;

    BUG_IF(!f->headed || f->ending || message->n == 0);
    if (!f->gateway) {
        buf_free(message);
        return;
    }
    m = MEM_NEW(struct flow_item);
    m->bytes = *message; /* moved */
    *message = BUF_INIT(message->max);
    f->held += m->bytes.cap;
    STAILQ_INSERT_TAIL(&f->messages, m, entry);
    flow_go(f);
}

void flow_end(struct flow *f, enum answer_how how, enum err code)
{
    BUG_IF(f->ending);
    /* The call goes on with another credential, perhaps at once: nothing of this answer may be in
     * its way. */
    while (how == ANSWER_HOW_REFUSED && flow_blocked(f))
        drop_first(f);
    f->ending = true;
    f->how = how;
    f->code = code;
    flow_go(f);
}

void flow_credit(struct flow *f, uint32_t bytes)
{
    f->credit += bytes;
    flow_go(f);
}

bool flow_blocked(const struct flow *f)
{
    return !STAILQ_EMPTY(&f->messages);
}

bool flow_done(const struct flow *f)
{
    return f->ended || !f->gateway;
}
