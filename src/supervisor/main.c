/*
 * supervisor: core zone.
 *
 * Starts every other process by exec, tells it its configuration, connects it to its peers, writes
 * its log on, and starts it again when it ends. Only it reads the configuration file, only it makes
 * listening sockets, and it holds them until their process is ready. It fears a process that talks
 * to it or to its log with intent, so it takes three small messages from them and checks each log
 * line; it reads nothing from the network, and nothing from the control socket, whose connections
 * it hands to the keeper. Losing it ends everything: its children are killed with it.
 */
#include "supervisor/supervisor.h"

#include "base/limits.h"
#include "os/box.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/folder.h"
#include "os/listen.h"
#include "os/log.h"
#include "os/signals.h"
#include "os/sock.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
    const char *config;
    bool init, no_landlock;
};

/* What a person in front of a terminal reads, before there is a log. */
static enum err complain(const char *fmt, ...) PRINTF_LIKE(1, 2);
static enum err complain(const char *fmt, ...)
{
    char text[2048];
    struct buf line = BUF_INIT(sizeof text + 16);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_printf(&line, "sidegate: %s\n", text);
    (void)log_out(buf_slice(&line)); /* there is nowhere else to say it */
    buf_free(&line);
    return ERR_CONFIG;
}

static bool parse_options(int argc, char **argv, struct options *ret)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"init", no_argument, NULL, 'i'},
                                            {"no-landlock", no_argument, NULL, 'l'},
                                            {NULL, 0, NULL, 0}};
    struct options o = {NULL, false, false};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'c')
            o.config = optarg;
        else if (c == 'i')
            o.init = true;
        else if (c == 'l')
            o.no_landlock = true;
        else
            return false;
    }
    *ret = o;
    return o.config && optind == argc;
}

/* Root obeys only what root wrote: whoever can change the configuration chooses the account, and
 * the folders that it is given. */
static enum err find_config(const char *path, char *ret, size_t n)
{
    enum err e = ERR_OK;

    if (geteuid() == 0)
        e = folder_find_root_file(path, ret, n);
    else if (!slice_to_cstr(slice_str(path), ret, n))
        e = ERR_TOO_LARGE;
    if (!e)
        return ERR_OK;
    return complain(
        e == ERR_FORBIDDEN
            ? "started as root, but others than root can change %.1024s: it and the folders above "
              "it must belong to root and be writable for root alone, and it may be no link"
            : "cannot read %.1024s: %s",
        path, err_sentence(e));
}

/* Who we shall be. Root is nobody's account here, unless the configuration says so in as many
 * words. */
static enum err choose_user(struct supervisor *s)
{
    const char *name = s->config->user;

    s->uid = geteuid();
    s->gid = getegid();
    if (s->uid != 0 && name[0] == '\0')
        return ERR_OK;
    if (box_find_user(name[0] != '\0' ? name : "sidegate", &s->uid, &s->gid) != ERR_OK)
        return complain(name[0] != '\0'
                            ? "the account that 'user:' names does not exist"
                            : "started as root, but there is no account 'sidegate': make it "
                              "(useradd --system sidegate), or name another with 'user:' in the "
                              "configuration");
    if (geteuid() != 0 && s->uid != geteuid())
        return complain("'user:' names another account than this one; only root can change to it");
    return ERR_OK;
}

/* Before anything is made: a new store would stand where the right one has to be put back, and the
 * key would not fit it. What else the folder of data may be, the keeper sees. */
static enum err keys_have_data(const struct supervisor *s)
{
    char masters[CONFIG_PATH + 16];
    bool keys = false, data = false;
    enum err e = ERR_OK;

