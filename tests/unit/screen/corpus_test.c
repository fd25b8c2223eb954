/*
 * Ordinary text is left alone: of values as people type them, nothing is found in this repository's
 * documentation, source and lock file, nor in mail about the same hosts, people and services. The
 * secrets are made here, so they stand in none of it; all else of the values does.
 */
#include "unit.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/limits.h"
#include "screen/parts.h"
#include "screen/screen.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>

/* Files of the corpus, and how often each value was found in them. */
static struct {
    struct screen *screen;
    const char *value;
    size_t files, bytes;
} now;

/* --- values ----------------------------------------------------------------------------------- */

/* "#32" is so many characters of chance, "#x32" digits, "#b32" base64 of so many bytes, "#d32" that of
 * an Ed25519 key; "@(" to ")" is base64url of what is between. */
static const char *const values[] = {
    "sk_live_#24",
    "ghp_#36",
    "github_pat_#22_#59",
    "xoxb-123456789012-1234567890123-#24",
    "AKIA#16",
    "#32",
    "#x32",
    "#b32=",
    "Bearer #40",
    "Authorization: Bearer sk-proj-#40",
    "Basic YW5hOg#27",
    "export API_KEY=#40",
    "token=#20",
    "\"key\": \"#20\"",
    "ana:#16",
    "ana@archive.example:#16",
    "weather:#16",
    "postgres://postgres:#16@localhost:5432/sidegate?sslmode=require",
    "mongodb+srv://ana:#16@archive.example/documentation?retryWrites=true",
    "https://archive.example/mcp?user=ana&api_key=#20",
    "Server=tcp:archive.example,1433;Initial Catalog=master;User ID=ana;Password=#16;Encrypt=True;",
    "DefaultEndpointsProtocol=https;AccountName=archive;AccountKey=#b63==;EndpointSuffix=core."
    "windows.net",
    "Endpoint=sb://archive.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;"
    "SharedAccessKey=#b31=",
    "host=localhost port=5432 dbname=sidegate user=ana password=#16",
    "@({\"alg\":\"HS256\",\"typ\":\"JWT\"}).@({\"iss\":\"https://"
    "archive.example\",\"aud\":\"sidegate\","
    "\"sub\":\"#24\",\"scope\":\"tools:read "
    "tools:write\",\"iat\":1764547200,\"exp\":1764550800}).#43",
    "{\"type\":\"service_account\",\"project_id\":\"sidegate\",\"private_key_id\":\"#x40\","
    "\"private_key\":"
    "\"-----BEGIN PRIVATE KEY-----\\n#d32\\n-----END PRIVATE "
    "KEY-----\\n\",\"client_email\":\"sidegate@sidegate.iam.gserviceaccount.com\",\"client_id\":"
    "\"100000000000000000000\",\"auth_uri\":\"https://accounts.google.com/o/oauth2/"
    "auth\",\"token_uri\":"
    "\"https://oauth2.googleapis.com/token\",\"universe_domain\":\"googleapis.com\"}",
};

