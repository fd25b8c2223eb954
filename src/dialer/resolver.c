/*
 * The dialer's resolver threads. They read what DNS servers and the hosts file say, with the C
 * library's code; what comes out are addresses, which the address wall judges.
 */
#include "dialer/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <nss.h>
#include <sys/socket.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "os/clock.h"
#include "os/worker.h"

/* How the last look-up of an upstream ended. Each is a lane of the worker. */
enum lane { LANE_WELL, LANE_NONE_YET, LANE_BADLY };

struct question {
    struct worker_job at;
    char host[256];
    bool soon;
    struct resolver_answer answer;
};

struct resolver {
    struct worker *worker;
    resolver_fn *fn;
    void *ctx;
    uint8_t lanes[LIM_UPSTREAMS]; /* enum lane */
};

static bool take_address(const struct sockaddr *from, struct address *ret)
{
    struct slice s;

    if (from->sa_family == AF_INET)
        s = slice_of(&((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    else if (from->sa_family == AF_INET6)
        s = slice_of(&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    else
        return false;
    *ret = (struct address){.n = (uint8_t)s.n};
    for (size_t i = 0; i < s.n; i++)
        ret->b[i] = s.p[i];
    return true;
}

static void resolve(struct question *q)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct resolver_answer *a = &q->answer;
    struct addrinfo *list = NULL;

    a->err = ERR_UPSTREAM_DOWN;
    if (getaddrinfo(q->host, NULL, &hints, &list) != 0)
        return;
    for (const struct addrinfo *i = list; i && a->n < LIM_ADDRESSES; i = i->ai_next)
        if (take_address(i->ai_addr, &a->a[a->n]))
            a->n++;
    freeaddrinfo(list);
    if (a->n > 0)
        a->err = ERR_OK;
}

static void look_up(struct worker_job *at)
{
    struct question *q = (struct question *)at;
    uint64_t began = clock_boot_ms();

    resolve(q);
    q->soon = clock_boot_ms() - began <= LIM_LOOK_UP_SOON_MS;
}

static void on_done(void *ctx, struct worker_job *at)
{
    struct resolver *r = ctx;
    struct question *q = (struct question *)at;

    r->lanes[at->group] = q->soon && q->answer.err == ERR_OK ? LANE_WELL : LANE_BADLY;
    worker_set_lane(r->worker, at->group, r->lanes[at->group]);
    q->answer.ticket = at->ticket;
    r->fn(r->ctx, &q->answer);
}

static void question_free(struct worker_job *at)
{
    mem_free((struct question *)at);
}

enum err resolver_new(struct loop *l, resolver_fn *fn, void *ctx, struct resolver **ret)
{
    static const struct worker_ops ops = {LIM_DIALS,
                                          LIM_DIALS_PER_UPSTREAM,
                                          LIM_RESOLVERS_PER_UPSTREAM,
                                          {[LANE_WELL] = LIM_RESOLVERS,
                                           [LANE_NONE_YET] = LIM_RESOLVERS_UNPROVEN,
                                           [LANE_BADLY] = LIM_RESOLVERS_SLOW},
                                          look_up,
                                          on_done,
                                          question_free};
    struct resolver *r = MEM_NEW(struct resolver);
    enum err e;

    *r = (struct resolver){.fn = fn, .ctx = ctx};
    for (size_t i = 0; i < LIM_UPSTREAMS; i++)
        r->lanes[i] = LANE_NONE_YET;
    e = worker_new(l, &ops, r, &r->worker);
    if (!e && __nss_configure_lookup("hosts", "files dns") != 0)
        e = ERR_UNAVAILABLE;
    if (e) {
        resolver_free(r);
        return e;
    }
    *ret = r;
    return ERR_OK;
}

enum err resolver_start(struct resolver *r)
{
    return worker_start(r->worker, LIM_RESOLVERS);
}

void resolver_free(struct resolver *r)
{
    if (!r)
        return;
    worker_free(r->worker);
    mem_free(r);
}

/* Of a name or an address, as the configuration has them. The C library would ask the kernel for
 * the interface of a zone ("fe80::1%eth0"), which the jail kills. */
static bool is_host(struct slice host)
{
    for (size_t i = 0; i < host.n; i++) {
        uint8_t c = host.p[i];

        if (!ascii_is_letter(c) && !ascii_is_digit(c) && c != '-' && c != '.' && c != '_' &&
            c != ':')
            return false;
    }
    return host.n > 0;
}

enum err resolver_ask(struct resolver *r, uint64_t ticket, uint16_t upstream, struct slice host)
{
    struct question *q;

    if (upstream >= LIM_UPSTREAMS)
        return ERR_UPSTREAM_ADDRESS;
    q = MEM_NEW(struct question);
    if (!is_host(host) || !slice_to_cstr(host, q->host, sizeof(q->host))) {
        mem_free(q);
        return ERR_UPSTREAM_DOWN;
    }
    q->at.group = upstream;
    q->at.lane = PLANTED(resolvers_unkept) ? LANE_WELL : r->lanes[upstream];
    return worker_ask(r->worker, &q->at, ticket);
}

void resolver_drop(struct resolver *r, uint64_t ticket)
{
    worker_drop(r->worker, ticket);
}
