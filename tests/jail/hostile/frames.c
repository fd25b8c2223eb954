/*
 * What no peer may do, made from the table of messages, for every role: frames of other messages
 * than its own, in the wrong phase, twice where once is said, with and without descriptors, cut,
 * prolonged and bent in each field; hellos that are not right. Each must end that channel alone, be
 * told to the supervisor, and leave nothing open. What comes from the supervisor's channel in the
 * wrong order ends the role itself, in order.
 */
#include "cast.h"

#include <stdio.h>
#include <string.h>

#include "../../unit/ipc/messages.h"
#include "base/mem.h"
#include "os/sock.h"

static const enum role peers[] = {ROLE_KEEPER, ROLE_AUDIT,  ROLE_GATEWAY, ROLE_SURFACE,
                                  ROLE_EGRESS, ROLE_DIALER, ROLE_CLI};

/* Filled anew; what it points to is good until the next call. */
static union msg_any *message_of(enum msg type, enum fill how)
{
    static union msg_any m;
    static enum msg before = MSG_NONE;

    if (before != MSG_NONE)
        wire_done(msg_info((uint16_t)before), &m);
    fill_message(msg_info((uint16_t)type), how, &m);
    before = type;
    return &m;
}

static struct slice frame_of(enum msg type, enum fill how)
{
    static uint8_t bytes[LIM_FRAME_BYTES];
    struct buf b = BUF_INIT(LIM_FRAME_BYTES);
    size_t n;

    frame_put(&b, type, message_of(type, how));
    n = slice_copy(buf_slice(&b), bytes, sizeof bytes);
    buf_free(&b);
    return slice_of(bytes, n);
}

static bool may_send(enum role from, enum role to, enum msg type)
{
    const struct wire_message *info = msg_info((uint16_t)type);

    return info->from & 1u << from && info->to & 1u << to && !info->boot;
}

/* Of some roles there is one process alone: a hostile one stands in the place of the honest one,
 * until the play's check brings a new one. */
static uint32_t instance_of(enum role from)
{
    return from == ROLE_GATEWAY || from == ROLE_EGRESS || from == ROLE_CLI ? HOSTILE : HONEST;
}

/* A new hostile peer sends this one frame; with pipes' ends as its descriptors. */
static void try_frame(struct play *p, enum role from, struct slice frame, unsigned fds_n)
{
    struct end *e = play_peer(p, from, instance_of(from));
    struct token tokens[2];
    int fds[2];

    for (unsigned i = 0; i < fds_n; i++) {
        tokens[i] = token_new();
        fds[i] = tokens[i].sent;
    }
    say_raw(e, frame, fds, fds_n);
    must_refuse(e);
    end_close(e);
    for (unsigned i = 0; i < fds_n; i++)
        token_must_close(p, &tokens[i]);
}

static void try_frame_for(struct play *p, enum role from, struct slice frame, const char *what)
{
    play_mark(p);
    try_frame(p, from, frame, 0);
    if (!logged(p, what))
        fail_msg("refused, but not for: %s", what);
}

/* --- hellos ----------------------------------------------------------------------------------- */

static void bad_hello(struct play *p, enum role from, size_t at, uint8_t with, size_t n)
{
    uint8_t hello[64] = "\0\0sidegate";
    struct end *e = play_mute_peer(p, from, instance_of(from));

    for (int i = 0; i < 8; i++)
        hello[10 + i] = (uint8_t)(MSG_TABLE_ID >> (56 - 8 * i));
    hello[18] = (uint8_t)from;
    hello[22] = (uint8_t)e->instance;
    for (int i = 0; i < 8; i++)
        hello[23 + i] = (uint8_t)(e->generation >> (56 - 8 * i));
    if (n == 31)
        hello[at] = (uint8_t)(hello[at] ^ with);
    say_raw(e, slice_of(hello, n), NULL, 0);
    must_refuse(e);
    end_close(e);
}

