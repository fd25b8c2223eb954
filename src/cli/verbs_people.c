/* user and key: people, their passwords, and the keys of their agents. */
#include "cli/client.h"

#include "base/base64.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "proto/utf8.h"

#include <stdio.h>

/* What the keeper stores of a password: salt, cost, and the Argon2id verifier. */
struct hashed {
    uint8_t salt[PASSWORD_SALT_BYTES];
    struct password_cost cost;
    struct sec *verifier;
};

/* NAME may be given as such or with --user. */
static bool has_name(struct cli *x)
{
    if (!x->argument)
        x->argument = x->user;
    return x->argument || cli_fail("say who: a name, or --user NAME") == CLI_OK;
}

static bool hash_new_password(const struct cli *x, struct hashed *ret)
{
    struct sec *password = cli_new_password(x);
    enum err e;

    if (!password)
        return false;
    random_bytes(ret->salt, sizeof(ret->salt));
    ret->cost = password_cost_default();
    e = password_verifier(password, ret->salt, ret->cost, &ret->verifier);
    sec_free(password);
    if (e)
        cli_fail("the password cannot be hashed: %s", err_sentence(e));
    return e == ERR_OK;
}

/* Asks for a password and gives it to a new person, or to one who is there. */
static int give_password(struct cli *x, bool fresh)
{
    struct hashed h = {0};
    int status;

    if (!has_name(x) || !hash_new_password(x, &h))
        return CLI_FAILED;
    const struct slice name = slice_str(x->argument), salt = slice_of(h.salt, sizeof(h.salt));
    const struct msg_ctl_user_add add = {name, salt, h.cost.ops, h.cost.mem, h.verifier};
    const struct msg_ctl_user_password set = {name, salt, h.cost.ops, h.cost.mem, h.verifier};
    status = fresh ? client_ask(x, MSG_CTL_USER_ADD, &add, NULL)
                   : client_ask(x, MSG_CTL_USER_PASSWORD, &set, NULL);
    sec_free(h.verifier);
    return status;
}

/* The log-in form takes no others. */
static bool check_new_name(const char *name)
{
    struct slice s = slice_str(name);

    return (s.n > 0 && s.p[0] != ' ' && s.p[s.n - 1] != ' ' && utf8_is_line(s)) ||
           cli_fail("a name is not empty, has no space at either end, and nothing invisible in "
                    "it") == CLI_OK;
}

int verb_user_add(struct cli *x)
{
    if (!has_name(x) || !check_new_name(x->argument))
        return CLI_FAILED;
    return cli_done(give_password(x, true), "%s can log in now.\n", x->argument);
}

int verb_user_password(struct cli *x)
{
    return cli_done(give_password(x, false),
                    "The password of %s is new; their browser sessions have ended.\n", x->argument);
}

int verb_user_remove(struct cli *x)
{
    struct msg_ctl_user_remove m = {0};
    char what[256];

    if (!has_name(x))
        return CLI_FAILED;
    snprintf(
        what, sizeof(what),
        "%.100s will be removed, with agent keys, connections and secrets; nothing brings them "
        "back.",
        x->argument);
    if (!cli_confirmed(x, what))
        return CLI_FAILED;
    m.name = slice_str(x->argument);
    return cli_done(client_ask(x, MSG_CTL_USER_REMOVE, &m, NULL),
                    "%s is removed, with agent keys, connections and secrets.\n", x->argument);
}

static void show_user(UNUSED struct cli *x, const struct msg_ctl_user_row *m)
{
    char created[24];

    cli_time(m->created, created, sizeof(created));
    printf("%-24.*s  %-20s  %6u  %11u\n", (int)m->name.n, (const char *)m->name.p, created, m->keys,
           m->connections);
}

int verb_user_list(struct cli *x)
{
    static const struct client_rows rows = {
        .header = "NAME                      CREATED                 KEYS  CONNECTIONS",
        .user = show_user};
    struct msg_ctl_user_list m = {0};

    return client_ask(x, MSG_CTL_USER_LIST, &m, &rows);
}

/* "sg_" and 256 random bits. */
static void make_token(struct buf *token)
{
    uint8_t bits[32];

    random_bytes(bits, sizeof(bits));
    buf_put_str(token, "sg_");
    base64_put(token, BASE64_URL, slice_of(bits, sizeof(bits)));
}

int verb_key_add(struct cli *x)
{
    struct buf token = BUF_INIT(64);
    struct msg_ctl_key_add m = {0};
    int status, fd;

    if (!x->user)
        return cli_fail("say whose agent it is with --user NAME");
    fd = cli_once_open(x, "agent key");
    if (fd < 0)
        return CLI_FAILED;
    m.user_name = slice_str(x->user);
    m.label = slice_str(x->label ? x->label : "agent");
    m.link_by_error = x->link_by_error;
    make_token(&token);
    m.token_hash = hash_sha256(buf_slice(&token));
    status = client_ask(x, MSG_CTL_KEY_ADD, &m, NULL);
    if (!cli_once_show(x, fd, "agent key", status == CLI_OK ? buf_slice(&token) : SLICE_EMPTY))
        status = CLI_FAILED;
    buf_free(&token);
    return cli_done(
        status, "The agent sends it as \"Authorization: Bearer KEY\". It is not shown again.\n");
}

static void show_key(UNUSED struct cli *x, const struct msg_ctl_key_row *m)
{
    struct buf id = BUF_INIT(ID_TEXT);
    char used[24];

    ID_PUT(&id, m->client);
    cli_time(m->last_used, used, sizeof(used));
    printf("%.*s  %-16.*s  %-20s  %.*s%s\n", (int)id.n, (const char *)id.p, (int)m->user_name.n,
           (const char *)m->user_name.p, used, (int)m->label.n, (const char *)m->label.p,
           m->link_by_error ? " (links by error)" : "");
    buf_free(&id);
}

int verb_key_list(struct cli *x)
{
    static const struct client_rows rows = {
        .header = "ID                                USER              LAST USED             LABEL",
        .key = show_key};
    struct msg_ctl_key_list m = {slice_str(x->user ? x->user : "")};

    return client_ask(x, MSG_CTL_KEY_LIST, &m, &rows);
}

int verb_key_remove(struct cli *x)
{
    struct msg_ctl_key_remove m = {0};

    if (!id_parse(slice_str(x->argument), m.client.b, sizeof(m.client.b)))
        return cli_fail("'%s' is not an id; 'sidegate key list' shows them", x->argument);
    return cli_done(client_ask(x, MSG_CTL_KEY_REMOVE, &m, NULL), "The key is revoked.\n");
}
