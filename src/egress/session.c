/* Bookkeeping of the upstream's legacy sessions; who opens them is egress/open.c. */
#include "egress/session.h"

#include "base/limits.h"
#include "base/mem.h"

void sessions_init(struct sessions *all)
{
    *all = (struct sessions){0};
    TAILQ_INIT(&all->by_age);
}

static void session_free(struct egress_session *s)
{
    BUG_IF(!TAILQ_EMPTY(&s->waiting_for_open));
    buf_free(&s->id);
    buf_free(&s->version);
    mem_free(s);
}

void egress_session_forget(struct egress_session *s)
{
    if (s->forgotten)
        return;
    s->forgotten = true;
    HASH_DEL(s->all->by_key, s);
    TAILQ_REMOVE(&s->all->by_age, s, by_age);
    group_leave(&s->of_session);
    group_leave(&s->of_connection);
    if (s->users == 0)
        session_free(s);
}

struct egress_session *session_own(struct sessions *all)
{
    struct egress_session *s = MEM_NEW(struct egress_session);

    *s = (struct egress_session){.all = all, .forgotten = true, .users = 1};
    s->id = BUF_INIT(LIM_UPSTREAM_SESSION_BYTES);
    s->version = BUF_INIT(32);
    TAILQ_INIT(&s->waiting_for_open);
    return s;
}

static struct egress_session *session_new(struct sessions *all, const struct session_key *key)
{
    struct egress_session *s;

    if (HASH_COUNT(all->by_key) >= LIM_UPSTREAM_SESSIONS)
        egress_session_forget(TAILQ_FIRST(&all->by_age));
    s = session_own(all);
    s->key = *key;
    s->forgotten = false;
    s->users = 0;
    HASH_ADD(hh, all->by_key, key, sizeof(s->key), s);
    TAILQ_INSERT_TAIL(&all->by_age, s, by_age);
    group_join(&all->by_session, slice_of(&s->key.session, sizeof(s->key.session)), &s->of_session,
               s);
    group_join(&all->by_connection, ID_SLICE(s->key.connection), &s->of_connection, s);
    return s;
}

struct egress_session *egress_session_find(const struct sessions *all,
                                           const struct session_key *key)
{
    struct egress_session *s;

    HASH_FIND(hh, all->by_key, key, sizeof(*key), s);
    return s;
}

struct egress_session *session_get(struct sessions *all, const struct session_key *key)
{
    struct egress_session *s = egress_session_find(all, key);

    if (!s)
        s = session_new(all, key);
    TAILQ_REMOVE(&all->by_age, s, by_age);
    TAILQ_INSERT_TAIL(&all->by_age, s, by_age);
    s->users++;
    return s;
}

void session_put(struct egress_session *s)
{
    BUG_IF(s->users == 0);
    if (--s->users == 0 && s->forgotten)
        session_free(s);
}

static void forget_group(struct groups *all, struct slice key)
{
    struct group_link *l;

    while ((l = group_first(all, key)))
        egress_session_forget(l->thing);
}

void sessions_end(struct sessions *all, const struct gateway_session *ended)
{
    forget_group(&all->by_session, slice_of(ended, sizeof(*ended)));
}

void sessions_drop(struct sessions *all, const struct connection_id *connection)
{
    forget_group(&all->by_connection, ID_SLICE(*connection));
}
