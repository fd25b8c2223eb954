/*
 * The operational log: reads what the roles write to their log pipes, checks and bounds it, and
 * writes it to our own descriptor 2 under the name that we know them by. Trusts none of them.
 */
#include "supervisor/supervisor.h"

#include "base/planted.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/sock.h"
#include "supervisor/logline.h"

#include <errno.h>
#include <unistd.h>

enum { READ_BYTES = 4096, READS = 16 /* a turn */, OUT_MS = 200 };

static void put_out(const char *process, uint32_t pid, enum level level, struct slice event,
                    struct slice rest)
{
    struct buf out = BUF_INIT(2 * LIM_LOG_LINE);
    const struct logline l = {clock_wall_ms(), level, process, pid, event, rest};

    logline_put(&out, &l);
    /* Whoever reads our log and stops must not stop us: after a moment the line is given up. */
    if (buf_err(&out) == ERR_OK && sock_wait_room(STDERR_FILENO, OUT_MS))
        (void)log_out(buf_slice(&out)); /* there is nowhere to say that it failed */
    buf_free(&out);
}

/* Whether one more line of p fits its budget; the last of it is for what somebody should look at. */
static bool within_budget(struct proc *p, enum level level)
{
    uint64_t factor = p->sup->config->level == LEVEL_DEBUG ? 10 : 1;
    uint64_t kept = level <= LEVEL_WARN || PLANTED(log_unshared) ? 0 : LIM_LOG_KEPT;
    const struct pace_limit l = {(LIM_LOG_BURST - kept) * factor, LIM_LOG_RATE * factor};

    if (pace_take(&p->budget.pace, &l, loop_now(p->sup->loop)))
        return true;
    p->budget.lost++;
    return false;
}

void logs_line(struct proc *p, struct slice line)
{
    struct buf quoted = BUF_INIT(2 * LIM_LOG_LINE);
    enum level level = LEVEL_WARN;
    struct slice event = SLICE_LIT("not_a_record"), rest = SLICE_EMPTY;
    uint32_t pid = (uint32_t)p->child.pid;

    if (!logline_parse(line, &level, &event, &rest)) {
        buf_put_str(&quoted, " text=");
        log_put_text(&quoted, line);
        rest = buf_slice(&quoted);
    }
    if (level <= p->sup->config->level && within_budget(p, level)) {
        if (p->budget.lost > 0) {
            log_event(LEVEL_WARN, "log_lines_dropped", LOG_STR("by", p->label),
                      LOG_NUM("count", p->budget.lost));
            p->budget.lost = 0;
        }
        put_out(p->label, pid, level, event, rest);
    }
    buf_free(&quoted);
}

/* Hands on every whole line; a line that is too long goes in pieces. */
static void split(struct proc *p)
{
    struct slice all = buf_slice(&p->log_line);
    size_t used = 0;

    while (used < all.n) {
        struct slice left = slice_sub(all, used, all.n);
        size_t n = slice_find_byte(left, '\n');
        if (n == left.n && n < LIM_LOG_LINE)
            break;
        n = n < LIM_LOG_LINE ? n : LIM_LOG_LINE;
        if (n > 0)
            logs_line(p, slice_sub(left, 0, n));
        used += n < left.n && left.p[n] == '\n' ? n + 1 : n;
    }
    buf_consume(&p->log_line, used);
}

bool logs_read(struct proc *p)
{
    for (int i = 0; i < READS; i++) {
        uint8_t *room = buf_room(&p->log_line, READ_BYTES);
        ssize_t n;

        BUG_IF(!room); /* split() leaves less than one line */
        n = read(p->log_fd, room, READ_BYTES);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        if (n == 0)
            return false;
        buf_added(&p->log_line, (size_t)n);
        split(p);
    }
    return true;
}

static void own_line(void *ctx, struct slice line)
{
    enum level level;
    struct slice event, rest;

    (void)ctx; /* there is one supervisor */
    if (line.n > 0 && line.p[line.n - 1] == '\n')
        line = slice_sub(line, 0, line.n - 1);
    if (logline_parse(line, &level, &event, &rest))
        put_out("supervisor", (uint32_t)getpid(), level, event, rest);
}

void logs_own(struct supervisor *s)
{
    log_set_sink(own_line, NULL);
    log_set_level(s->config->level);
}