/* The same in each run, and unlike any text. */
static uint32_t chance(void)
{
    static uint32_t x = 2463534242;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static void put_chance(struct buf *out, char kind, unsigned n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct buf bytes = BUF_INIT(SIZE_MAX);

    if (kind == 'd')
        buf_put(&bytes,
                slice_of("\x30\x2e\x02\x01\0\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16));
    for (unsigned i = 0; i < n && kind != 'b' && kind != 'd'; i++)
        buf_put_u8(out, (uint8_t)(kind == 'x' ? "0123456789abcdef"[chance() % 16]
                                              : letters[chance() % (sizeof(letters) - 1)]));
    for (unsigned i = 0; i < n && (kind == 'b' || kind == 'd'); i++)
        buf_put_u8(&bytes, (uint8_t)chance());
    base64_put(out, BASE64, buf_slice(&bytes));
    buf_free(&bytes);
}

static void put_value(struct buf *out, struct slice t)
{
    while (t.n > 0) {
        size_t k = 1;

        if (t.p[0] == '#') {
            char kind = t.p[1] > '9' ? (char)t.p[1] : ' ';
            unsigned n = 0;

            for (k = kind == ' ' ? 1 : 2; k < t.n && t.p[k] >= '0' && t.p[k] <= '9'; k++)
                n = n * 10 + (unsigned)(t.p[k] - '0');
            put_chance(out, kind, n);
            k += kind == 'b' && k < t.n && t.p[k] == '='; /* its own padding stands there */
            k += kind == 'b' && k < t.n && t.p[k] == '=';
        } else if (t.p[0] == '@' && t.n > 1 && t.p[1] == '(') {
            struct buf in = BUF_INIT(SIZE_MAX);

            k = slice_find_byte(t, ')') + 1;
            put_value(&in, slice_sub(t, 2, k - 1));
            base64_put(out, BASE64_URL, buf_slice(&in));
            buf_free(&in);
        } else {
            buf_put_u8(out, t.p[0]);
        }
        t = slice_sub(t, k, t.n);
    }
}

static void on_part(void *ctx, const struct parts_part *p)
{
    if (p->kind == PARTS_OWN)
        screen_add(ctx, p->bytes, p->from, p->to);
    else if (p->kind == PARTS_FORM)
        screen_add_form(ctx, p->bytes, p->from, p->to);
    else if (!screen_has(ctx, p->bytes))
        screen_add_made(ctx, p->bytes);
}

/* --- text ------------------------------------------------------------------------------------- */

/* A line at a time: a whole file would tell only that it was found. */
static void look(struct slice text, const char *where)
{
    now.bytes += text.n;
    while (text.n > 0) {
        size_t k = slice_find_byte(text, '\n');
        struct slice line = slice_sub(text, 0, k);

        if (screen_has(now.screen, line))
            fail_msg("%s: in %s: %.*s", now.value, where, (int)(line.n < 200 ? line.n : 200),
                     (const char *)line.p);
        text = slice_sub(text, k + 1, text.n);
    }
}

static int on_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
    struct buf text = BUF_INIT(SIZE_MAX);
    uint8_t *room;
    ssize_t n;
    int fd;

    (void)at;
    if (type != FTW_F || st->st_size == 0 || slice_ends(slice_str(path), SLICE_LIT(".png")))
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    room = buf_room(&text, (size_t)st->st_size);
    n = read(fd, room, (size_t)st->st_size);
    assert_true(n > 0);
    buf_added(&text, (size_t)n);
    close(fd);
    look(buf_slice(&text), path);
    now.files++;
    buf_free(&text);
    return 0;
}

/* Mail, logs and settings that name all that is public in the values. */
static const char mail[] =
    "From: Ana <ana@archive.example>\nTo: sidegate@sidegate.iam.gserviceaccount.com\n"
    "Subject: Re: your weather station at archive.example:5432\n"
    "Date: Mon, 30 Nov 2026 10:00:00 +0000\nMessage-ID: "
    "<123456789012.1234567890123@archive.example>\n\n"
    "Hello, keys begin with sk_live_, sk_test_, ghp_, github_pat_, xoxb-, AKIA or sk-proj-, and "
    "are sent as\n"
    "Authorization: Bearer TOKEN, or with Basic YW5hOg==. In a file it is export API_KEY=..., "
    "\"key\": \"...\".\n"
    "postgres://postgres@localhost:5432/sidegate?sslmode=require\n"
    "mongodb+srv://ana@archive.example/documentation?retryWrites=true\n"
    "https://archive.example/mcp?user=ana\nhost=localhost port=5432 dbname=sidegate user=ana "
    "password=\n"
    "Server=tcp:archive.example,1433;Initial Catalog=master;User ID=ana;Password=;Encrypt=True;\n"
    "DefaultEndpointsProtocol=https;AccountName=archive;EndpointSuffix=core.windows.net;AccountKey="
    "\n"
    "Endpoint=sb://archive.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey\n"
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.x\n"
    "eyJpc3MiOiJodHRwczovL2FyY2hpdmUuZXhhbXBsZSIsImF1ZCI6InNpZGVnYXRlIn0\n"
    "{\"type\":\"service_account\",\"project_id\":\"sidegate\",\"private_key_id\":\"\",\"private_"
    "key\":\"\"}\n"
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n"
    "{\"auth_uri\":\"https://accounts.google.com/o/oauth2/"
    "auth\",\"client_id\":\"100000000000000000000\"}\n"
    "{\"token_uri\":\"https://oauth2.googleapis.com/"
    "token\",\"universe_domain\":\"googleapis.com\"}\n"
    "\"scope\":\"tools:read tools:write\",\"iat\":1764547200,\"exp\":1764550800\n";

static void test_nothing_is_found(void **state)
{
    static const char *const folders[] = {"docs",
                                          "src",
                                          "man",
                                          "etc",
                                          "README.md",
                                          "SECURITY.md",
                                          "ARCHITECTURE.md",
                                          "tests/package-lock.json"};
    const char *root = getenv("SOURCE_ROOT");

    (void)state;
    assert_non_null(root);
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct buf value = BUF_INIT(SIZE_MAX);

        put_value(&value, slice_str(values[i]));
        now.value = values[i];
        now.screen = screen_new(SLICE_LIT("corpus"), 42);
        now.files = now.bytes = 0;
        (void)parts_of(buf_slice(&value), LIM_PARTS, on_part, now.screen);
        assert_true(screen_has(now.screen, buf_slice(&value)));
        look(slice_str(mail), "mail");
        for (size_t f = 0; f < ARRAY_LEN(folders); f++) {
            char path[4096];

            assert_in_range(snprintf(path, sizeof(path), "%s/%s", root, folders[f]), 1, 4095);
            assert_int_equal(nftw(path, on_file, 16, FTW_PHYS), 0);
        }
        assert_true(now.files > 200 && now.bytes > 1000000); /* it is a corpus */
        screen_free(now.screen);
        buf_free(&value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing_is_found)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
