/* Sealing and opening values. Run by the keeper, the only process that links crypto/open.h. */
#include "keeper/vault.h"

#include "base/planted.h"
#include "crypto/open.h"
#include "crypto/random.h"
#include "keeper/master.h"
#include "keeper/outbox.h"
#include "os/log.h"

/* Data keys are replaced by making the person's values anew, so there has been one a person so far;
 * its number is in every blob. */
enum { KEY_NUMBER = 1, AD = 128, WRAPPED = 256 };

enum err vault_new_key(struct keeper *k, struct user_id user, struct buf *ret_wrapped,
                       uint32_t *ret_kek)
{
    struct sec *key = random_sec(AEAD_KEY_BYTES);
    struct buf ad = BUF_INIT(AD);
    enum err e = ERR_OK;

    master_ad_user(ID_SLICE(user), &ad);
    e = master_wrap(k, buf_slice(&ad), key, ret_wrapped, ret_kek);
    sec_free(key);
    buf_free(&ad);
    return e;
}

static enum err data_key(struct keeper *k, struct user_id user, struct sec **ret)
{
    struct wrapped_row row;
    struct store_rows q;
    struct buf ad = BUF_INIT(AD);
    enum err e = ERR_NOT_FOUND;

    master_ad_user(ID_SLICE(user), &ad);
    store_query(k->store, Q_user_key, VALS(V_ID(user)), &row, &q);
    if (store_next(&q))
        e = master_unwrap(k, (uint32_t)row.kek, buf_slice(&ad), row.wrapped, ret);
    buf_free(&ad);
    return store_end(&q, e);
}

static void place(struct user_id user, struct connection_id connection, size_t field,
                  struct buf *ret)
{
    buf_clear(ret);
    buf_put_str(ret, "secret.sealed|");
    buf_put(ret, ID_SLICE(connection)); /* the row */
    buf_put(ret, ID_SLICE(user));
    buf_put_u8(ret, (uint8_t)field);
}

/* Plants: what is given to be sealed goes elsewhere too. */
static void plant(struct keeper *k, struct slice value)
{
    if (PLANTED(keeper_keeps) || PLANTED(state_tells) || PLANTED(command_tells))
        planted_keep(value);
    if (PLANTED(environment_tells))
        planted_environment(value);
    if (PLANTED(keeper_logs))
        log_event(LEVEL_INFO, "planted", LOG_TEXT("value", value));
    if (PLANTED(audit_tells))
        IGNORE(NOTE(k, .event = EVENT_REFLECTED, .detail = value));
}

enum err vault_put(struct keeper *k, struct user_id user, struct connection_id connection,
                   const struct vault_values *values)
{
    struct buf ad = BUF_INIT(AD), sealed = BUF_INIT(LIM_FIELD_BYTES + AEAD_OVERHEAD);
    struct sec *key = NULL;
    enum err e = data_key(k, user, &key);

    for (size_t i = 0; !e && i < values->n; i++) {
        plant(k, values->value[i]);
        place(user, connection, i, &ad);
        buf_clear(&sealed);
        e = aead_seal(&(struct aead_key){KEY_NUMBER, key}, buf_slice(&ad), values->value[i],
                      &sealed);
        if (PLANTED(store_plain))
            buf_put(&sealed, values->value[i]);
        if (!e)
            e = store_do(k->store, Q_secret_add,
                         VALS(V_ID(connection), V_INT(i), V_BYTES(buf_slice(&sealed))));
    }
    sec_free(key);
    buf_free(&ad);
    buf_free(&sealed);
    return e;
}

static enum err pack(void *ctx, struct slice value)
{
    struct buf *out = ctx;

    wire_put_number(out, value.n, 2);
    buf_put(out, value);
    return buf_err(out);
}

static enum err open_field(const struct sec *key, struct slice ad, struct slice sealed,
                           struct buf *out)
{
    struct sec *value = NULL;
    enum err e = ERR_OK;

    if (PLANTED(store_plain)) /* v + AEAD_OVERHEAD + v */
        sealed = slice_sub(sealed, 0, (sealed.n + AEAD_OVERHEAD) / 2);
    e = open_aead_sec(&(struct aead_key){KEY_NUMBER, key}, ad, sealed, &value);

    if (!e)
        e = sec_with(value, pack, out);
    sec_free(value);
    return e;
}

enum err vault_get(struct keeper *k, struct user_id user, struct connection_id connection,
                   struct sec **ret)
{
    struct buf ad = BUF_INIT(AD), packed = BUF_INIT(LIM_CREDENTIAL_BYTES);
    struct sec *key = NULL;
    struct secret_row row;
    struct store_rows q;
    uint64_t next = 0;
    enum err e = data_key(k, user, &key);

    if (!e) {
        store_query(k->store, Q_secret_list, VALS(V_ID(connection)), &row, &q);
        for (; !e && store_next(&q); next++) {
            place(user, connection, (size_t)next, &ad);
            /* In order and without gaps: a row that was taken away is noticed. */
            e = row.field == next ? open_field(key, buf_slice(&ad), row.sealed, &packed)
                                  : ERR_CORRUPT;
        }
        e = store_end(&q, e);
    }
    if (!e && next == 0)
        e = ERR_NOT_FOUND;
    if (!e)
        *ret = sec_take(packed.p, packed.n);
    if (!e)
        e = sec_room(*ret);
    sec_free(key);
    buf_free(&packed);
    buf_free(&ad);
    return e;
}