static void hellos(struct play *p)
{
    enum role from = p->role == ROLE_KEEPER ? ROLE_GATEWAY : ROLE_KEEPER;
    struct token t = token_new();
    struct end *e;

    for (size_t at = 0; at < 31; at++)
        if (at < 19 || at >= 22) /* an instance fits in a byte here */
            bad_hello(p, from, at, 0x01, 31);
    for (size_t n = 1; n <= 40; n++)
        if (n != 31)
            bad_hello(p, from, 0, 0, n);
    e = play_mute_peer(p, from, instance_of(from)); /* none */
    say_raw(e, frame_of(MSG_SESSION_GONE, FILL_SOME), NULL, 0);
    must_refuse(e);
    e = play_peer(p, from, instance_of(from)); /* two */
    end_hello(e);
    must_refuse(e);
    e = play_mute_peer(p, from, instance_of(from));
    say_raw(e, SLICE_LIT("\0\0sidegate"), &t.sent, 1);
    must_refuse(e);
    token_must_close(p, &t);
}

/* --- other messages than its own -------------------------------------------------------------- */

static void foreign(struct play *p)
{
    for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
        for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
            const struct wire_message *info = msg_info((uint16_t)t);
            bool related = info->from & 1u << peers[i] && info->to & 1u << p->role;

            if (peers[i] == p->role || may_send(peers[i], p->role, (enum msg)t))
                continue;
            /* With its descriptor, so that it is not refused for lack of that. */
            play_mark(p);
            try_frame(p, peers[i], frame_of((enum msg)t, FILL_SOME), info->fd ? 1 : 0);
            if (!logged(p,
                        related ? "what=\"not in this phase\"" : "what=\"not from this role\"") &&
                !logged(
                    p, "what=\"of a role that this one has no business with\"")) /* whoever it is */
                fail_msg("%s from %s is refused, but why?", info->name, role_name(peers[i]));
        }
    }
}

static void unknown(struct play *p)
{
    static const uint16_t numbers[] = {MSG_COUNT, MSG_COUNT + 1, 0x7fff, 0xffff, MSG_NONE};
    enum role from = p->role == ROLE_KEEPER ? ROLE_GATEWAY : ROLE_KEEPER;

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        uint8_t frame[20] = {(uint8_t)(numbers[i] >> 8), (uint8_t)numbers[i]};
        try_frame_for(p, from, slice_of(frame, sizeof frame), "what=\"unknown message\"");
        try_frame_for(p, from, slice_of(frame, 2), "what=\"unknown message\"");
    }
    try_frame(p, from, SLICE_LIT("x"), 0);
}

/* --- its own messages, broken ----------------------------------------------------------------- */

static void cut_and_prolong(struct play *p, enum role from, enum msg type)
{
    static uint8_t copy[LIM_FRAME_BYTES];
    struct slice whole = frame_of(type, FILL_SOME);
    size_t n = slice_copy(whole, copy, sizeof copy);

    for (size_t cut = 2; cut < n; cut++)
        try_frame_for(p, from, slice_of(copy, cut), "what=\"not decodable\"");
    copy[n] = 0;
    try_frame_for(p, from, slice_of(copy, n + 1), "what=\"not decodable\"");
}

static void descriptors(struct play *p, enum role from, enum msg type)
{
    bool fd = msg_info((uint16_t)type)->fd;

    play_mark(p);
    try_frame(p, from, frame_of(type, FILL_SOME), fd ? 0 : 1);
    if (!logged(p, fd ? "came without its descriptor" : "came with a descriptor"))
        fail_msg("%s is refused, but not for its descriptor", msg_info((uint16_t)type)->name);
    try_frame(p, from, frame_of(type, FILL_SOME), 2);
}

static size_t plain_size(const struct wire_field *f)
{
    static const size_t sizes[] = {
        [WIRE_BOOL] = 1, [WIRE_U8] = 1,  [WIRE_U16] = 2, [WIRE_U32] = 4,     [WIRE_U64] = 8,
        [WIRE_ENUM] = 1, [WIRE_ERR] = 2, [WIRE_ID] = 16, [WIRE_DIGEST] = 32,
    };

    return f->type < ARRAY_LEN(sizes) ? sizes[f->type] : 0;
}

static size_t length_of(const struct wire_field *f)
{
    return f->max > UINT16_MAX ? 4 : 2;
}

