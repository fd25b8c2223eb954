/* What happens to one call costs the same whoever else is there: calls that wait for something else
 * are not looked at. Theirs is memory that nobody may touch meanwhile. */
#include "modern.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

enum { IDLE = 32, PAGES = 2 * 4096 };

static_assert(sizeof(struct call) <= PAGES, "a call fits");

void *__real_mem_zalloc(size_t n);
void *__wrap_mem_zalloc(size_t n);

/* A call has pages of its own. */
void *__wrap_mem_zalloc(size_t n)
{
    void *p = n == sizeof(struct call) ? aligned_alloc(4096, PAGES) : NULL;

    return p != NULL ? memset(p, 0, PAGES) : __real_mem_zalloc(n);
}

/* Calls whose streams are open, and quiet. */
static void open_idle(struct stage *s, struct client *c, struct call **ret)
{
    for (int i = 0; i < IDLE; i++) {
        start(s, &c[i], URL, "");
        say_head(s, s->head.call, ANSWER_KIND_SSE);
        WAIT(s, &c[i], has(&c[i], "Content-Type: text/event-stream\r\n"));
        ret[i] = call_by_id(&s->g, s->head.call);
    }
}

static void touchable(struct call *const *idle, int how)
{
    for (int i = 0; i < IDLE; i++)
        assert_int_equal(mprotect(idle[i], PAGES, how), 0);
}

static void test_nobody_looks_at_the_idle(void **state)
{
    struct stage *s = *state;
    struct client clients[IDLE] = {0}, c = {0};
    struct call *idle[IDLE] = {0};

    open_idle(s, clients, idle);
    post(
        s, &c, "/mcp/modern",
        "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: forecast\r\n",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"forecast\","
        "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
        "\"io.modelcontextprotocol/clientCapabilities\":{}}}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, IDLE + 1);

    say_permit(s, s->open.call, &s->alice, false);
    WAIT(s, &c, call_by_id(&s->g, s->open.call)->state == CALL_PEER);

    touchable(idle, PROT_NONE);
    gateway_writable(&s->g, s->near_keeper);
    gateway_writable(&s->g, s->near_egress);
    stage_add_egress(s, UP_MODERN, 5);
    WAIT_MSG(s, &c, MSG_SEND_HEAD, IDLE + 1);
    touchable(idle, PROT_READ | PROT_WRITE);

    client_close(&c);
    for (int i = 0; i < IDLE; i++)
        client_close(&clients[i]);
    WAIT(s, &c, s->g.calls == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_nobody_looks_at_the_idle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
