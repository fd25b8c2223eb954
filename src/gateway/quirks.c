/*
 * The table of client quirks. Run by the gateway. Trusts clientInfo only to get less: a client that
 * lies about its name takes something from itself.
 */
#include "gateway/quirks.h"

#include "base/limits.h"

#define URL    true
#define NO_URL false

static const struct quirk rows[] = {
#define Q(name, before, hold_ms, url, why) {name, before, hold_ms, url, why},
#include "gateway/quirks.def"
};

/* The number before the next dot; what is no number counts as 0. */
static uint64_t next_part(struct slice *version)
{
    uint64_t n;

    return slice_to_u64(slice_until(version, '.'), UINT32_MAX, &n) ? n : 0;
}

static bool is_before(struct slice version, struct slice limit)
{
    if (limit.n == 0)
        return true;
    while (limit.n > 0) {
        uint64_t a = next_part(&version), b = next_part(&limit);

        if (a != b)
            return a < b;
    }
    return false;
}

const struct quirk *quirk_find(const struct json *j, uint32_t client_info)
{
    uint32_t name = json_get(j, client_info, "name");
    struct buf scratch = BUF_INIT(64);
    struct slice version = json_str_slice(j, json_get(j, client_info, "version"), &scratch);
    const struct quirk *found = &rows[0];

    for (size_t i = 1; i < ARRAY_LEN(rows); i++) {
        if (json_str_eq_c(j, name, rows[i].name) && is_before(version, slice_str(rows[i].before))) {
            found = &rows[i];
            break;
        }
    }
    buf_free(&scratch);
    return found;
}

uint64_t quirk_hold_ms(const struct quirk *q)
{
    uint64_t most = limit_get(SET_HOLD_TIME);

    return q->hold_ms > 0 && q->hold_ms < most ? q->hold_ms : most;
}
