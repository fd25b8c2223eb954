/* Loading the configuration file: read, parse as YAML, fill by keys.def, check as a whole. */
#include "config/config.h"

#include "base/buf.h"
#include "base/mem.h"
#include "config/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void set_defaults(struct config *c)
{

    c->level = LEVEL_INFO;
    c->gateways = 1;
    c->gateway = (struct config_listen){"127.0.0.1", 8402};
    c->surface = (struct config_listen){"127.0.0.1", 8401};
    snprintf(c->surface_url, sizeof(c->surface_url), "http://localhost:8401");
    for (size_t i = 0; i < SET_COUNT; i++)
        c->limits[i] = limit_row((enum limit)i)->def;
}

/* Defaults that depend on other values. */
static enum err derive_defaults(struct parse *x)
{
    struct config *c = x->config;
    const char *slash = strrchr(c->data, '/');
    bool v6 = strchr(c->gateway.address, ':') != NULL;
    int n;

    if (c->hosts_n == 0) {
        snprintf(c->hosts[0].s, sizeof(c->hosts[0].s), "%s%s%s:%u", v6 ? "[" : "",
                 c->gateway.address, v6 ? "]" : "", c->gateway.port);
        c->hosts_n = 1;
    }
    if (c->keys[0] != '\0')
        return ERR_OK;
    n = snprintf(c->keys, sizeof(c->keys), "%.*s/keys", slash ? (int)(slash - c->data) : 0,
                 c->data);
    if (n < 0 || (size_t)n >= sizeof(c->keys))
        return parse_fail_line(x, 1, "the path of 'data' is too long");
    return ERR_OK;
}

static enum err fill(struct parse *x)
{
    yaml_node_t *root = yaml_document_get_root_node(x->doc);
    enum err e;

    if (!root)
        return parse_fail_line(x, 1, "the file is empty; 'sidegate init' writes one to start from");
    e = parse_section(x, root, "root", x->config);
    if (!e)
        e = derive_defaults(x);
    if (!e)
        e = config_check(x);
    return e;
}

enum err config_parse(struct slice text, const char *name, const char *folder, struct config **ret,
                      struct config_error *ret_error)
{
    struct config *c = MEM_NEW(struct config);
    yaml_document_t doc;
    yaml_parser_t parser;
    struct parse x = {&doc, name, folder, c, ret_error};
    enum err e;

    set_defaults(c);
    BUG_IF(!yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, text.p, text.n);
    if (!yaml_parser_load(&parser, &doc)) {
        e = parse_fail_line(&x, (int)parser.problem_mark.line + 1,
                            "this is not valid YAML: %.100s; check the indentation and quotes",
                            parser.problem ? parser.problem : "unreadable");
    } else {
        e = fill(&x);
        yaml_document_delete(&doc);
    }
    yaml_parser_delete(&parser);
    if (e) {
        config_free(c);
        return e;
    }
    *ret = c;
    return ERR_OK;
}

/* ERR_FORBIDDEN: it is no plain file. */
static enum err read_file(const char *path, struct buf *b)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would make it wait */
    struct stat st;
    FILE *f;
    uint8_t *room;
    size_t n;

    if (fd < 0)
        return ERR_IO;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !(f = fdopen(fd, "r"))) {
        close(fd);
        return ERR_FORBIDDEN;
    }
    while ((room = buf_room(b, 4096)) && (n = fread(room, 1, 4096, f)) > 0)
        buf_added(b, n);
    n = (size_t)ferror(f);
    fclose(f);
    return n != 0 ? ERR_IO : buf_err(b);
}

enum err config_load(const char *path, struct config **ret, struct config_error *ret_error)
{
    struct buf text = BUF_INIT(CONFIG_FILE);
    const char *slash = strrchr(path, '/');
    char folder[CONFIG_PATH];
    enum err e;

    if (!slash)
        snprintf(folder, sizeof(folder), ".");
    else
        snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
    errno = 0;
    e = read_file(path, &text);
    if (e)
        snprintf(ret_error->text, sizeof(ret_error->text),
                 "%.200s: %s; name the configuration with --config FILE or in SIDEGATE_CONFIG, or "
                 "make one with "
                 "'sidegate init'",
                 path,
                 e == ERR_TOO_LARGE   ? "the file is larger than a configuration can be"
                 : e == ERR_FORBIDDEN ? "this is not a plain file"
                                      : strerror(errno));
    else
        e = config_parse(buf_slice(&text), path, folder, ret, ret_error);
    buf_free(&text);
    return e;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    mem_free(c->upstreams);
    mem_free(c);
}

size_t config_upstream_find(const struct config *c, const char *name)
{
    size_t i = 0;

    while (i < c->upstreams_n && strcmp(c->upstreams[i].name, name) != 0)
        i++;
    return i;
}
