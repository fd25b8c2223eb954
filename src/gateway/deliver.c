/*
 * Delivering a handoff to the client: modern
 * by input_required and held retries, legacy by an elicitation on the call's own stream, or by an
 * error where the agent key says so, everybody else by a neutral answer. Run by the gateway. Trusts
 * the keeper on what state a handoff is in; what the client says about it (accept) is a hint that
 * somebody looks. Specifications: MCP 2026-07-28 basic/patterns/mrtr, client/elicitation;
 * 2025-11-25 client/elicitation "URL Mode".
 */
#include "gateway/deliver.h"

#include "gateway/core.h"
#include "gateway/deliver_text.h"
#include "gateway/reply.h"
#include "gateway/session.h"
#include "ipc/gen/send.h"
#include "proto/mcp_write.h"

/* In JSON a byte of text may become six. */
enum { TEXT_BYTES = 4096, MESSAGE_BYTES = 6 * (LIM_STATE_BYTES + TEXT_BYTES) };

/* --- without a link --------------------------------------------------------------------------- */

/* A tool's result is read by a model, and says so itself (isError, or clients that know an
 * outputSchema throw); other methods have only errors. */
static void reply_ending(struct call *c, enum ending how)
{
    struct buf text = BUF_INIT(TEXT_BYTES), out = BUF_INIT(MESSAGE_BYTES);
    struct slice id = buf_slice(&c->id_text);
    unsigned status = 200;

    deliver_put_ending(&text, &c->g->conf, c->up, how, buf_slice(&c->words));
    if (c->method->method == MCP_TOOLS_CALL) {
        mcp_put_text_result(&out, id, c->era, buf_slice(&text), true);
    } else if (c->era == ERA_MODERN && how == ENDING_WAITING && !(c->caps & MCP_CAP_ELICIT_URL)) {
        mcp_put_missing_elicitation(&out, id, buf_slice(&text));
        status = 400;
    } else {
        const struct mcp_error e = {
            .id = id, .code = RPC_INTERNAL_ERROR, .message = buf_slice(&text)};
        mcp_put_error(&out, &e);
    }
    call_reply_http(c, status, NULL, 0, buf_slice(&out));
    buf_free(&text);
    buf_free(&out);
}

static void set_handoff(struct call *c, struct handoff_id h, struct slice words)
{
    c->handoff = h;
    buf_set(&c->words, words);
}

/* Of anything else than a request that the keeper is to let through, nobody can be told to wait. */
static bool can_wait(const struct call *c)
{
    return c->kind == CALL_KIND_REQUEST && c->want != CALL_WANT_OWN;
}

