/* init, serve, config check: what works without a running Sidegate. */
#include "cli/client.h"

#include "cli/template.h"
#include "os/box.h"
#include "os/folder.h"
#include "os/sock.h"
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READY_MS = 30000 /* for the supervisor to say that it is ready */ };

extern char **environ;

int verb_config_check(struct cli *x)
{
    unsigned uid, gid;

    if (x->config->user[0] != '\0' && box_find_user(x->config->user, &uid, &gid) != ERR_OK)
        return cli_fail("%s: user: there is no account '%s' on this machine", x->config_path,
                        x->config->user);

    printf("%s is valid: %zu upstream%s.\n", x->config_path, x->config->upstreams_n,
           x->config->upstreams_n == 1 ? "" : "s");
    for (size_t i = 0; i < x->config->upstreams_n; i++)
        printf("  /mcp/%s -> %s%s\n", x->config->upstreams[i].name, x->config->upstreams[i].url,
               x->config->upstreams[i].fields_n > 0 ? ", needs a credential" : "");
    return CLI_OK;
}

int verb_serve(struct cli *x)
{
    char program[PATH_MAX];
    const char *argv[] = {"sidegate-supervisor", "--config", x->config_path, NULL};

    if (!cli_find_program("sidegate-supervisor", program, sizeof(program)))
        return CLI_FAILED;
    execv(program, (char *const *)argv);
    return cli_fail("cannot start %s: %s", program, strerror(errno));
}

/* The account of Sidegate's own, which it gets when root sets it up. */
static bool find_account(unsigned *ret_uid, unsigned *ret_gid)
{
    return geteuid() == 0 && box_find_user("sidegate", ret_uid, ret_gid) == ERR_OK;
}

/* Root must say whom the processes run as. */
static bool write_user(int fd)
{
    static const char root[] = "\n# There was no account 'sidegate' when root set this up. Better: "
                               "useradd --system sidegate,\n"
                               "# give it these folders, and name it here.\nuser: root\n";
    static const char own[] = "\nuser: sidegate\n";
    unsigned uid, gid;
    const char *text = find_account(&uid, &gid) ? own : root;

    if (geteuid() != 0)
        return true;
    if (text == root)
        fprintf(stderr, "sidegate: there is no account 'sidegate', so Sidegate will run as root\n");
    return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool let_account_read(int fd, mode_t mode)
{
    unsigned uid, gid;

    return !find_account(&uid, &gid) || (fchown(fd, 0, gid) == 0 && fchmod(fd, mode) == 0);
}

/* Somebody's folder that is there already stays as it is. */
static bool check_outer(const char *dir)
{
    struct stat st;
    unsigned uid, gid;

    if (stat(dir, &st) != 0)
        return cli_fail("cannot enter %s: %s", dir, strerror(errno)) == CLI_OK;
    return !find_account(&uid, &gid) || (st.st_mode & 01) != 0 ||
           (st.st_gid == gid && (st.st_mode & 010) != 0) ||
           cli_fail(
               "the account 'sidegate' cannot enter %s: allow it (chmod 711), or name a folder "
               "that is not there yet",
               dir) == CLI_OK;
}

static bool make_outer(const char *dir)
{
    int fd;
    bool ok;

    if (mkdir(dir, 0700) != 0)
        return errno == EEXIST
                   ? check_outer(dir)
                   : cli_fail("cannot make the folder %s: %s", dir, strerror(errno)) == CLI_OK;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    ok = fd >= 0 && let_account_read(fd, 0750);
    sock_close(fd);
    return ok || cli_fail("cannot let the account 'sidegate' into %s: %s", dir, strerror(errno)) ==
                     CLI_OK;
}

/* The account gets what it works with. The folder around that, and the configuration, stay root's:
 * it may read them, but whoever can change them decides what root does at the next start. */
static bool make_folders(const char *dir)
{
    static const char *const inner[] = {"data", "keys", "run"};
    char path[PATH_MAX], real[PATH_MAX];
    unsigned uid = geteuid(), gid = getegid();

    (void)find_account(&uid, &gid); /* otherwise they are ours */
    if (!make_outer(dir))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(inner); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, inner[i]);
        if (folder_ready(path, uid, gid, real, sizeof(real)) != ERR_OK)
            return cli_fail("the folder %s cannot be made, or is not Sidegate's alone", path) ==
                   CLI_OK;
    }
    return true;
}

static bool write_config(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok;

    if (fd < 0 && errno == EEXIST)
        return cli_fail("%s exists already; 'init' changes nothing that is there. Use 'sidegate "
                        "user add' for more people",
                        path) == CLI_OK;
    if (fd < 0)
        return cli_fail("cannot make %s: %s", path, strerror(errno)) == CLI_OK;
    ok = write(fd, template_yaml, template_yaml_n) == template_yaml_n && write_user(fd) &&
         let_account_read(fd, 0640);
    if (close(fd) != 0 || !ok) {
        ok = cli_fail("cannot write %s: %s", path, strerror(errno)) == CLI_OK;
        (void)unlink(path); /* the next 'init' would take it for somebody's */
        return ok;
    }
    return true;
}

