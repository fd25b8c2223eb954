/*
 * Channels between processes. Run by every role. Trusts the supervisor's word on who the peer is,
 * and nothing that the peer sends: each frame is held against the table (messages.def) before a
 * handler sees it.
 *
 * The first frame each way is the hello: u16 0, "sidegate", u64 id of the table, u8 role, u32
 * instance, u64 generation. It finds two ends that were wired wrongly or built from different
 * tables; it proves nothing.
 */
#include "ipc/chan.h"

#include "base/mem.h"
#include "base/planted.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/sock.h"

#include <sys/queue.h>

enum {
    BATCH = 32, /* frames in one packet, and about as many read in one turn, so that one busy peer
                   does not starve the others */
    SEVERAL = 0xffff, /* stands where the number of a message would */
    MARK_BYTES = 2,
    LENGTH_BYTES = 4,
    FIRST = MARK_BYTES + LENGTH_BYTES
};

/* A packet: one frame, or SEVERAL and frames, each behind its length. */
struct waiting {
    TAILQ_ENTRY(waiting) entry;
    struct buf bytes; /* as of several, also of one */
    unsigned n;
    bool alone; /* no other may join it */
    int fd;     /* of its one frame */
};

struct chan {
    struct loop *loop;
    struct loop_watch *watch;
    struct loop_timer *late; /* runs while what may wait is all that is queued */
    int fd;
    enum role own;
    struct chan_peer peer;
    const struct chan_events *events;
    void *ctx, *data;
    TAILQ_HEAD(packets, waiting) queue;
    size_t queued;  /* bytes */
    uint64_t taken; /* when the peer took something, or there was nothing to take */
    bool running;   /* the boot phase is over */
    bool greeted;   /* the peer's hello was right */
    bool full;      /* until writable() */
    bool mute;      /* the peer reads no more; what it had sent may still be there */
    bool ended;     /* closed() is called or will be */
    enum err why;
    unsigned busy; /* depth of callbacks */
    bool doomed;   /* chan_free was called from one of them */
    uint8_t sent[(MSG_COUNT + 7) / 8], seen[(MSG_COUNT + 7) / 8]; /* of the "once" messages */
};

static uint32_t own_instance;
static uint64_t own_generation;

void chan_own(uint32_t instance, uint64_t generation)
{
    own_instance = instance;
    own_generation = generation;
}

/* Sets the bit; whether it was set before. */
static bool mark(uint8_t *bits, enum msg type)
{
    uint8_t bit = (uint8_t)(1u << (type % 8));
    bool before = bits[type / 8] & bit;

    bits[type / 8] |= bit;
    return before;
}

static void waiting_free(struct waiting *w)
{
    sock_close(w->fd);
    buf_free(&w->bytes);
    mem_free(w);
}

static void drop_queue(struct chan *c)
{
    struct waiting *w;

    while ((w = TAILQ_FIRST(&c->queue))) {
        TAILQ_REMOVE(&c->queue, w, entry);
        waiting_free(w);
    }
    c->queued = 0;
}

static void release(struct chan *c)
{
    if (--c->busy == 0 && c->doomed)
        mem_free(c);
}

static void notify_closed(void *ctx)
{
    struct chan *c = ctx;

    c->busy++;
    c->events->closed(c->ctx, c, c->why);
    release(c);
}

static void end(struct chan *c, enum err why)
{
    if (c->ended)
        return;
    c->ended = true;
    c->why = why;
    loop_unwatch(c->watch);
    c->watch = NULL;
    drop_queue(c);
    loop_defer(c->loop, notify_closed, c);
}

static const char *const breaches[] = {
#define B(name, what, why) [BREACH_##name] = what,
#include "ipc/breaches.def"
#undef B
};

