/*
 * Writes every page of the surface with sample data into a folder, for tests/e2e/pages.mjs: a
 * browser looks at them, axe-core searches them, and pictures are taken.
 *
 *     surface-preview FOLDER
 */
#include "surface/page.h"
#include "surface/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

static void save(const char *name, struct slice s)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(s.p, 1, s.n, f) != s.n || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static void save_page(const char *name, struct buf *b)
{
    save(name, buf_slice(b));
    buf_free(b);
}

#define NOW UINT64_C(1795387500000) /* 2026-11-22 22:45 UTC */
#define MIN UINT64_C(60000)

static const struct page_frame out = {.host = {(const uint8_t *)"localhost:8401", 14}, .now = NOW};
static struct page_frame in;

static void logins(void)
{
    struct buf b = BUF_INIT(PAGE_MAX);
    struct page_login p = {.csrf = SLICE_LIT("0123456789abcdef")};
    page_login(&b, &out, &p);
    save_page("login.html", &b);
    p.handoff = SLICE_LIT("00112233445566778899aabbccddeeff");
    p.name = SLICE_LIT("ana");
    p.error = "Name or password is not right.";
    page_login(&b, &out, &p);
    save_page("login-wrong.html", &b);
}

static struct page_handoff sample(const struct page_field *fields, size_t n)
{
    return (struct page_handoff){
        .said.handoff = {{0x1f, 0x2e, 0x3d}},
        .said.need = NEED_MISSING,
        .said.tries_left = 10,
        .title = SLICE_LIT("Harbour Station"),
        .said.client_label = SLICE_LIT("Claude on my laptop"),
        .said.method = SLICE_LIT("tools/call"),
        .said.tool = SLICE_LIT("weather"),
        .said.words = SLICE_LIT("amber falcon"),
        .said.expires = NOW + 14 * MIN + 30000,
        .lease = {LEASE_KIND_TASK, 20, 60 * MIN},
        .fields = fields,
        .fields_n = n,
    };
}

static void put_shown(struct buf *b, char tag, const char *text)
{
    size_t n = strlen(text);

    buf_put_u8(b, (uint8_t)tag);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_u8(b, (uint8_t)(n >> shift));
    buf_put_str(b, text);
}

static void save_handoff(const char *name, const struct page_handoff *p)
{
    struct buf b = BUF_INIT(PAGE_MAX);
    page_handoff(&b, &in, p);
    save_page(name, &b);
}

static void handoffs(void)
{
    struct page_field key[] = {{.label = SLICE_LIT("API key"),
                                .hint = SLICE_LIT("From your page at the harbour office, under "
                                                  "Account. It begins with hs_."),
                                .masked = true}};
    struct page_field pair[] = {
        {.label = SLICE_LIT("User name at the harbour office")},
        {.label = SLICE_LIT("Password at the harbour office"), .masked = true}};
    struct page_handoff p = sample(key, 1);
    struct buf shown = BUF_INIT(LIM_PROJECTION_BYTES);
    put_shown(&shown, 'P', "/arguments/station");
    put_shown(&shown, 's', "harbour");
    p.said.for_request = true;
    p.said.shown = buf_slice(&shown);
    save_handoff("handoff.html", &p);

    put_shown(&shown, 'P', "/arguments/pay/amount");
    put_shown(&shown, 'd', "10250.00");
    put_shown(&shown, 'P', "/arguments/pay/to");
    put_shown(
        &shown, 's',
        "NL91 ABNA 0417 1643 00, Harbour office, quay 7, and a remark that goes on for a while "
        "so that it takes more than one line on a small screen");
    put_shown(&shown, 'P', "/arguments/script");
    put_shown(&shown, 's', "ls -l\r\nrm -rf\tquay");
    put_shown(&shown, 'P', "/arguments/confirmed");
    put_shown(&shown, 't', "");
    put_shown(&shown, 'P',
              "/arguments/copies/0/a_name_without_any_place_to_break_it_in_two_at_all");
    put_shown(&shown, 'a', "");
    put_shown(&shown, 'X', "");
    p.said.shown = buf_slice(&shown);
    p.said.need = NEED_USED_UP;
    p.lease.kind = LEASE_KIND_ONCE;
    save_handoff("handoff-once.html", &p);
    buf_free(&shown);
    p = sample(key, 1);

    p.said.problem = PROBLEM_REFUSED;
    p.said.tries_left = 9;
    save_handoff("handoff-refused.html", &p);

    p.said.problem = PROBLEM_WRONG_PASSWORD;
    p.password_error = "This is not your Sidegate password.";
    save_handoff("handoff-wrong-password.html", &p);

    p = sample(pair, 2);
    p.said.need = NEED_STALE;
    p.lease.kind = LEASE_KIND_KEEP;
    pair[1].error = "There is a line break in it. Paste it again without.";
    save_handoff("handoff-fields.html", &p);

    p = sample(key, 1);
    p.said.need = NEED_USED_UP;
    p.lease.kind = LEASE_KIND_ONCE;
    p.said.client_label =
        SLICE_LIT("\xe2\x80\xae"
                  "evil\n<b>click</b> https://example.com/ "
                  "please enter your bank password here, it is quite safe, really");
    p.said.tool = SLICE_LIT(
        "averyveryveryverylongtoolname_averyveryveryverylongtoolname_averyveryveryverylong");
    save_handoff("handoff-hostile.html", &p);

    p.said.need = NEED_ASKED;
    p.said.method = p.said.tool = SLICE_EMPTY;
    p.said.client_label = SLICE_LIT("Claude on my laptop");
    save_handoff("handoff-asked.html", &p);
}

