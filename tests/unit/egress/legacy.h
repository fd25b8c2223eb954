/* A legacy upstream that the tests play, and what it was asked. */
#ifndef SG_EGRESS_LEGACY_H
#define SG_EGRESS_LEGACY_H

#include "unit.h"

#include "egress/rig.h"

#include <stdio.h>
#include <string.h>

#define INIT_OK                                                                                    \
    "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"protocolVersion\":\"2025-11-25\","              \
    "\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"x\",\"version\":\"1\"}}}"
#define RESULT "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"content\":[]}}"
#define CALL   "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}"

static inline bool asks(const struct rig_request *q, const char *method)
{
    return strstr((const char *)q->body.p, method) != NULL;
}

static inline void say_status(struct rig_conn *c, const char *status)
{
    rig_say(c, "HTTP/1.1 ");
    rig_say(c, status);
    rig_say(c, "\r\nContent-Length: 0\r\n\r\n");
}

static inline void say_initialized(struct rig_conn *c, const struct rig_request *q,
                                   const char *session)
{
    rig_say(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
               "chunked\r\n");
    if (session != NULL) {
        rig_say(c, "Mcp-Session-Id: ");
        rig_say(c, session);
        rig_say(c, "\r\n");
    }
    rig_say(c, "\r\n");
    rig_say_event(c, q, INIT_OK);
    rig_say_stream_end(c);
}

/* A server with sessions "s0", "1", "2", ... by the number of initialize requests. */
static inline void server(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    char session[16] = "s0";

    if (asks(q, "\"initialize\"")) {
        if (r->step++ > 0)
            snprintf(session, sizeof(session), "%u", r->step - 1);
        say_initialized(c, q, session);
    } else if (asks(q, "notifications/initialized")) {
        say_status(c, "202 Accepted");
    } else {
        rig_say_json(c, q, RESULT);
    }
}

static inline struct rig *start(rig_script *script)
{
    rig_start(&rig, &(struct rig_conf){.protocols = 2});
    rig.script = script;
    return &rig;
}

static inline unsigned count(struct rig *r, const char *method)
{
    unsigned n = 0;

    for (unsigned k = 0; k < r->requests_n; k++)
        n += asks(&r->requests[k], method);
    return n;
}

static inline const struct rig_request *last(struct rig *r)
{
    return &r->requests[r->requests_n - 1];
}

/* It gives no session id. */
static inline void without_sessions(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    if (asks(q, "\"initialize\""))
        rig_say_json(c, q, INIT_OK);
    else
        server(r, c, q);
}

#endif