    snprintf(masters, sizeof masters, "%s/master", s->config->keys);
    e = file_any(masters, &keys);
    if (!e && keys)
        e = file_any(s->config->data, &data);
    if ((e && e != ERR_NOT_FOUND) || !keys || data)
        return ERR_OK; /* what cannot be read cannot be worked in, which is said elsewhere */
    log_event(LEVEL_ERROR, "keys_of_another_store", LOG_TEXT("data", slice_str(s->config->data)),
              LOG_STR("hint", "the folder of keys has a master key, but the folder of data is "
                              "empty or not there: is data: the right folder? Nothing was made. If "
                              "no store needs the key, move it away"));
    return ERR_CONFIG;
}

static enum err ready_folder(const struct supervisor *s, const char *path, char *ret, size_t n)
{
    enum err e = folder_ready(path, s->uid, s->gid, ret, n);

    if (!e)
        return ERR_OK;
    return complain(e == ERR_FORBIDDEN
                        ? "the folder %s must belong to the account that Sidegate runs as, and be "
                          "closed to others (chown, chmod 700); root makes it only in a folder "
                          "that root alone can write"
                        : "the folder %s cannot be made or entered",
                    path);
}

static enum err ready_folders(struct supervisor *s)
{
    const struct config *c = s->config;

    if (ready_folder(s, c->data, s->data_dir, sizeof s->data_dir) != ERR_OK ||
        ready_folder(s, c->keys, s->key_dir, sizeof s->key_dir) != ERR_OK ||
        ready_folder(s, c->run, s->run_dir, sizeof s->run_dir) != ERR_OK)
        return ERR_CONFIG;
    snprintf(s->control_path, sizeof s->control_path, "%s/control", s->run_dir);
    return ERR_OK;
}

static enum err listen_at(const struct config_listen *at, int *ret_fd, uint16_t *ret_port)
{
    enum err e = listen_tcp(at->address, at->port, ret_fd, ret_port);

    if (!e)
        return ERR_OK;
    return complain("cannot listen on %s port %u: %s", at->address, at->port,
                    e == ERR_EXISTS      ? "something else does"
                    : e == ERR_FORBIDDEN ? "not allowed; take a port above 1023"
                                         : err_sentence(e));
}

/* Said before a listener says less clearly that its port is taken. */
static enum err alone_here(const struct supervisor *s)
{
    int fd = -1;

    if (listen_path_connect(s->control_path, &fd) != ERR_OK)
        return ERR_OK;
    sock_close(fd);
    return complain("another Sidegate is running with this run folder");
}

/*
 * After a supervisor that was killed, its children may still be ending: until they are gone they
 * have the listeners, the store and the log. Each of them shares this lock, so to have it is to be
 * alone.
 */
static enum err lock_run_folder(struct supervisor *s)
{
    char path[300];
    enum err e;

    snprintf(path, sizeof path, "%s/lock", s->run_dir);
    e = folder_lock(path, LIM_LOCK_TIME, &s->lock_fd);
    if (!e)
        return ERR_OK;
    if (e == ERR_EXISTS)
        return complain("the run folder is locked: processes of an earlier Sidegate are still "
                        "there");
    return complain(
        e == ERR_FORBIDDEN ? "%s is not a plain file: remove it" : "%s cannot be opened", path);
}

/* Root made them, or somebody else above them: what the account may not enter it cannot work in. */
static enum err enter_folders(const struct supervisor *s)
{
    const char *const dirs[] = {s->data_dir, s->key_dir, s->run_dir};
    char where[272];

    for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
        if (folder_enter(dirs[i], where, sizeof where) != ERR_OK)
            return complain("the account that Sidegate runs as cannot enter %s: allow it (chmod "
                            "o+x), or put Sidegate's folders elsewhere",
                            where);
    }
    return ERR_OK;
}

static enum err listen_control(struct supervisor *s)
{
    enum err e = listen_path(s->control_path, &s->control_fd);

    if (!e)
        return ERR_OK;
    return complain(
        e == ERR_EXISTS
            ? "another Sidegate is running with this run folder"
            : "the control socket cannot be made in the run folder; is its path shorter "
              "than 100 bytes?");
}

