/* The kinds of handoff. Run by the keeper; of what a kind takes it trusts nothing. */
#include "keeper/kind.h"

#include "base/planted.h"
#include "keeper/typed.h"

#define BIT(x) (1u << (x))

/* --- secret: the fields of the upstream's credential ------------------------------------------ */

static enum err take_secret(struct keeper *k, const struct kind_given *g, struct slice plain,
                            struct connection_id *ret)
{
    const struct typed_for want = {.handoff = g->row->id,
                                   .user_name = g->by->user.name,
                                   .fields = g->upstream->fields,
                                   .wants = g->upstream->wants};
    struct vault_values values;
    enum err e = ERR_PROTOCOL;

    if (typed_parse(plain, &want, &values))
        e = connection_begin(k, &g->row->who, g->row->upstream, ret);
    return e ? e : vault_put(k, g->by->user.id, *ret, &values);
}

static bool try_secret(const struct keeper_upstream *u)
{
    return u->has_verify;
}

/* --- the tables ------------------------------------------------------------------------------- */

static const struct kind kinds[HANDOFF_KIND_COUNT] = {
    [HANDOFF_KIND_SECRET] = {.apart = BIT(LEASE_KIND_ONCE),
                             .life = SET_HANDOFF_TIME,
                             .tries = SET_SUBMITS_PER_HANDOFF,
                             .proves = session_proves,
                             .take = take_secret,
                             .tried = try_secret,
                             .grant = connection_promote},
};

/* Which kind a need opens. */
static const enum handoff_kind opens[NEED_COUNT] = {
    [NEED_MISSING] = HANDOFF_KIND_SECRET, [NEED_STALE] = HANDOFF_KIND_SECRET,
    [NEED_USED_UP] = HANDOFF_KIND_SECRET, [NEED_EXPIRED] = HANDOFF_KIND_SECRET,
    [NEED_ASKED] = HANDOFF_KIND_SECRET,
};

const struct kind *kind_of(enum handoff_kind k)
{
    BUG_IF((unsigned)k >= HANDOFF_KIND_COUNT);
    return &kinds[k];
}

void kind_ask(const struct keeper_upstream *u, struct handoff_ask *ask)
{
    const struct kind *kind = kind_of(opens[ask->need]);

    ask->kind = opens[ask->need];
    ask->apart = kind->apart & BIT(u->lease) && !PLANTED(once_shares_page);
    ask->life = limit_get(kind->life);
}

uint32_t kind_tries_left(const struct handoff_row *row)
{
    uint64_t most = limit_get(kind_of(row->kind)->tries);

    return row->submits < most ? (uint32_t)(most - row->submits) : 0;
}