/* The peer broke the rules: what and where goes to the log, never the content. */
static void violation(struct chan *c, const struct wire_message *info, enum breach why)
{
    if (c->ended)
        return;
    log_event(LEVEL_ERROR, "channel_violation", LOG_STR("peer", role_name(c->peer.role)),
              LOG_NUM("instance", c->peer.instance), LOG_NUM("generation", c->peer.generation),
              LOG_STR("message", info ? info->name : ""), LOG_STR("what", breaches[why]));
    end(c, ERR_PROTOCOL);
}

static void trace(const struct chan *c, const char *way, const struct wire_message *info,
                  const void *m)
{
    struct buf text = BUF_INIT(1024);

    if (!log_wants(LEVEL_DEBUG))
        return;
    wire_trace(&text, info, m);
    log_event(LEVEL_DEBUG, "message", LOG_STR("way", way), LOG_STR("peer", role_name(c->peer.role)),
              LOG_NUM("instance", c->peer.instance), LOG_TEXT("message", buf_slice(&text)));
    buf_free(&text);
}

enum {
    HELLO_NAME = 2,
    HELLO_TABLE = HELLO_NAME + 8,
    HELLO_ROLE = HELLO_TABLE + 8,
    HELLO_INSTANCE = HELLO_ROLE + 1,
    HELLO_GENERATION = HELLO_INSTANCE + 4,
    HELLO_BYTES = HELLO_GENERATION + 8
};

/* Whether the hello is as it must be; if not, *ret is why. A generation of 0 is "not known": of a
 * role before boot, of the command, of the supervisor. */
static bool hello_fits(const struct chan *c, struct slice f, enum breach *ret)
{
    uint64_t generation;

    *ret = BREACH_NO_HELLO;
    if (f.n != HELLO_BYTES || wire_number(f.p, 2) != MSG_NONE ||
        !slice_eq(slice_sub(f, HELLO_NAME, HELLO_TABLE), SLICE_LIT("sidegate")))
        return false;
    *ret = BREACH_OTHER_TABLE;
    if (wire_number(f.p + HELLO_TABLE, 8) != MSG_TABLE_ID)
        return false;
    *ret = BREACH_OTHER_ROLE;
    if (f.p[HELLO_ROLE] != c->peer.role)
        return false;
    *ret = BREACH_OTHER_GENERATION;
    generation = wire_number(f.p + HELLO_GENERATION, 8);
    return generation == 0 || c->peer.generation == 0 ||
           (generation == c->peer.generation &&
            wire_number(f.p + HELLO_INSTANCE, 4) == c->peer.instance);
}

/* Whether the table has this message here and now; one that may come once is admitted once. If not,
 * *ret is why. */
static bool admit(struct chan *c, const struct wire_message *info, enum msg type, bool fd,
                  enum breach *ret)
{
    *ret = BREACH_UNKNOWN_MESSAGE;
    if (!info)
        return false;
    *ret = BREACH_NOT_FROM_ROLE;
    if (!(info->from & (1u << c->peer.role)) || !(info->to & (1u << c->own)))
        return false;
    *ret = BREACH_NOT_IN_PHASE;
    if (info->boot == c->running)
        return false;
    *ret = fd ? BREACH_EXTRA_FD : BREACH_NO_FD;
    if (info->fd != fd)
        return false;
    *ret = BREACH_REPEATED;
    return !mark(c->seen, type) || !info->once;
}

/* Takes fd; of one that is lost the handler is told -1. */
static void receive(struct chan *c, uint8_t *frame, size_t n, int fd)
{
    uint16_t type = MSG_NONE;
    const struct wire_message *info = NULL;
    enum breach why = BREACH_UNKNOWN_MESSAGE;
    union msg_any m;

    if (wire_type_of(slice_of(frame, n), &type) == ERR_OK)
        info = msg_info(type);
    if (!admit(c, info, (enum msg)type, fd != -1, &why)) {
        sock_close(fd);
        violation(c, info, why);
    } else if (wire_get(frame, n, info, &m) != ERR_OK) {
        sock_close(fd);
        violation(c, info, BREACH_NOT_DECODABLE);
    } else {
        trace(c, "in", info, &m);
        if (fd == SOCK_LOST)
            log_event(LEVEL_ERROR, "no_descriptor_free", LOG_STR("message", info->name));
        if (!c->events->message(c->ctx, c, (enum msg)type, &m, fd == SOCK_LOST ? -1 : fd) &&
            !c->doomed)
            violation(c, info, BREACH_OUT_OF_TURN);
        wire_done(info, &m);
    }
    mem_wipe(frame, n); /* tokens are no secrets by their type, and do not stay either */
}