/* The supervisor with keeper and audit alone, and where it talks to. */
struct core {
    struct child child;
    int log, channel;
};

static void core_done(struct core *c)
{
    sock_close(c->log);
    sock_close(c->channel);
}

static bool core_start(const struct cli *x, struct core *ret)
{
    char program[PATH_MAX];
    const char *argv[] = {"sidegate-supervisor", "--config", x->config_path, "--init", NULL};
    int log[2] = {-1, -1}, channel[2] = {-1, -1};
    enum err e;

    if (!cli_find_program("sidegate-supervisor", program, sizeof(program)))
        return false;
    e = spawn_log_pipe(log);
    if (!e)
        e = sock_pair(channel);
    if (!e)
        e = spawn_child(&(struct spawn){.path = program,
                                        .argv = argv,
                                        .env = (const char *const *)environ,
                                        .channel = channel[1],
                                        .log = log[1]},
                        &ret->child);
    sock_close(log[1]);
    sock_close(channel[1]);
    ret->log = log[0];
    ret->channel = channel[0];
    if (!e)
        return true;
    core_done(ret);
    return cli_fail("cannot start %s: %s", program, err_sentence(e)) == CLI_OK;
}

/* Reads the supervisor's output until it says that it is ready; what it said instead goes to
 * stderr. */
static bool core_wait_ready(const struct core *c)
{
    struct buf seen = BUF_INIT(65536);
    uint8_t *room;
    ssize_t n;
    bool ready = false;

    while (!ready && sock_wait(c->log, READY_MS)) {
        room = buf_room(&seen, 4096);
        n = room ? read(c->log, room, 4096) : 0;
        if (n <= 0)
            break;
        buf_added(&seen, (size_t)n);
        ready = slice_find(buf_slice(&seen), SLICE_LIT("sidegate is ready")) < seen.n;
    }
    if (!ready) {
        fwrite(seen.p, 1, seen.n, stderr);
        cli_fail("the store could not be made; see above");
    }
    buf_free(&seen);
    return ready;
}

/* Asks it to end, and waits for that. */
static bool core_stop(struct core *c)
{
    struct child_end end = {false, -1};
    enum err e = ERR_AGAIN;

    spawn_signal(&c->child, SIGTERM);
    while (e == ERR_AGAIN && sock_wait(c->child.handle, READY_MS))
        e = spawn_reap(&c->child, &end);
    core_done(c);
    return (!e && !end.signalled && end.code == 0) ||
           cli_fail("the store did not close cleanly") == CLI_OK;
}

static int add_first_user(struct cli *x)
{
    struct core core = {.log = -1, .channel = -1};
    int status = CLI_FAILED;

    if (!core_start(x, &core))
        return CLI_FAILED;
    if (core_wait_ready(&core)) {
        x->argument = x->user;
        status = verb_user_add(x);
    }
    if (!core_stop(&core))
        status = CLI_FAILED;
    return status;
}

static void say_next(const struct cli *x)
{
    printf("\nNext:\n"
           "  1. Name your MCP servers under 'upstreams:' in %s\n"
           "     and check it:      %s config check --config %s\n"
           "  2. Start Sidegate:    %s serve --config %s\n"
           "  3. Make a key for the agent:\n"
           "                        %s key add --config %s --user %s --label \"my agent\"\n"
           "  4. In the MCP client: http://127.0.0.1:8402/mcp/NAME with that key as bearer token.\n"
           "     Pages for people:  http://localhost:8401\n",
           x->config_path, x->program, x->config_path, x->program, x->config_path, x->program,
           x->config_path, x->user);
}

int verb_init(struct cli *x)
{
    char dir[PATH_MAX], path[CONFIG_PATH];
    int status;

    if (!x->dir)
        x->dir = "sidegate";
    if (!x->user)
        return cli_fail("name the first person with --user NAME");
    if (!cli_can_ask(x))
        return CLI_FAILED;
    if (!make_folders(x->dir))
        return CLI_FAILED;
    /* Whole: the supervisor runs in the root folder, and what is printed here is typed elsewhere.
     */
    if (!realpath(x->dir, dir))
        return cli_fail("cannot enter %s: %s", x->dir, strerror(errno));
    x->dir = dir;
    if (snprintf(path, sizeof(path), "%s/sidegate.yaml", dir) >= CONFIG_PATH)
        return cli_fail("the path of the folder is too long");
    if (!write_config(path))
        return CLI_FAILED;
    x->config_path = path;
    if (!cli_load_config(x))
        return CLI_FAILED;
    status = add_first_user(x);
    if (status == CLI_OK) {
        printf("Made %s with configuration, keys and store. Back up %s/keys apart from %s/data.\n",
               x->dir, x->dir, x->dir);
        say_next(x);
    } else {
        /* So that a second try starts from the same place; folders without content do no harm. */
        (void)unlink(path);
    }
    return status;
}