/* What is the i-th thing that can be wrong with the field that begins at at, of a frame of n bytes;
 * false: there is none. Changes frame and n. */
static bool bend(const struct wire_field *f, unsigned i, uint8_t *frame, size_t at, size_t *n)
{
    size_t length = length_of(f), value = at + length;

    switch (f->type) {
    case WIRE_BOOL: frame[at] = (uint8_t)(i == 0 ? 2 : 0xff); return i < 2;
    case WIRE_ENUM: frame[at] = (uint8_t)(i == 0 ? f->max : 0xff); return i < 2;
    case WIRE_ERR:
        frame[at] = i == 0 ? 0 : 0xff;
        frame[at + 1] = (uint8_t)(i == 0 ? f->max : 0xff);
        return i < 2;
    case WIRE_STR:
        if (i < 4) {
            frame[value] = (const uint8_t[]){0xff, 0x01, 0x7f, 0xc0}[i];
            return true;
        }
        i -= 4;
        break;
    case WIRE_BYTES:
    case WIRE_SECRET: break;
    default: return false;
    }
    switch (i) {
    case 0: frame[at + length - 1]++; return true; /* longer than it is */
    case 1: frame[at + length - 1]--; return true;
    case 2: memset(frame + at, 0xff, length); return true;
    case 3: /* right, but for its maximum */
        if (*n - 5 + f->max + 1 > LIM_FRAME_BYTES || f->max < 5)
            return false;
        memmove(frame + value + f->max + 1, frame + value + 5, *n - value - 5);
        memset(frame + value, 'a', f->max + 1);
        for (size_t k = 0; k < length; k++)
            frame[at + k] = (uint8_t)((f->max + 1) >> (8 * (length - 1 - k)));
        *n += f->max + 1 - 5;
        return true;
    default: return false;
    }
}

static void bend_fields(struct play *p, enum role from, enum msg type)
{
    const struct wire_message *info = msg_info((uint16_t)type);
    static uint8_t copy[2 * LIM_FRAME_BYTES];
    size_t at = 2;

    for (size_t i = 0; i < info->fields_n; i++) {
        const struct wire_field *f = &info->fields[i];
        size_t n = 0;

        for (unsigned k = 0;; k++) {
            n = slice_copy(frame_of(type, FILL_SOME), copy, sizeof copy);
            if (!bend(f, k, copy, at, &n))
                break;
            try_frame_for(p, from, slice_of(copy, n), "what=\"not decodable\"");
        }
        at += plain_size(f) != 0 ? plain_size(f)
                                 : length_of(f) + (f->max < 5 ? f->max : 5); /* as FILL_SOME */
    }
}

static void broken(struct play *p)
{
    for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
        for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
            if (peers[i] == p->role || !may_send(peers[i], p->role, (enum msg)t))
                continue;
            descriptors(p, peers[i], (enum msg)t);
            if (msg_info((uint16_t)t)->fd)
                continue; /* its fields are looked at when its descriptor is there */
            cut_and_prolong(p, peers[i], (enum msg)t);
            bend_fields(p, peers[i], (enum msg)t);
        }
    }
}

static void oversized(struct play *p)
{
    static uint8_t frame[LIM_FRAME_BYTES + 1];
    enum role from = p->role == ROLE_KEEPER ? ROLE_GATEWAY : ROLE_KEEPER;

    memset(frame, 'a', sizeof frame);
    try_frame(p, from, slice_of(frame, LIM_FRAME_BYTES), 0);
    try_frame_for(p, from, slice_of(frame, LIM_FRAME_BYTES + 1), "what=\"too long");
    try_frame(p, from, slice_of(frame, LIM_FRAME_BYTES + 1), 1);
}

/* What is said to come once comes twice. */
static void twice(struct play *p)
{
    for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
        for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
            struct end *e;

            if (peers[i] == p->role || !may_send(peers[i], p->role, (enum msg)t) ||
                !msg_info((uint16_t)t)->once)
                continue;
            play_mark(p);
            e = play_peer(p, peers[i], instance_of(peers[i]));
            say_raw(e, frame_of((enum msg)t, FILL_LEAST), NULL, 0);
            say_raw(e, frame_of((enum msg)t, FILL_LEAST), NULL, 0);
            must_refuse_for(e, msg_info((uint16_t)t)->name, "repeated");
        }
    }
}