/* Frame by frame; what ends the channel ends the packet. Returns how many frames there were. */
static unsigned receive_several(struct chan *c, uint8_t *p, size_t n, int fd)
{
    unsigned frames = 0;
    bool fits = fd == -1 && n > 0;

    sock_close(fd);
    while (fits && n > 0 && !c->ended && !c->doomed) {
        size_t length = n >= LENGTH_BYTES ? (size_t)wire_number(p, LENGTH_BYTES) : n;

        fits = n >= LENGTH_BYTES && length <= n - LENGTH_BYTES &&
               (frames < BATCH || PLANTED(packet_endless));
        if (!fits)
            break;
        receive(c, p + LENGTH_BYTES, length, -1);
        p += LENGTH_BYTES + length;
        n -= LENGTH_BYTES + length;
        frames++;
    }
    if (!fits && !c->doomed)
        violation(c, NULL, BREACH_UNKNOWN_MESSAGE);
    mem_wipe(p, n);
    return frames;
}

static void receive_hello(struct chan *c, struct slice frame, int fd)
{
    enum breach why = BREACH_HELLO_FD;
    bool fits = fd == -1 && hello_fits(c, frame, &why);

    sock_close(fd);
    if (!fits)
        violation(c, NULL, why);
    c->greeted = true;
}

static void read_some(struct chan *c)
{
    /* One for the process: frames are taken one after the other, and handlers keep no slices. */
    static uint8_t packet[LIM_FRAME_BYTES];
    size_t n = 0;
    int fd = -1;
    enum err e = ERR_OK;

    for (unsigned i = 0; i < BATCH && !c->ended && !c->doomed;) {
        e = sock_recv(c->fd, packet, sizeof packet, &n, &fd);
        if (e)
            break;
        if (!c->greeted)
            receive_hello(c, slice_of(packet, n), fd);
        else if (n >= MARK_BYTES && wire_number(packet, MARK_BYTES) == SEVERAL)
            i += receive_several(c, packet + MARK_BYTES, n - MARK_BYTES, fd);
        else
            receive(c, packet, n, fd);
        i++;
    }
    if (e == ERR_PROTOCOL)
        violation(c, NULL, BREACH_FRAME);
    else if (e && e != ERR_AGAIN)
        end(c, ERR_CLOSED);
}

static void write_some(struct chan *c)
{
    struct waiting *w;
    enum err e = ERR_OK;

    while ((w = TAILQ_FIRST(&c->queue))) {
        e = sock_send(c->fd, slice_sub(buf_slice(&w->bytes), w->n == 1 ? FIRST : 0, w->bytes.n),
                      w->fd);
        if (e)
            break;
        c->queued -= w->bytes.n;
        c->taken = clock_boot_ms();
        TAILQ_REMOVE(&c->queue, w, entry);
        waiting_free(w);
    }
    if (!e || e == ERR_AGAIN || e == ERR_UNAVAILABLE)
        return;
    /* Nobody reads any more. The end comes when what the peer had sent is read: a result may be
     * among it. */
    c->mute = true;
    drop_queue(c);
}

static void flush(void *ctx)
{
    struct chan *c = ctx;

    if (c->ended)
        return;
    c->busy++;
    loop_timer_stop(c->late);
    write_some(c);
    loop_watch_set(c->watch, TAILQ_EMPTY(&c->queue) ? LOOP_READ : LOOP_READ | LOOP_WRITE);
    if (c->full && c->queued < CHAN_FULL / 2) {
        c->full = false;
        if (c->events->writable && !c->mute)
            c->events->writable(c->ctx, c);
    }
    release(c);
}