static void messages(void)
{
#define P(name, ...) {PAGE_##name, "message-" #name ".html"},
    static const struct {
        enum page_text text;
        const char *file;
    } all[] = {
#include "surface/page.def"
    };
#undef P
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct buf b = BUF_INIT(PAGE_MAX);
        bool done = all[i].text == PAGE_FINISHED_TESTED || all[i].text == PAGE_FINISHED_STORED;
        page_message(&b, &in, all[i].text, done ? SLICE_LIT("amber falcon") : SLICE_EMPTY,
                     SLICE_LIT("/inbox"));
        save_page(all[i].file, &b);
    }
}

static void lists(void)
{
    struct buf b = BUF_INIT(PAGE_MAX);
    const struct page_row rows[] = {
        {.inbox.handoff = {{1}},
         .inbox.need = NEED_MISSING,
         .title = SLICE_LIT("Harbour Station"),
         .inbox.client_label = SLICE_LIT("Claude on my laptop"),
         .inbox.tool = SLICE_LIT("weather"),
         .inbox.words = SLICE_LIT("amber falcon"),
         .inbox.expires = NOW + 14 * MIN},
        {.inbox.handoff = {{2}},
         .inbox.need = NEED_STALE,
         .title = SLICE_LIT("Ticket office"),
         .inbox.client_label = SLICE_LIT("night build"),
         .inbox.words = SLICE_LIT("quiet maple"),
         .inbox.expires = NOW + 30000},
    };
    const struct page_row given[] = {
        {.connection.connection = {{1}},
         .connection.state = CONNECTION_STATE_LIVE,
         .connection.lease = LEASE_KIND_TASK,
         .title = SLICE_LIT("Harbour Station"),
         .connection.client_label = SLICE_LIT("Claude on my laptop"),
         .connection.created = NOW - 50 * MIN,
         .connection.last_used = NOW - 3 * MIN,
         .connection.expires = NOW + 10 * MIN,
         .connection.uses_left = 17,
         .connection.tested = true},
        {.connection.connection = {{2}},
         .connection.state = CONNECTION_STATE_STALE,
         .connection.lease = LEASE_KIND_KEEP,
         .title = SLICE_LIT("Ticket office"),
         .connection.client_label = SLICE_LIT("night build"),
         .connection.created = NOW - 3000 * MIN,
         .connection.uses_left = UINT32_MAX},
        {.connection.connection = {{3}},
         .connection.state = CONNECTION_STATE_SUSPENDED,
         .connection.lease = LEASE_KIND_ONCE,
         .title = SLICE_LIT("Library"),
         .connection.client_label = SLICE_LIT("Claude on my laptop"),
         .connection.created = NOW - 90 * MIN,
         .connection.last_used = NOW - 80 * MIN,
         .connection.uses_left = 0},
    };
    page_inbox(&b, &in, rows, ARRAY_LEN(rows));
    save_page("inbox.html", &b);
    page_inbox(&b, &in, NULL, 0);
    save_page("inbox-empty.html", &b);
    page_connections(&b, &in, given, ARRAY_LEN(given), true);
    save_page("connections.html", &b);
    page_connections(&b, &in, NULL, 0, false);
    save_page("connections-empty.html", &b);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: surface-preview FOLDER\n", stderr);
        return 2;
    }
    folder = argv[1];
    in = out;
    in.user = SLICE_LIT("ana");
    logins();
    handoffs();
    messages();
    lists();
    save("style.css", web_bytes(WEB_STYLE));
    save("inbox.js", web_bytes(WEB_SCRIPT));
    save("icon.svg", web_bytes(WEB_ICON));
    return 0;
}
