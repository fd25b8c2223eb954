/* The rules, a row for each kind. Egress runs them on what the upstream says, and trusts nothing of
 * it; what it says can only be taken for a refusal too often, which asks the person again. */
#include "egress/rule.h"

#include "proto/mcp.h"

/* What there is to look at, a status or a response. */
struct seen {
    unsigned status; /* 0: a response */
    const struct json *j;
    const struct jsonrpc *m;
    uint32_t words;      /* node of what it says in words */
    struct buf *scratch; /* for one string of it */
};

/* Whether a string at or below node has that text in it, as decoded. As deep as JSON may be. */
static bool says(const struct json *j, uint32_t node, struct slice text, struct buf *scratch)
{
    bool found = false;

    if (json_is(j, node, JSON_STRING)) {
        struct slice s = json_str_slice(j, node, scratch);
        found = slice_find(s, text) < s.n;
        buf_clear(scratch);
    }
    for (uint32_t i = json_first(j, node); i != JSON_NONE && !found; i = json_next(j, i))
        found = says(j, json_is(j, node, JSON_OBJECT) ? json_value(j, i) : i, text, scratch);
    return found;
}

static bool by_status(const struct egress_conf_rule *r, const struct seen *s)
{
    return s->status != 0 && r->number == (int64_t)s->status;
}

static bool by_code(const struct egress_conf_rule *r, const struct seen *s)
{
    return s->status == 0 && s->m->kind == JSONRPC_ERROR && s->m->code == r->number;
}

static bool by_text(const struct egress_conf_rule *r, const struct seen *s)
{
    return s->status == 0 && says(s->j, s->words, buf_slice(&r->value), s->scratch);
}

static bool (*const rows[RULE_COUNT])(const struct egress_conf_rule *r, const struct seen *s) = {
    [RULE_STATUS] = by_status,
    [RULE_CODE] = by_code,
    [RULE_TEXT] = by_text,
};

static bool any(const struct egress_conf *c, const struct seen *s)
{
    for (size_t i = 0; i < c->rules_n; i++)
        if (rows[c->rules[i].rule](&c->rules[i], s))
            return true;
    return false;
}

bool rule_refuses_status(const struct egress_conf *c, unsigned status)
{
    return status == 401 || any(c, &(struct seen){.status = status});
}

bool rule_refuses(const struct egress_conf *c, const struct json *j, const struct jsonrpc *m)
{
    struct buf scratch = BUF_INIT(limit_get(SET_BODY_BYTES)); /* no string of a message is longer */
    struct seen s = {.j = j, .m = m, .scratch = &scratch};
    bool found;

    if (m->kind == JSONRPC_ERROR)
        s.words = json_get(j, m->error, "message");
    else if (mcp_result_is_error(j, m->result))
        s.words = json_get(j, m->result, "content");
    else
        return false;
    found = any(c, &s);
    buf_free(&scratch);
    return found;
}
