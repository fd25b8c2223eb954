/*
 * A channel to another process: SOCK_SEQPACKET, a frame each message (ipc/wire.h), in a packet one
 * frame, or 0xffff and several, each behind its length (u32); one with a descriptor has its own. Who the peer is
 * was said by the supervisor when it handed the channel over, and is a property of the channel,
 * never of a message. A frame that is not permitted (by the table: wrong direction, phase or
 * repetition, a descriptor too many or too few) or not decodable ends the channel.
 */
#ifndef SG_IPC_CHAN_H
#define SG_IPC_CHAN_H

#include "ipc/gen/messages.h"
#include "os/loop.h"

enum {
    /* Bytes that wait to be sent: chan_full() from here, until below half of it; then writable() */
    CHAN_FULL = 512 * 1024,
    /* So many, and nothing taken for so long: the peer hangs, and the channel ends. One that goes
     * on taking is only busy with what many clients had sent at once, which is not to end it; at
     * CHAN_QUEUE_MOST it ends all the same, since memory does too. */
    CHAN_QUEUE = 8 * 1024 * 1024,
    CHAN_QUEUE_MOST = 128 * 1024 * 1024,
    CHAN_STILL_MS = 10000,
};

struct chan;

/* Why a channel is ended as broken; see there. */
enum breach {
#define B(name, what, why) BREACH_##name,
#include "ipc/breaches.def"
#undef B
};

struct chan_peer {
    enum role role;
    uint32_t instance;
    uint64_t generation;
    uint16_t upstream; /* of an egress */
};

struct chan_events {
    /* A message; m and what its slices point into live as long as the call, fd (-1 when the message
     * carries none, or this process had no descriptor free for it) is the callee's. Returning false
     * means that it is out of turn, and ends the channel. */
    bool (*message)(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);
    /* The channel ended: ERR_CLOSED, or ERR_PROTOCOL when the peer broke the rules, or
     * ERR_TOO_LARGE when it does not read. Called once, never from inside chan_send. The callee
     * calls chan_free. */
    void (*closed)(void *ctx, struct chan *c, enum err why);
    /* After chan_full: there is room again. May be NULL. */
    void (*writable)(void *ctx, struct chan *c);
};

/* Takes fd, which becomes non-blocking. own: the role that this process plays on it. */
struct chan *chan_new(struct loop *l, int fd, enum role own, struct chan_peer peer,
                      const struct chan_events *events, void *ctx);
/* Closes; takes NULL. May be called from its callbacks. */
void chan_free(struct chan *c);

/*
 * Queues a message; it is written at the end of the turn, in order, with what waited before it. fd: a descriptor to send along
 * (it is duplicated, the caller keeps it) or -1. ERR_CLOSED: the channel has ended, nothing is
 * queued. ERR_TOO_LARGE or ERR_OUT_OF_RANGE: a field does not fit its row. That own may not send
 * this message now is our bug, and aborts.
 */
MUST_USE enum err chan_send(struct chan *c, enum msg type, const void *m, int fd);
/*
 * The same for what a peer is only told if it is there: c may be NULL or have ended, in which case
 * whoever must know hears it by closed(). That a field does not fit is our bug, and aborts; so
 * every field is ours, or came through a row of the same size. late: it may wait, for the next
 * message to that peer or LIM_TELL_LATE_TIME; order stays.
 */
void chan_tell(struct chan *c, enum msg type, const void *m, bool late);
/* Writes what is queued, as far as it goes, without waiting for the loop's next turn. */
void chan_flush(struct chan *c);
/* Whether who sends what is large, or much, is to wait for writable(): in that order nobody comes
 * before those who wait. */
bool chan_full(const struct chan *c);
/* Ends the channel as for a peer that broke the rules: closed() with ERR_PROTOCOL at the end of the
 * turn. Only for what breaches.def has a row for: what a peer that lies can do, and nobody else. */
void chan_breach(struct chan *c, enum breach why);

const struct chan_peer *chan_peer(const struct chan *c);
/* One pointer for the user of the channel, NULL at first. */
void chan_set_data(struct chan *c, void *data);
void *chan_data(const struct chan *c);

/* Only for ipc/role.c and the supervisor: the boot phase of this channel is over. */
void chan_run(struct chan *c);
/* What the hello of later channels says of this process; 0, 0 before. */
void chan_own(uint32_t instance, uint64_t generation);

#endif
