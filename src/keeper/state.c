/*
 * Sealing and opening requestState. Run by the keeper. What is opened was written by the keeper
 * itself or it does not open; it is checked all the same. Specification: 2026-07-28
 * basic/patterns/mrtr, server requirements on requestState ("MUST NOT trust").
 *
 * Plain form: version u8, leg u8, bits u8, times u8, handoff, chain, user, client, connection,
 * lease (16 each), request (32), expires u64, upstream's name (u8 length, bytes), and the
 * upstream's own state to the end. Numbers are big endian.
 */
#include "keeper/state.h"

#include "base/base64.h"
#include "base/planted.h"
#include "crypto/blob.h"
#include "crypto/open.h"
#include "crypto/random.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/roots.h"
#include "keeper/use.h"

enum { VERSION = 4, HEAD = 4 + 6 * 16 + 32 + 8 + 1, PLAIN = HEAD + 32 + LIM_UPSTREAM_STATE_BYTES };
enum { CONTINUES = 1, HAS_STATE = 2 };

static const struct slice binding = {(const uint8_t *)"requestState", 12};

/* What is in it as it stands, in this order. */
static const struct {
    size_t at, n;
} fixed[] = {
#define F(member)                                                                                  \
    {                                                                                              \
        offsetof(struct state, member), sizeof(((struct state *)NULL)->member)                     \
    }
    F(handoff), F(chain), F(who.user), F(who.client), F(connection), F(lease), F(request),
#undef F
};

void state_put(const struct state *s, struct buf *out)
{
    struct slice name = slice_str(s->upstream);

    buf_put_u8(out, VERSION);
    buf_put_u8(out, s->leg);
    buf_put_u8(out, (uint8_t)((s->continues ? CONTINUES : 0) | (s->has_state ? HAS_STATE : 0)));
    buf_put_u8(out, s->times);
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        buf_put(out, slice_of((const uint8_t *)s + fixed[i].at, fixed[i].n));
    wire_put_number(out, s->expires, 8);
    buf_put_u8(out, (uint8_t)name.n);
    buf_put(out, name);
    buf_put(out, s->upstream_state);
}

enum err state_seal(struct keeper *k, const struct state *s, struct buf *ret_text)
{
    struct aead_key key = roots_state_key(k);
    struct buf plain = BUF_INIT(PLAIN), sealed = BUF_INIT(PLAIN + AEAD_OVERHEAD);
    enum err e = ERR_OK;

    state_put(s, &plain);
    e = buf_err(&plain);
    if (!e)
        e = aead_seal(&key, binding, buf_slice(&plain), &sealed);
    if (!e) {
        base64_put(ret_text, BASE64_URL, buf_slice(&sealed));
        if (PLANTED(state_tells))
            base64_put(ret_text, BASE64_URL, planted_kept());
        e = buf_err(ret_text);
    }
    buf_free(&plain);
    buf_free(&sealed);
    return e;
}

bool state_parse(struct slice s, struct state *ret)
{
    struct slice name;
    uint8_t bits;

    if (s.n < HEAD || s.p[0] != VERSION)
        return false;
    ret->leg = s.p[1];
    bits = s.p[2];
    ret->continues = bits & CONTINUES;
    ret->has_state = bits & HAS_STATE;
    ret->times = s.p[3];
    (void)slice_take(&s, 4);
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        (void)slice_copy(slice_take(&s, fixed[i].n), (uint8_t *)ret + fixed[i].at, fixed[i].n);
    ret->expires = wire_number(slice_take(&s, 8).p, 8);
    name = slice_take(&s, 1);
    if (name.p[0] > s.n)
        return false;
    name = slice_take(&s, name.p[0]);
    ret->upstream_state = s;
    return bits <= (CONTINUES | HAS_STATE) && (ret->continues || !ret->has_state) &&
           ret->continues == (ret->times > 0) && (ret->has_state || s.n == 0) &&
           slice_to_cstr(name, ret->upstream, sizeof(ret->upstream));
}

static enum err unseal(struct keeper *k, struct slice text, struct buf *plain)
{
    struct buf sealed = BUF_INIT(PLAIN + AEAD_OVERHEAD);
    struct aead_key key = {0, NULL};
    uint32_t id = 0;
    enum err e = base64_decode(BASE64_URL, text, &sealed);

    if (!e)
        e = blob_key_id(buf_slice(&sealed), BLOB_XCHACHA20, &id);
    if (!e)
        key = roots_state_key_of(k, id);
    if (!e && !key.key)
        e = ERR_CORRUPT;
    if (!e)
        e = open_aead(&key, binding, buf_slice(&sealed), plain);
    buf_free(&sealed);
    return e;
}

enum err state_open(struct keeper *k, const struct principal *who, struct slice text,
                    struct buf *plain, struct state *ret)
{
    struct state s = {.leg = 0};

    buf_clear(plain);
    if (unseal(k, text, plain) != ERR_OK || !state_parse(buf_slice(plain), &s))
        return ERR_BAD_STATE;
    if (s.expires <= keeper_now(k))
        return ERR_BAD_STATE;
    if (!PLANTED(state_unbound) &&
        (!ID_EQ(s.who.user, who->user) || !ID_EQ(s.who.client, who->client)))
        return ERR_BAD_STATE;
    *ret = s;
    return ERR_OK;
}

bool state_is_for(const struct state *s, const char *upstream, struct digest request)
{
    if (PLANTED(state_elsewhere))
        return true;
    return slice_eq_str(slice_str(s->upstream), upstream) && ID_EQ(s->request, request);
}

/* --- what an upstream asks -------------------------------------------------------------------- */

/* Seals what a use was answered with, once: for whoever asked, this request, and what it went with.
 * A call that went on SET_CONTINUATIONS times already goes on no more. */
void keeper_on_state_seal(struct keeper *k, struct chan *c, const struct msg_state_seal *m)
{
    struct keeper_use *u = use_of(k, c, m->use);
    struct buf text = BUF_INIT(LIM_STATE_BYTES);
    struct state s = {.continues = true, .has_state = m->has_state, .upstream_state = m->state};

    if (!u)
        return;
    if (u->state != USE_RELEASED || u->plan.mode != MODE_CALL || u->sealed ||
        (m->state.n > 0 && !m->has_state)) {
        chan_breach(c, BREACH_SEAL_UNASKED);
        return;
    }
    u->sealed = true;
    if (u->plan.times >= limit_get(SET_CONTINUATIONS) && !PLANTED(continued_for_ever)) {
        tell_state_sealed(c, &(struct msg_state_sealed){.use = u->id});
        return;
    }
    s.times = (uint8_t)(u->plan.times + 1);
    s.who = u->plan.who;
    s.request = u->plan.request;
    s.connection = u->plan.connection;
    s.lease = u->plan.lease;
    s.expires = keeper_now(k) + limit_get(SET_HANDOFF_TIME);
    RANDOM_ID(s.chain);
    BUG_IF(!slice_to_cstr(slice_str(keeper_conf_get(&k->conf, u->plan.upstream)->name), s.upstream,
                          sizeof(s.upstream)));
    BUG_IF(state_seal(k, &s, &text) != ERR_OK); /* the maxima fit */
    tell_state_sealed(c, &(struct msg_state_sealed){.use = u->id, .state = buf_slice(&text)});
    buf_free(&text);
}
