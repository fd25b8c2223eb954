/* Bookkeeping of the upstream's legacy sessions; who opens them is egress/open.c. */
#include "egress/session.h"

#include "base/limits.h"
#include "base/mem.h"

void sessions_init(struct sessions *all)
{
    all->by_key = NULL;
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

void sessions_end(struct sessions *all, const struct session_key *ended)
{
    struct egress_session *s, *tmp;

    HASH_ITER(hh, all->by_key, s, tmp) {
        if (ID_EQ(s->key.session, ended->session) && s->key.gateway == ended->gateway &&
            s->key.generation == ended->generation)
            egress_session_forget(s);
    }
}

void sessions_drop(struct sessions *all, const struct connection_id *connection)
{
    struct egress_session *s, *tmp;

    HASH_ITER(hh, all->by_key, s, tmp) {
        if (ID_EQ(s->key.connection, *connection))
            egress_session_forget(s);
    }
}
