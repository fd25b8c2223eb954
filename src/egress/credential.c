/*
 * The credential of a use, from the permit to its places; the screen is told what must not come
 * back. Egress runs it, and opens the credential here and nowhere else.
 */
#include "egress/credential.h"

#include "base/planted.h"
#include "os/log.h"
#include "screen/parts.h"

/* What the screen is told of one credential, and how many parts it may still have. */
struct credential_telling {
    struct screen *screen;
    size_t parts;
};

static void on_part(void *ctx, const struct parts_part *p)
{
    if (p->kind == PARTS_OWN)
        screen_add(ctx, p->bytes, p->from, p->to);
    else if (p->kind == PARTS_FORM)
        screen_add_form(ctx, p->bytes, p->from, p->to);
    else
        screen_add_made(ctx, p->bytes);
}

static void on_secret(void *ctx, struct slice value, bool made)
{
    struct credential_telling *t = ctx;
    size_t n;

    if (made) {
        screen_add_made(t->screen, value);
        return;
    }
    n = parts_of(value, t->parts, on_part, t->screen);
    t->parts -= n < t->parts ? n : t->parts;
}

static enum err place_opened(void *ctx, struct slice credential)
{
    struct use *u = ctx;
    struct credential_telling telling = {u->screen, LIM_PARTS};

    if (PLANTED(egress_logs))
        log_event(LEVEL_INFO, "planted", LOG_TEXT("value", credential));
    if (PLANTED(egress_keeps) || PLANTED(gateway_told))
        planted_keep(credential);
    return place_fill(&u->all->conf, credential, on_secret, &telling, &u->place);
}

/* What the agent chose, all that leaves with the request. The person should know that the agent has
 * their secret; the agent learns nothing, and no budget is touched by it: a suspension would tell
 * that one guess of many was right. */
static void excuse(struct use *u)
{
    struct slice headers[2 * LIM_MCP_PARAMS + 1];
    size_t n = 0, known;

    for (size_t i = 0; i < u->params_n; i++) {
        headers[n++] = buf_slice(&u->params[i].name);
        headers[n++] = buf_slice(&u->params[i].value);
    }
    headers[n++] = buf_slice(&u->last_event_id);
    for (size_t i = 0; i < n; i++)
        u->chosen += headers[i].n;
    u->chosen += u->body.n;
    known = screen_excuse(u->screen, &u->json, headers, PLANTED(header_unexcused) ? 0 : n);
    if (known > 0)
        log_event(LEVEL_WARN, "secret_in_request", LOG_ID("use", u->id), LOG_NUM("blocks", known));
}

enum err credential_place(struct use *u)
{
    enum err e = ERR_OK;

    if (u->credential && sec_len(u->credential) > 0) {
        u->screen = screen_new(buf_slice(&u->all->conf.name), u->all->screen_key);
        e = sec_with(u->credential, place_opened, u);
    }
    sec_free(u->credential);
    u->credential = NULL;
    excuse(u);
    return e;
}