void call_neutral(struct call *c, const void *arg)
{
    const struct msg_call_neutral *m = arg;

    if (!can_wait(c)) {
        chan_breach(c->g->keeper, BREACH_WRONG_ANSWER);
        return;
    }
    c->open = false;
    set_handoff(c, m->handoff, m->words);
    reply_ending(c, m->ending);
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* Counted from the client's request: its own patience is. */
static void wait_more(struct call *c)
{
    uint64_t now = loop_now(c->g->loop), left = 0;

    c->deadline = c->began + quirk_hold_ms(c->quirk);
    left = c->deadline > now ? c->deadline - now : 0;
    if (c->progress.n > 0 && left > limit_get(SET_COMMENT_TIME))
        left = limit_get(SET_COMMENT_TIME);
    loop_timer_set(c->timer, left);
}

/* Some clients wait longer when there is progress, if only of the clock. */
static void tick(struct call *c)
{
    struct buf out = BUF_INIT(TEXT_BYTES);

    mcp_put_progress(&out, buf_slice(&c->progress), ++c->ticks,
                     SLICE_LIT("waiting for the person"));
    call_say(c, buf_slice(&out));
    buf_free(&out);
    wait_more(c);
}

/* Modern: asks for the link to be opened, if there is one, and for the state to come back. */
static void reply_state(struct call *c, struct slice message, struct slice link, struct slice state)
{
    struct buf out = BUF_INIT(MESSAGE_BYTES);

    mcp_put_input_required(&out, buf_slice(&c->id_text), message, link, state);
    call_reply(c, buf_slice(&out));
    buf_free(&out);
}

void call_held(struct call *c, const void *arg)
{
    const struct msg_call_hold *m = arg;

    if (!can_wait(c)) {
        chan_breach(c->g->keeper, BREACH_WRONG_ANSWER);
        return;
    }
    set_handoff(c, m->handoff, m->words);
    buf_set(&c->leg, m->state);
    call_enter(c, CALL_HOLD);
    if (c->sink)
        sink_open(c->sink);
    wait_more(c);
}

/* The leg ends; the handoff stays, and the next call finds it. */
void call_late(struct call *c, UNUSED const void *arg)
{
    if (loop_now(c->g->loop) < c->deadline)
        tick(c);
    else if (c->state == CALL_HOLD && c->leg.n > 0 && c->era == ERA_MODERN)
        reply_state(c, SLICE_EMPTY, SLICE_EMPTY, buf_slice(&c->leg));
    else
        reply_ending(c, ENDING_WAITING);
}

/* Without a keeper nobody can say whether the person is done; the client may ask again with what it
 * came with. */
void call_hold_lost(struct call *c, UNUSED const void *arg)
{
    c->open = false;
    if (c->came.n > 0)
        reply_state(c, SLICE_EMPTY, SLICE_EMPTY, buf_slice(&c->came));
    else
        call_fail(c, ERR_UNAVAILABLE);
}

/* --- with a link ------------------------------------------------------------------------------ */

/* Error -32042: the call is over, and the client makes it again when it is told that the person is
 * done (2025-11-25 client/elicitation "URL Elicitation Required Error"). */
static void ask_by_error(struct call *c, struct slice message, struct slice link)
{
    struct buf out = BUF_INIT(MESSAGE_BYTES), handoff = BUF_INIT(ID_TEXT);

    ID_PUT(&handoff, c->handoff);
    const struct mcp_elicitation e = {
        .elicitation_id = buf_slice(&handoff), .message = message, .url = link};
    mcp_put_url_required(&out, buf_slice(&c->id_text), &e);
    session_show(c->session, c->handoff);
    call_reply(c, buf_slice(&out));
    buf_free(&out);
    buf_free(&handoff);
}

/* The stream's first event has an id and no data (2025-11-25 basic/transports): clients know then
 * that it can be slow. */
static void ask_legacy(struct call *c, struct slice message, struct slice link)
{
    struct buf out = BUF_INIT(MESSAGE_BYTES), id = BUF_INIT(64), handoff = BUF_INIT(ID_TEXT);
    struct ask *k = ask_new(&c->session->asks, c->id, SLICE_EMPTY);

    if (!k || !c->sink) {
        reply_ending(c, ENDING_WAITING);
        return;
    }
    ask_put_id(&id, k);
    ID_PUT(&handoff, c->handoff);
    const struct mcp_elicitation e = {.id = buf_slice(&id),
                                      .elicitation_id = buf_slice(&handoff),
                                      .message = message,
                                      .url = link};
    mcp_put_elicitation(&out, &e);
    session_show(c->session, c->handoff);
    call_enter(c, CALL_ELICIT);
    if (!sink_is_stream(c->sink))
        sink_prime(c->sink, buf_slice(&handoff));
    call_say(c, buf_slice(&out));
    wait_more(c);
    buf_free(&out);
    buf_free(&id);
    buf_free(&handoff);
}

void call_handed_off(struct call *c, const void *arg)
{
    const struct msg_call_handoff *m = arg;
    struct buf message = BUF_INIT(TEXT_BYTES), link = BUF_INIT(512);

    if (!call_shows_links(c)) {
        chan_breach(c->g->keeper, BREACH_WRONG_ANSWER);
        return;
    }
    if (session_is_foreign(c, &m->client)) {
        call_fail(c, ERR_UNKNOWN_SESSION);
        return;
    }
    set_handoff(c, m->handoff, m->words);
    deliver_put_message(&message, c->up, m->need, m->words);
    deliver_put_link(&link, &c->g->conf, m->handoff);
    if (c->era == ERA_MODERN)
        reply_state(c, buf_slice(&message), buf_slice(&link), m->state);
    else if (m->by_error)
        ask_by_error(c, buf_slice(&message), buf_slice(&link));
    else
        ask_legacy(c, buf_slice(&message), buf_slice(&link));
    buf_free(&message);
    buf_free(&link);
}

/* The client's answer to our elicitation; the keeper says what follows. */
void call_answered(struct call *c, const void *arg)
{
    const enum answer *a = arg;
    const struct msg_call_answer m = {.call = c->id, .answer = *a};

    if (!c->g->keeper || send_call_answer(c->g->keeper, &m) != ERR_OK)
        call_fail(c, ERR_UNAVAILABLE);
}
