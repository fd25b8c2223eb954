/* audit verify: the log checked offline, against the newest record that the keeper knows of; and
 * audit recheck. */
#include "audit/verify.h"
#include "cli/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* What the log is compared with. */
struct wanted {
    struct audit_known known;
    bool have;
    bool doubted; /* the keeper says that store and log do not belong together, and that was said */
};

static struct wanted wanted;

static void take_head(UNUSED struct cli *x, const struct msg_ctl_audit_head_is *m)
{
    wanted = (struct wanted){{m->seq, m->head}, true, false};
}

/* SEQ:HEX */
static bool parse_head(const char *text)
{
    struct slice s = slice_str(text);
    size_t colon = slice_find_byte(s, ':');

    wanted.have =
        colon < s.n && slice_to_u64(slice_sub(s, 0, colon), UINT64_MAX, &wanted.known.seq) &&
        id_parse(slice_sub(s, colon + 1, s.n), wanted.known.head.b, sizeof(wanted.known.head.b));
    return wanted.have ||
           cli_fail("--head wants the number of a record, a colon and its hash in hexadecimal") ==
               CLI_OK;
}

/* Asks the keeper first: what is appended while the log is read is then behind the head, which does
 * no harm. */
static bool find_head(struct cli *x)
{
    static const struct client_rows rows = {.head = take_head};
    struct msg_ctl_audit_head m = {0};

    if (x->head)
        return parse_head(x->head);
    if (!client_is_up(x)) {
        fprintf(stderr, "sidegate: Sidegate is not running, so a truncated end cannot be seen; "
                        "give --head SEQ:HEX\n");
        return true;
    }
    wanted.doubted = client_ask(x, MSG_CTL_AUDIT_HEAD, &m, &rows) != CLI_OK;
    return wanted.have;
}

static bool read_public(const struct cli *x, struct sign_public *ret)
{
    char path[CONFIG_PATH + 32], text[2 * sizeof(ret->b) + 2];
    int fd;
    ssize_t n;

    snprintf(path, sizeof(path), "%s/%s", x->config->keys, AUDIT_PUBLIC_NAME);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cli_fail("cannot open %s: %s", path, strerror(errno)) == CLI_OK;
    n = read(fd, text, sizeof(text));
    close(fd);
    if (n > 0 && text[n - 1] == '\n')
        n--;
    if (n >= 0 && id_parse(slice_of(text, (size_t)n), ret->b, sizeof(ret->b)))
        return true;
    return cli_fail("%s does not hold a public key", path) == CLI_OK;
}

static void put_head(const struct audit_verdict *v)
{
    struct buf hex = BUF_INIT(2 * DIGEST_BYTES);

    buf_put_hex(&hex, ID_SLICE(v->head));
    printf("%llu records in order, %llu signed. Newest: %llu:%.*s\n",
           (unsigned long long)v->records, (unsigned long long)v->signed_seq,
           (unsigned long long)v->records, (int)hex.n, (const char *)hex.p);
    buf_free(&hex);
}

static int say_verdict(const struct audit_verdict *v)
{
    put_head(v);
    if (v->fault == AUDIT_SOUND) {
        printf("The log is sound%s.\n", wanted.doubted ? " in itself, but it is not the store's"
                                        : wanted.have  ? " and ends where the keeper says"
                                                       : "");
        return wanted.doubted ? CLI_FAILED : CLI_OK;
    }
    if (v->line > 0)
        return cli_fail("the log is not sound: record %llu, line %llu: %s",
                        (unsigned long long)v->seq, (unsigned long long)v->line,
                        audit_fault_sentence(v->fault));
    return cli_fail("the log is not sound: record %llu, at the end: %s", (unsigned long long)v->seq,
                    audit_fault_sentence(v->fault));
}

/* The log only grows. */
static void say_room(const struct cli *x, int fd)
{
    uint64_t least = x->config->limits[SET_DISK_WARN], left = 0;
    struct stat st;
    struct statfs disk;

    if (fstat(fd, &st) != 0 || fstatfs(fd, &disk) != 0)
        return;
    left = (uint64_t)disk.f_bavail * (uint64_t)disk.f_bsize;
    printf("The log has %llu MiB; %llu MiB are free on its disk.\n",
           (unsigned long long)st.st_size >> 20, (unsigned long long)left >> 20);
    if (left < least)
        fprintf(stderr, "sidegate: less is free than disk_warn (%llu MiB): make room\n",
                (unsigned long long)least >> 20);
}

int verb_audit_verify(struct cli *x)
{
    char path[CONFIG_PATH + 32];
    struct sign_public public;
    struct audit_verdict verdict;
    enum err e;
    int fd;

    if (!find_head(x) || !read_public(x, &public))
        return CLI_FAILED;
    snprintf(path, sizeof(path), "%s/%s", x->config->data, AUDIT_LOG_NAME);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cli_fail("cannot open %s: %s", path, strerror(errno));
    e = audit_verify(fd, &public, wanted.have ? &wanted.known : NULL, &verdict);
    say_room(x, fd);
    close(fd);
    if (e)
        return cli_fail("%s cannot be read: %s", path, err_sentence(e));
    return say_verdict(&verdict);
}

int verb_audit_recheck(struct cli *x)
{
    struct msg_ctl_audit_recheck m = {0};

    return cli_done(client_ask(x, MSG_CTL_AUDIT_RECHECK, &m, NULL),
                    "Store and log are compared anew at the next start of Sidegate.\n");
}