/* Everything that needs rights which are given up here. */
static enum err open_all(struct supervisor *s)
{
    enum err e = choose_user(s);

    if (!e)
        e = keys_have_data(s);
    if (!e)
        e = ready_folders(s);
    if (!e)
        e = alone_here(s);
    if (!e)
        e = lock_run_folder(s);
    if (!e && !s->init)
        e = listen_at(&s->config->gateway, &s->gateway_fd, &s->gateway_port);
    if (!e && !s->init)
        e = listen_at(&s->config->surface, &s->surface_fd, &s->surface_port);
    if (!e && box_become(s->uid, s->gid) != ERR_OK)
        e = complain("cannot become the account that Sidegate runs as");
    if (!e)
        e = enter_folders(s);
    if (!e)
        e = listen_control(s);
    return e;
}

static enum err jail(const struct supervisor *s)
{
    const struct box b = {.role = BOX_supervisor,
                          .use_landlock = s->use_landlock,
                          .uid = s->uid,
                          .gid = s->gid,
                          .data_dir = s->data_dir,
                          .key_dir = s->key_dir,
                          .run_dir = s->run_dir};
    const char *what = "";
    uint32_t abi = 0;
    enum err e = box_apply(&b, &abi, &what);

    if (e)
        log_event(LEVEL_ERROR, "jail_failed", LOG_STR("part", what), LOG_ERR(e));
    if (!e && s->uid == 0)
        log_event(LEVEL_WARN, "running_as_root",
                  LOG_STR("hint", "make an account for Sidegate and name it with user"));
    return e;
}

static void on_signal(void *ctx, int number)
{
    struct supervisor *s = ctx;

    if (number == SIGHUP && !s->terminal)
        log_event(LEVEL_WARN, "hangup_ignored",
                  LOG_STR("hint", "a changed configuration needs a new start; SIGTERM stops"));
    else
        stages_stop(s, EXIT_SUCCESS);
}

static int serve(struct supervisor *s)
{
    static const int ends[] = {SIGTERM, SIGINT, SIGHUP /* its terminal is closed */};
    struct signals *signals;
    struct proc *p;

    s->loop = loop_new();
    signals = signals_new(s->loop, ends, ARRAY_LEN(ends), on_signal, s);
    stages_start(s);
    loop_run(s->loop);
    control_stop(s);
    while ((p = TAILQ_FIRST(&s->procs)))
        proc_free(p);
    signals_free(signals);
    loop_free(s->loop);
    log_event(LEVEL_INFO, "stopped", LOG_NUM("status", s->status));
    return s->status;
}

int main(int argc, char **argv)
{
    struct supervisor s = {.gateway_fd = -1, .surface_fd = -1, .control_fd = -1, .lock_fd = -1};
    struct options options;
    struct config_error error;
    struct config *config = NULL;
    char path[CONFIG_PATH];
    int status = EXIT_FAILURE;

    box_no_dumps();
    if (!parse_options(argc, argv, &options)) {
        (void)complain("usage: sidegate-supervisor --config FILE [--init] [--no-landlock]");
        return 2;
    }
    if (find_config(options.config, path, sizeof path) != ERR_OK)
        return EXIT_FAILURE;
    if (config_load(path, &config, &error) != ERR_OK) {
        (void)complain("%s", error.text);
        return EXIT_FAILURE;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a log reader that goes away is no reason to end */
    s.config = config;
    s.init = options.init;
    s.use_landlock = !options.no_landlock;
    s.terminal = signals_have_terminal();
    s.generation = clock_wall_ms(); /* so that no generation comes twice, also over restarts */
    TAILQ_INIT(&s.procs);
    logs_own(&s);
    if (open_all(&s) == ERR_OK && jail(&s) == ERR_OK)
        status = serve(&s);
    sock_close(s.gateway_fd);
    sock_close(s.surface_fd);
    sock_close(s.lock_fd);
    config_free(config);
    return status;
}
