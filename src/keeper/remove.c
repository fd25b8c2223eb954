/*
 * Removing an agent key, or a person. Run by the keeper. First nobody is that client any more, then
 * the connections end as in revoke.c, then the rows go. With a person the data key goes and the
 * master key is replaced, so that a copy of the store taken before does not open either; the
 * command is answered when the old master key is destroyed, and the connections have ended.
 */
#include "base/mem.h"
#include "ipc/gen/keeper.h"
#include "keeper/auth.h"
#include "keeper/call_open.h"
#include "keeper/ctl.h"
#include "keeper/handoff.h"
#include "keeper/master.h"
#include "keeper/outbox.h"
#include "keeper/pages.h"
#include "keeper/revoke.h"
#include "os/log.h"

struct removal {
    struct keeper *k;
    uint64_t peer;
    bool person;
    struct user_id user;
    struct client_id client; /* when not the whole person */
    uint32_t master;         /* the new key */
    struct user_row whom;    /* the person */
    struct client_row key;   /* or their agent key */
    struct handoff_moved *cancelled;
    unsigned waits; /* for the connections, and for all else */
    enum err e;
    enum err unread; /* of the connections */
    const char *why;
};

/* What a person's or client's open handoffs were for is gone. */
static enum err cancel_handoffs(struct removal *r)
{
    const struct handoff_which open = {STORE_GIVES(handoff_id_row, Q_handoff_of), VALS(V_WHO(*r)),
                                       HANDOFF_CANCEL};

    return handoff_move_all(r->k, &open, &(struct handoff_change){0}, &r->cancelled);
}

static enum err remove_rows(struct removal *r)
{
    struct keeper *k = r->k;
    enum err e = ERR_OK;

    if (!r->person)
        return store_do(k->store, Q_client_remove, VALS(V_ID(r->client)));
    e = store_do(k->store, Q_user_remove, VALS(V_ID(r->user)));
    return e ? e : master_switch(k, r->master);
}

static const char *name_of(const struct removal *r)
{
    return r->person ? r->whom.name : r->key.label;
}

static enum err work(void *ctx)
{
    struct removal *r = ctx;
    const enum event event = r->person ? EVENT_USER_REMOVED : EVENT_KEY_REMOVED;
    enum err e = cancel_handoffs(r);

    if (!e)
        e = remove_rows(r);
    if (!e)
        e = NOTE(r->k, .event = event, .who = {r->user, r->client},
                 .detail = slice_str(name_of(r)));
    return e;
}

static void answer_when_over(struct removal *r)
{
    if (--r->waits > 0)
        return;
    if (!r->e && r->unread) {
        r->e = r->unread;
        r->why =
            "removed, but not all connections could be read: what runs with them ends by itself";
    }
    ctl_say_why(r->k, r->peer, r->e, r->why);
    mem_free(r);
}

/* What could not be read has not ended in egress, though its rows go with the others. A store that
 * fails otherwise fails for the rows too, and is reported with them. */
static void revoked(void *ctx, enum err e, UNUSED size_t n)
{
    struct removal *r = ctx;

    r->unread = e == ERR_CORRUPT ? e : ERR_OK;
    answer_when_over(r);
}

static void finished(void *ctx, enum err e)
{
    struct removal *r = ctx;

    r->e = e;
    if (e)
        r->why = "the person is removed, but the old master key is not destroyed yet (the log says "
                 "why): a copy of the store from before still opens with it. It is tried again "
                 "every hour and at each start";
    answer_when_over(r);
}

static enum err load_again(void *ctx)
{
    struct removal *r = ctx;

    return auth_load(r->k);
}

static void loaded(void *ctx, enum err e)
{
    struct removal *r = ctx;

    if (e) /* without a store nobody is anybody */
        auth_close(r->k);
    answer_when_over(r);
}

static void failed(struct removal *r, enum err e)
{
    struct keeper *k = r->k;

    handoff_moved_free(&r->cancelled);
    if (r->person)
        master_give_up(k, r->master);
    r->e = e;
    /* back as the store has it */
    store_work(k->store, STORE_READ, load_again, loaded, r);
}

static void done(void *ctx, enum err e)
{
    struct removal *r = ctx;
    struct keeper *k = r->k;

    log_event(e ? LEVEL_ERROR : LEVEL_INFO, "removed", LOG_STR("what", r->person ? "user" : "key"),
              LOG_STR("name", name_of(r)), LOG_ERR(e));
    if (e) {
        failed(r, e);
        return;
    }
    handoff_all_changed(k, &r->cancelled);
    if (r->person) {
        auth_remove_user(k, r->user); /* of a key that came in the same transaction, before this */
        pages_sessions_ended(k, r->user);
        master_switched(k, r->master, finished, r);
    } else {
        finished(r, ERR_OK);
    }
}

/* From now on nobody is that client, or any of that person's. */
static void end_clients(const struct removal *r)
{
    struct keeper *k = r->k;
    struct group_link *l = group_first(&k->auth->by_user, ID_SLICE(r->user));

    if (!r->person) {
        calls_end_client(k, r->client);
        auth_remove(k, r->client);
        return;
    }
    for (; l; l = group_next(l))
        calls_end_client(k, ((struct auth_key *)l->thing)->row.who.client);
    auth_remove_user(k, r->user);
}

/* It was found, or not: e. */
static void found(void *ctx, enum err e)
{
    struct removal *r = ctx;
    struct keeper *k = r->k;

    r->user = r->person ? r->whom.id : r->key.who.user;
    if (!e && r->person)
        e = master_prepare(k, &r->master);
    if (e) {
        ctl_say(k, r->peer, e);
        mem_free(r);
        return;
    }
    end_clients(r);
    revoke_connections(k, &(struct revoke_which){.user = r->user, .client = r->client}, revoked, r);
    store_work(k->store, STORE_URGENT, work, done, r);
}

void keeper_on_ctl_user_remove(struct keeper *k, struct chan *c,
                               const struct msg_ctl_user_remove *m)
{
    struct removal *r = MEM_NEW(struct removal);

    *r =
        (struct removal){.k = k, .peer = peer_of(c)->serial, .person = true, .waits = 2, .why = ""};
    store_ask(k->store, Q_user_by_name, VALS(V_BYTES(m->name)), &r->whom, found, r);
}

void keeper_on_ctl_key_remove(struct keeper *k, struct chan *c, const struct msg_ctl_key_remove *m)
{
    struct removal *r = MEM_NEW(struct removal);

    *r = (struct removal){
        .k = k, .peer = peer_of(c)->serial, .client = m->client, .waits = 2, .why = ""};
    store_ask(k->store, Q_client_get, VALS(V_ID(m->client)), &r->key, found, r);
}
