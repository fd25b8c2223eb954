/* The gateway with its keeper and a client. */
#include "cast.h"

#include <stdio.h>
#include <string.h>

#include "os/sock.h"

static struct end *keeper;
static uint16_t port;
static struct client client = {.fd = -1};

static const char body[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":"
                           "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                           "\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}}";

static void meet(struct play *p)
{
    play_turn(p, 0);
    if (keeper == NULL || keeper->over)
        keeper = play_peer(p, ROLE_KEEPER, HONEST);
}

static void set(struct play *p)
{
    int listener = tcp_listener(&port);

    keeper = NULL;
    say_fd(p->supervisor, MSG_LISTENER, &(struct msg_listener){0}, listener);
    sock_close(listener);
    meet(p);
}

/* A client's message is brought to the keeper, whose word is obeyed. */
static void check(struct play *p)
{
    char text[1024];

    meet(p);
    snprintf(text, sizeof text,
             "POST /mcp/weather HTTP/1.1\r\nHost: " GATEWAY_HOST "\r\nConnection: close\r\n"
             "Authorization: Bearer sgk_x\r\nContent-Type: application/json\r\n"
             "Accept: application/json, text/event-stream\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    client_close(&client);
    client_open(&client, port);
    client_send(&client, text);
    SAY(keeper, MSG_CALL_DENY, call_deny, hear(keeper, MSG_CALL_OPEN)->call_open.call,
        ERR_UNAUTHENTICATED);
    UNTIL(p, client_ended(&client));
    assert_true(client_has(&client, "HTTP/1.1 401 "));
}

static void clear(void)
{
    client_close(&client);
}

const struct cast cast_gateway = {ROLE_GATEWAY, set, check, clear};