static void ready(void *ctx, unsigned events)
{
    struct chan *c = ctx;

    c->busy++;
    if (events & (LOOP_READ | LOOP_HANGUP))
        read_some(c);
    if ((events & LOOP_WRITE) && !c->ended && !c->doomed)
        flush(c);
    release(c);
}

static bool is_stuck(const struct chan *c)
{
    return c->queued > CHAN_QUEUE_MOST ||
           (c->queued > CHAN_QUEUE &&
            (clock_boot_ms() - c->taken >= CHAN_STILL_MS || PLANTED(stuck_by_bytes)));
}

/* One of no frame yet. */
static struct waiting *packet_new(void)
{
    struct waiting *w = MEM_NEW(struct waiting);

    w->bytes = BUF_INIT(FIRST + LIM_FRAME_BYTES);
    wire_put_number(&w->bytes, SEVERAL, MARK_BYTES);
    w->fd = -1;
    return w;
}

static void queued_more(struct chan *c, size_t n)
{
    c->queued += n;
    if (c->queued >= CHAN_FULL)
        c->full = true;
    if (is_stuck(c)) {
        log_event(LEVEL_ERROR, "channel_stuck", LOG_STR("peer", role_name(c->peer.role)),
                  LOG_NUM("instance", c->peer.instance), LOG_NUM("bytes", c->queued));
        end(c, ERR_TOO_LARGE);
    }
}

static void enqueue(struct chan *c, struct waiting *w)
{
    if (TAILQ_EMPTY(&c->queue))
        c->taken = clock_boot_ms();
    TAILQ_INSERT_TAIL(&c->queue, w, entry);
    queued_more(c, w->bytes.n);
}

static void greet(struct chan *c)
{
    struct waiting *w = packet_new();
    struct buf *hello = &w->bytes;

    wire_put_number(hello, HELLO_BYTES, LENGTH_BYTES);
    wire_put_number(hello, MSG_NONE, 2);
    buf_put_str(hello, "sidegate");
    wire_put_number(hello, MSG_TABLE_ID, 8);
    wire_put_number(hello, c->own, 1);
    wire_put_number(hello, own_instance, 4);
    wire_put_number(hello, own_generation, 8);
    w->n = 1;
    w->alone = true;
    enqueue(c, w);
    loop_defer(c->loop, flush, c);
}

struct chan *chan_new(struct loop *l, int fd, enum role own, struct chan_peer peer,
                      const struct chan_events *events, void *ctx)
{
    struct chan *c = MEM_NEW(struct chan);

    *c = (struct chan){.loop = l, .fd = fd, .own = own, .peer = peer, .events = events, .ctx = ctx};
    TAILQ_INIT(&c->queue);
    c->running = own != ROLE_SUPERVISOR && peer.role != ROLE_SUPERVISOR;
    c->watch = loop_watch(l, fd, LOOP_READ, ready, c);
    c->late = loop_timer_new(l, flush, c);
    greet(c);
    return c;
}

void chan_free(struct chan *c)
{
    if (!c)
        return;
    BUG_IF(c->doomed);
    if (!c->ended) {
        write_some(c); /* a last answer gets its chance */
        loop_unwatch(c->watch);
    }
    loop_undefer(c->loop, flush, c);
    loop_undefer(c->loop, notify_closed, c);
    loop_timer_free(c->late);
    drop_queue(c);
    sock_close(c->fd);
    if (c->busy > 0)
        c->doomed = true;
    else
        mem_free(c);
}

/* Appends the frame behind its length; on an error nothing. most: of the whole packet. */
static enum err add_frame(struct waiting *w, enum msg type, const void *m, size_t most)
{
    size_t before = w->bytes.n, length;
    enum err e;

