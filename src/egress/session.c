/* Bookkeeping of the upstream's legacy sessions; who opens them is egress/open.c. */
#include "egress/session.h"

#include "base/limits.h"
#include "base/mem.h"

void sessions_init(struct sessions *all)
{
    all->by_key = NULL;
    TAILQ_INIT(&all->by_age);
}

static void session_free(struct session *s)
{
    BUG_IF(!TAILQ_EMPTY(&s->waiting_for_open));
    buf_free(&s->id);
    buf_free(&s->version);
    mem_free(s);
}

void session_forget(struct session *s)
{
    if (s->forgotten)
        return;
    s->forgotten = true;
    HASH_DEL(s->all->by_key, s);
    TAILQ_REMOVE(&s->all->by_age, s, by_age);
    if (s->users == 0)
        session_free(s);
}

struct session *session_own(struct sessions *all)
{
    struct session *s = MEM_NEW(struct session);

    *s = (struct session){.all = all, .forgotten = true, .users = 1};
    s->id = BUF_INIT(LIM_UPSTREAM_SESSION_BYTES);
    s->version = BUF_INIT(32);
    TAILQ_INIT(&s->waiting_for_open);
    return s;
}

static struct session *session_new(struct sessions *all, const struct session_key *key)
{
    struct session *s;

    if (HASH_COUNT(all->by_key) >= LIM_UPSTREAM_SESSIONS)
        session_forget(TAILQ_FIRST(&all->by_age));
    s = session_own(all);
    s->key = *key;
    s->forgotten = false;
    s->users = 0;
    HASH_ADD(hh, all->by_key, key, sizeof(s->key), s);
    TAILQ_INSERT_TAIL(&all->by_age, s, by_age);
    return s;
}

struct session *session_find(const struct sessions *all, const struct session_key *key)
{
    struct session *s;

    HASH_FIND(hh, all->by_key, key, sizeof(*key), s);
    return s;
}

struct session *session_get(struct sessions *all, const struct session_key *key)
{
    struct session *s = session_find(all, key);

    if (!s)
        s = session_new(all, key);
    TAILQ_REMOVE(&all->by_age, s, by_age);
    TAILQ_INSERT_TAIL(&all->by_age, s, by_age);
    s->users++;
    return s;
}

void session_put(struct session *s)
{
    BUG_IF(s->users == 0);
    if (--s->users == 0 && s->forgotten)
        session_free(s);
}

void sessions_end(struct sessions *all, const struct session_key *ended)
{
    struct session *s, *tmp;

    HASH_ITER(hh, all->by_key, s, tmp) {
        if (ID_EQ(s->key.session, ended->session) && s->key.gateway == ended->gateway &&
            s->key.generation == ended->generation)
            session_forget(s);
    }
}

void sessions_drop(struct sessions *all, const struct connection_id *connection)
{
    struct session *s, *tmp;

    HASH_ITER(hh, all->by_key, s, tmp) {
        if (ID_EQ(s->key.connection, *connection))
            session_forget(s);
    }
}