/* --- the supervisor's channel ----------------------------------------------------------------- */

static struct play *other; /* a second process of the same role, for what ends it */

static struct play *other_new(const struct play *p)
{
    play_free(other);
    other = NULL;
    other = play_new(p->role, p->landlock);
    return other;
}

static void say_filled(struct play *p, enum msg type)
{
    struct token t = token_new();
    bool fd = msg_info((uint16_t)type)->fd;

    say_raw(p->supervisor, frame_of(type, FILL_SOME), &t.sent, fd ? 1 : 0);
    sock_close(t.sent);
    sock_close(t.ours);
}

/* Every message that is not its supervisor's, or not any more. */
static void from_supervisor(struct play *p)
{
    for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        if (may_send(ROLE_SUPERVISOR, p->role, (enum msg)t))
            continue;
        other_new(p);
        play_boot(other);
        say_filled(other, (enum msg)t);
        play_must_end(other);
    }
}

/* Every message but boot first; every one that is for later while it boots; boot twice. */
static void out_of_boot(struct play *p)
{
    for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        const struct wire_message *info = msg_info((uint16_t)t);

        if (!(info->from & 1u << ROLE_SUPERVISOR) || !(info->to & 1u << p->role))
            continue;
        if (t != MSG_BOOT) {
            other_new(p);
            say_filled(other, (enum msg)t);
            play_must_end(other);
        }
        if (t == MSG_BOOT || !info->boot) {
            other_new(p);
            play_configure(other);
            say_filled(other, (enum msg)t);
            play_must_end(other);
        }
    }
}

static void supervisor_breaks(struct play *p)
{
    struct token t = token_new();

    other_new(p);
    play_boot(other);
    say_raw(other->supervisor, SLICE_LIT("x"), NULL, 0);
    play_must_end(other);
    other_new(p);
    play_boot(other);
    SAY(other->supervisor, MSG_PEER, peer, .role = ROLE_KEEPER); /* without its channel */
    play_must_end(other);
    other_new(p);
    play_boot(other);
    say_fd(other->supervisor, MSG_PEER, &(struct msg_peer){.role = ROLE_KEEPER}, t.sent);
    play_must_end(other); /* no channel */
    token_must_close(other, &t);
    other_new(p);
    play_boot(other);
    /* A second supervisor could configure anew. */
    IGNORE(play_mute_peer(other, ROLE_SUPERVISOR, 0));
    play_must_end(other);
    other_new(p);
    play_boot(other);
    end_close(other->supervisor);
    play_must_end(other);
}

static void listener_twice(struct play *p)
{
    uint16_t port;
    int listener = tcp_listener(&port);

    for (int i = 0; i < 2; i++) {
        other_new(p);
        play_boot(other);
        if (i == 1)
            say_fd(other->supervisor, MSG_LISTENER, &(struct msg_listener){0}, listener);
        say_fd(other->supervisor, MSG_LISTENER, &(struct msg_listener){0},
               i == 0 ? other->log_fd : listener);
        play_must_end(other); /* also those that get none */
    }
    sock_close(listener);
}

/* --- all of it -------------------------------------------------------------------------------- */

static const struct row rows[] = {
    {"hellos that are not right", hellos},
    {"messages that are not its peer's", foreign},
    {"messages that there are none of", unknown},
    {"frames cut, prolonged and bent, and their descriptors", broken},
    {"frames that are too long", oversized},
    {"what may come once comes twice", twice},
    {"the supervisor says what it may not", from_supervisor},
    {"the supervisor says things in the wrong order", out_of_boot},
    {"the supervisor's channel breaks", supervisor_breaks},
    {"a listener that is none, and two of them", listener_twice},
};

static int clear_other(int status)
{
    play_free(other);
    return status;
}

int main(int argc, char **argv)
{
    struct program programs[8];

    for (size_t i = 0; i < casts_n; i++)
        programs[i] = (struct program){casts[i], rows, ARRAY_LEN(rows)};
    return clear_other(program_main(programs, casts_n, argc, argv));
}
