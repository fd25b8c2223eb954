/* The surface with its keeper and a browser. */
#include "as_surface.h"

#include <stdio.h>
#include <string.h>

#include "os/sock.h"

/* The session "session", and the host that the play configures. */
#define HEAD                                                                                       \
    "HTTP/1.1\r\nHost: " SURFACE_HOST "\r\nConnection: close\r\n"                                  \
    "Cookie: __Host-sidegate=c2Vzc2lvbg; __Host-sidegate-login=" AS_SURFACE_TOKEN                  \
    "\r\nOrigin: null\r\nSec-Fetch-Site: same-origin\r\n"

struct as_surface as_surface;

struct digest as_surface_csrf(void)
{
    struct digest d;

    memset(d.b, 0xab, sizeof d.b);
    return d;
}

void as_surface_keeper(struct play *p)
{
    as_surface.keeper = play_peer(p, ROLE_KEEPER, HONEST);
    SAY(as_surface.keeper, MSG_SEAL_KEY, seal_key, .key = 1, .public_key = FRESH(digest));
}

static void set(struct play *p)
{
    int listener;

    as_surface = (struct as_surface){.browser.fd = -1};
    listener = tcp_listener(&as_surface.port);
    say_fd(p->supervisor, MSG_LISTENER, &(struct msg_listener){0}, listener);
    sock_close(listener);
    as_surface_keeper(p);
}

static void ask(const char *text)
{
    client_close(&as_surface.browser);
    client_open(&as_surface.browser, as_surface.port);
    client_send(&as_surface.browser, text);
}

void as_surface_get(const char *path)
{
    char text[1024];

    snprintf(text, sizeof text, "GET %s " HEAD "\r\n", path);
    ask(text);
}

void as_surface_post(const char *path, const char *form)
{
    char text[4096];

    snprintf(text, sizeof text,
             "POST %s " HEAD "Content-Type: application/x-www-form-urlencoded\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             path, strlen(form), form);
    ask(text);
}

void as_surface_answer(struct play *p, const char *status)
{
    char line[64];

    snprintf(line, sizeof line, "HTTP/1.1 %s ", status);
    UNTIL(p, client_ended(&as_surface.browser));
    if (!client_has(&as_surface.browser, line))
        fail_msg("no \"%s\" but: %.*s", line, (int)as_surface.browser.got.n,
                 (const char *)as_surface.browser.got.p);
}

/* A page with what the keeper says. */
static void check(struct play *p)
{
    uint64_t req;

    play_turn(p, 0);
    if (as_surface.keeper->over)
        as_surface_keeper(p);
    as_surface_get("/inbox");
    req = hear(as_surface.keeper, MSG_INBOX_GET)->inbox_get.req;
    SAY(as_surface.keeper, MSG_ROWS_END, rows_end, .req = req, .user_name = SLICE_LIT("ana"));
    as_surface_answer(p, "200");
    assert_true(client_has(&as_surface.browser, "ana"));
}

static void clear(void)
{
    client_close(&as_surface.browser);
}

const struct cast cast_surface = {ROLE_SURFACE, set, check, clear};
