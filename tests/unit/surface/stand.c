/*
 * The real surface with a scripted keeper, for a browser: tests/pages/flow.mjs drives it. One
 * person, "ana" with the password "correct horse", and one handoff, HANDOFF.
 *
 *     surface-stand
 *
 * writes its port as one line. Then lines on standard input change what the keeper does: "new"
 * makes the handoff wait again, "refuse" makes the server refuse what is given, "accept" ends that,
 * "end" ends the session, "die" ends the keeper's channel.
 */
#include "fake.h"

#include "crypto/open.h"

#include <unistd.h>

static struct fake *f;
static struct sec *verifier;
static bool ended, refusing;

static void on_login(struct fake *x, union msg_any *m)
{
    char bytes[] = "session";

    ended = false;
    if (!slice_eq_str(m->login.name, "ana") || !sec_equal(m->login.verifier, verifier)) {
        fake_deny(x, m->login.req, DENIAL_WRONG_PASSWORD);
        return;
    }
    struct sec *cookie = sec_take(bytes, 7);
    IGNORE(send_login_ok(x->keeper, &(struct msg_login_ok){
                                        .req = m->login.req, .cookie = cookie, .life_ms = 600000}));
    sec_free(cookie);
}

static void changed(void)
{
    if (f->req && f->keeper)
        IGNORE(send_inbox_changed(f->keeper, &(struct msg_inbox_changed){.req = f->req}));
}

static void on_submit(struct fake *x, union msg_any *m)
{
    struct msg_handoff_submit *s = &m->handoff_submit;

    x->problem = PROBLEM_NONE;
    if (!sec_equal(s->verifier, verifier))
        x->problem = PROBLEM_WRONG_PASSWORD;
    else if (refusing)
        x->problem = PROBLEM_REFUSED;
    else
        x->state = HANDOFF_STATE_COMPLETED;
    if (fake_knows(x, s->req, s->cookie))
        fake_view(x, s->req, s->handoff);
    changed();
}

static bool waits(void)
{
    return f->state == HANDOFF_STATE_CREATED || f->state == HANDOFF_STATE_OPENED;
}

static void on_inbox_get(struct fake *x, union msg_any *m)
{
    uint64_t req = m->inbox_get.req;
    struct msg_inbox_row row = {.req = req,
                                .upstream = 3,
                                .client_label = SLICE_LIT("laptop"),
                                .tool = SLICE_LIT("weather"),
                                .words = SLICE_LIT("amber falcon"),
                                .expires = UINT64_C(4000000000000)};

    if (ended) {
        fake_deny(x, req, DENIAL_LOG_IN);
        return;
    }
    if (!fake_knows(x, req, m->inbox_get.cookie))
        return;
    if (waits() && id_parse(SLICE_LIT(HANDOFF), row.handoff.b, ID_BYTES))
        IGNORE(send_inbox_row(x->keeper, &row));
    fake_end_rows(x, req);
}

static void on_watch(struct fake *x, union msg_any *m)
{
    x->req = m->inbox_watch.req;
}

static void order(char c)
{
    switch (c) {
    case 'n':
        f->state = HANDOFF_STATE_CREATED;
        changed();
        break;
    case 'r': refusing = true; break;
    case 'a': refusing = false; break;
    case 'e':
        ended = true;
        if (f->req)
            fake_deny(f, f->req, DENIAL_LOG_IN);
        break;
    case 'd': fake_kill_keeper(f); break;
    default: break;
    }
}

static void on_input(void *ctx, unsigned events)
{
    char line[64];
    ssize_t n = read(0, line, sizeof(line));

    (void)events;
    if (n <= 0)
        loop_stop(ctx);
    for (ssize_t i = 0; i < n; i++) {
        if (i == 0 || line[i - 1] == '\n')
            order(line[i]);
    }
}

int main(void)
{
    uint16_t port;
    int fd = client_listener(&port);
    struct box_public public;
    char password[] = "correct horse";

    f = fake_new_at(true, fd, port);
    f->state = HANDOFF_STATE_DECLINED;
    struct sec *key = open_box_key(1, &public), *p = sec_take(password, sizeof(password) - 1);
    if (password_verifier(p, (const uint8_t *)"0123456789abcde", (struct password_cost){1, 8192},
                          &verifier) != ERR_OK)
        return 1;
    IGNORE(send_seal_key(f->keeper, &(struct msg_seal_key){1, public.key}));
    f->on[MSG_LOGIN] = on_login;
    f->on[MSG_HANDOFF_SUBMIT] = on_submit;
    f->on[MSG_INBOX_GET] = on_inbox_get;
    f->on[MSG_INBOX_WATCH] = on_watch;
    loop_watch(f->loop, 0, LOOP_READ, on_input, f->loop);
    printf("%u\n", port);
    fflush(stdout);
    loop_run(f->loop);
    sec_free(key);
    sec_free(p);
    return 0;
}
