/* Bookkeeping of legacy sessions: what is forgotten with what, and who keeps what is forgotten. */
#include "unit.h"

#include "base/limits.h"
#include "egress/session.h"

static struct session_key key_of(unsigned char client, unsigned char connection, uint64_t gateway)
{
    return (struct session_key){.client = {{client}},
                                .session = {.id = {{1}}, .gateway = gateway},
                                .connection = {{connection}}};
}

static struct egress_session *get(struct sessions *all, struct session_key key)
{
    return session_get(all, &key);
}

static bool has(const struct sessions *all, struct session_key key)
{
    return egress_session_find(all, &key) != NULL;
}

static void check_empty(const struct sessions *all)
{
    assert_null(all->by_key);
    assert_null(all->by_session.by_key);
    assert_null(all->by_connection.by_key);
}

/* Each is in two groups, and leaves both, whichever ends it. */
static void test_end_and_drop(void **state)
{
    static const struct {
        unsigned char client, connection;
        uint64_t gateway;
        bool ended, dropped;
    } rows[] = {{1, 1, 0, true, true},
                {2, 1, 0, true, true},
                {1, 2, 0, true, false},
                {1, 1, 7, false, true},
                {1, 2, 7, false, false}};
    static const struct gateway_session at = {.id = {{1}}}, other = {.id = {{1}}, .gateway = 7};
    static const struct connection_id first = {{1}}, second = {{2}};
    struct sessions all;

    (void)state;
    sessions_init(&all);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        session_put(get(&all, key_of(rows[i].client, rows[i].connection, rows[i].gateway)));
    sessions_end(&all, &at);
    sessions_end(&all, &at); /* nothing is there */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(has(&all, key_of(rows[i].client, rows[i].connection, rows[i].gateway)),
                         !rows[i].ended);
    sessions_drop(&all, &first);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(has(&all, key_of(rows[i].client, rows[i].connection, rows[i].gateway)),
                         !rows[i].ended && !rows[i].dropped);
    sessions_end(&all, &other);
    sessions_drop(&all, &second);
    check_empty(&all);
}

/* Who uses one that is forgotten goes on, beside the one that takes its place. */
static void test_forgotten_in_use(void **state)
{
    static const struct gateway_session at = {.id = {{1}}};
    struct egress_session *old, *new;
    struct sessions all;

    (void)state;
    sessions_init(&all);
    old = get(&all, key_of(1, 1, 0));
    sessions_end(&all, &at);
    assert_false(has(&all, key_of(1, 1, 0)));
    new = get(&all, key_of(1, 1, 0));
    assert_ptr_not_equal(new, old);
    egress_session_forget(old); /* once more */
    session_put(old);
    assert_true(has(&all, key_of(1, 1, 0)));
    session_put(new);
    sessions_end(&all, &at);
    check_empty(&all);
}

/* One that nobody else finds is in no group. */
static void test_own(void **state)
{
    static const struct connection_id none = {{0}};
    struct egress_session *s;
    struct sessions all;

    (void)state;
    sessions_init(&all);
    s = session_own(&all);
    check_empty(&all);
    sessions_drop(&all, &none);
    session_put(s);
}

/* The longest unused makes room, and its groups lose it. */
static void test_room(void **state)
{
    struct sessions all;

    (void)state;
    sessions_init(&all);
    for (uint64_t i = 0; i <= LIM_UPSTREAM_SESSIONS; i++)
        session_put(get(&all, key_of(1, 1, i)));
    assert_false(has(&all, key_of(1, 1, 0)));
    assert_true(has(&all, key_of(1, 1, 1)));
    sessions_drop(&all, &(struct connection_id){{1}});
    check_empty(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_end_and_drop),
        cmocka_unit_test(test_forgotten_in_use),
        cmocka_unit_test(test_own),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