    wire_put_number(&w->bytes, 0, LENGTH_BYTES);
    e = wire_put(&w->bytes, (uint16_t)type, msg_info((uint16_t)type), m);
    if (!e && w->bytes.n > most)
        e = ERR_TOO_LARGE;
    if (e) {
        buf_cut(&w->bytes, before);
        return e;
    }
    length = w->bytes.n - before - LENGTH_BYTES;
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        w->bytes.p[before + i] = (uint8_t)(length >> (8 * (LENGTH_BYTES - 1 - i)));
    w->n++;
    return ERR_OK;
}

static enum err put_packet(struct chan *c, enum msg type, const void *m, int fd)
{
    struct waiting *w = packet_new();
    enum err e = add_frame(w, type, m, FIRST + LIM_FRAME_BYTES);

    if (!e && fd >= 0)
        e = sock_copy(fd, &w->fd);
    if (e) {
        waiting_free(w);
        return e;
    }
    w->alone = fd >= 0;
    enqueue(c, w);
    return ERR_OK;
}

/* With the frames of the last packet where that goes, otherwise in one of its own. */
static enum err put_frame(struct chan *c, enum msg type, const void *m, int fd)
{
    struct waiting *w = TAILQ_LAST(&c->queue, packets);
    size_t before = w ? w->bytes.n : 0;
    enum err e;

    if (!w || w->alone || w->n == BATCH || fd >= 0 || before >= LIM_FRAME_BYTES)
        return put_packet(c, type, m, fd);
    e = add_frame(w, type, m, LIM_FRAME_BYTES);
    if (e == ERR_TOO_LARGE) /* for what is left of this packet, perhaps */
        return put_packet(c, type, m, fd);
    if (!e)
        queued_more(c, w->bytes.n - before);
    return e;
}

/* late: it may wait. It is sent with what is queued before it, or after it, if not by its time. */
static enum err queue(struct chan *c, enum msg type, const void *m, int fd, bool late)
{
    const struct wire_message *info = msg_info((uint16_t)type);
    enum err e;

    BUG_IF(!info || !(info->to & (1u << c->peer.role)) || !(info->from & (1u << c->own)));
    if (c->ended || c->mute)
        return ERR_CLOSED;
    BUG_IF(info->boot == c->running || info->fd != (fd >= 0));
    late = late && !c->full;
    if (late && TAILQ_EMPTY(&c->queue) && !PLANTED(late_for_ever))
        loop_timer_set(c->late, LIM_TELL_LATE_TIME);
    e = put_frame(c, type, m, fd);
    if (e)
        return e;
    if (!late)
        loop_defer(c->loop, flush, c);
    BUG_IF(mark(c->sent, type) && info->once);
    trace(c, "out", info, m);
    return c->ended ? ERR_CLOSED : ERR_OK;
}

enum err chan_send(struct chan *c, enum msg type, const void *m, int fd)
{
    return queue(c, type, m, fd, false);
}

void chan_tell(struct chan *c, enum msg type, const void *m, bool late)
{
    enum err e = c ? queue(c, type, m, -1, late) : ERR_CLOSED;

    if (e && e != ERR_CLOSED)
        log_event(LEVEL_ERROR, "message_does_not_fit",
                  LOG_STR("message", msg_info((uint16_t)type)->name), LOG_ERR(e));
    BUG_IF(e && e != ERR_CLOSED);
}

void chan_flush(struct chan *c)
{
    flush(c);
}

bool chan_full(const struct chan *c)
{
    return c->full;
}

void chan_breach(struct chan *c, enum breach why)
{
    violation(c, NULL, why);
}

const struct chan_peer *chan_peer(const struct chan *c)
{
    return &c->peer;
}

void chan_set_data(struct chan *c, void *data)
{
    c->data = data;
}

void *chan_data(const struct chan *c)
{
    return c->data;
}

void chan_run(struct chan *c)
{
    c->running = true;
}
