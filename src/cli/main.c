/*
 * The `sidegate` command (no zone: it runs as the person who types it). It holds nothing; passwords
 * and new agent keys pass through it once. It reads the configuration file and its arguments, and
 * speaks to the keeper over the control socket, which only the account that Sidegate runs as, and
 * root, may use. No verb of it returns a stored secret.
 */
#include "cli/cli.h"

#include "base/limits.h"
#include "crypto/init.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const struct verb {
    const char *verb, *sub;
    cli_fn *fn;
    unsigned options;
    const char *argument, *summary;
} verbs[] = {
#define V(verb, sub, fn, options, argument, summary) {verb, sub, fn, options, argument, summary},
#include "cli/verbs.def"
#undef V
};

/* Where an option goes: its value, a const char *; or that it is there, a bool. */
#define INTO(member) offsetof(struct cli, member)
static const struct {
    const char *name, *value, *text;
    unsigned option;
    size_t into;
} options[] = {
    {"config", "FILE",
     "the configuration file; else $SIDEGATE_CONFIG, else /etc/sidegate/sidegate.yaml", OPT_CONFIG,
     INTO(config_path)},
    {"dir", "DIR", "the folder to make everything in; else ./sidegate", OPT_DIR, INTO(dir)},
    {"user", "NAME", "a person's name", OPT_USER, INTO(user)},
    {"label", "TEXT", "what pages call this client, such as \"Claude on the laptop\"", OPT_LABEL,
     INTO(label)},
    {"out", "FILE", "write the key to this new file instead of the terminal", OPT_OUT, INTO(out)},
    {"password-stdin", NULL, "read the password from the first line of standard input",
     OPT_PASSWORD_STDIN, INTO(password_stdin)},
    {"head", "SEQ:HEX", "the newest record as the keeper had it, when Sidegate is not running",
     OPT_HEAD, INTO(head)},
    {"all", NULL, "everybody's", OPT_ALL, INTO(all)},
    {"upstream", "NAME", "a server's name in the configuration", OPT_UPSTREAM, INTO(upstream)},
    {"link-by-error", NULL,
     "give this client links by error -32042 (MCP 2025-11-25, and only if it declares "
     "elicitation.url)",
     OPT_LINK_BY_ERROR, INTO(link_by_error)},
    {"yes", NULL, "do it without asking", OPT_YES, INTO(yes)},
};

enum { SPELLED = 80 }; /* bytes of a verb's line of usage */

/* The verb as it is typed, with options where there are some. */
static const char *spell(const struct verb *v, const char *options_text, char dst[SPELLED])
{
    snprintf(dst, SPELLED, "%s%s%s%s%s%s", v->verb, v->sub[0] != '\0' ? " " : "", v->sub,
             options_text, v->argument[0] != '\0' ? " " : "", v->argument);
    return dst;
}

static void usage_all(FILE *f)
{
    char left[SPELLED];

    fputs("usage: sidegate VERB [OPTION]...\n\n"
          "Sidegate stands between MCP clients and MCP servers and keeps credentials on its own "
          "side.\n\n",
          f);
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        fprintf(f, "  %-24s %s\n", spell(&verbs[i], "", left), verbs[i].summary);
    }
    fputs("\n'sidegate VERB --help' tells more; 'sidegate --version' which this is. Documentation: "
          "README.md, docs/configuration.md\n",
          f);
}

static void usage_verb(FILE *f, const struct verb *v)
{
    char left[SPELLED];

    fprintf(f, "usage: sidegate %s\n\n  %s\n\n", spell(v, " [OPTION]...", left), v->summary);
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if ((v->options & options[i].option) == 0)
            continue;
        snprintf(left, sizeof(left), "--%s %s", options[i].name,
                 options[i].value ? options[i].value : "");
        fprintf(f, "  %-20s %s\n", left, options[i].text);
    }
    fprintf(f, "  %-20s %s\n", "--help", "this text");
}

static void set_option(struct cli *x, size_t i, const char *value)
{
    void *into = (char *)x + options[i].into;

    if (options[i].value)
        *(const char **)into = value;
    else
        *(bool *)into = true;
}

/* Fills x from argv behind the verb. Returns -1 to go on, else the exit status. */
static int parse_options(struct cli *x, const struct verb *v, int argc, char **argv)
{
    struct option longs[ARRAY_LEN(options) + 2] = {{0}};
    size_t n = 0, i;
    int c, index = 0;
    bool wants = v->argument[0] != '\0', optional = v->argument[0] == '[';

    for (i = 0; i < ARRAY_LEN(options); i++) {
        if (v->options & options[i].option)
            longs[n++] =
                (struct option){options[i].name, options[i].value != NULL, NULL, 256 + (int)i};
    }
    longs[n] = (struct option){"help", no_argument, NULL, 'h'};
    optind = 1;
    while ((c = getopt_long(argc, argv, "h", longs, &index)) != -1) {
        if (c == 'h') {
            usage_verb(stdout, v);
            return CLI_OK;
        }
        if (c < 256) {
            fprintf(stderr, "'sidegate %s%s%s --help' lists the options\n", v->verb,
                    v->sub[0] != '\0' ? " " : "", v->sub);
            return CLI_USAGE;
        }
        if (optarg && optarg[0] == '\0') {
            fprintf(stderr, "sidegate: --%s is empty\n", options[c - 256].name);
            return CLI_USAGE;
        }
        set_option(x, (size_t)(c - 256), optarg);
    }
    if (argc - optind > (wants ? 1 : 0) || (wants && !optional && argc - optind < 1)) {
        usage_verb(stderr, v);
        return CLI_USAGE;
    }
    x->argument = optind < argc ? argv[optind] : NULL;
    return -1;
}

static const struct verb *find_verb(int argc, char **argv, int *ret_words)
{

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (argc < 2 || strcmp(argv[1], verbs[i].verb) != 0)
            continue;
        *ret_words = verbs[i].sub[0] != '\0' ? 2 : 1;
        if (*ret_words == 1 || (argc > 2 && strcmp(argv[2], verbs[i].sub) == 0))
            return &verbs[i];
    }
    return NULL;
}

/* "sidegate user" or "sidegate user --help": the sub-verbs there are. */
static int unknown_verb(int argc, char **argv)
{
    bool help = argc >= 2 && (strcmp(argv[argc - 1], "--help") == 0 ||
                              strcmp(argv[argc - 1], "-h") == 0 || strcmp(argv[1], "help") == 0);
    FILE *f = help ? stdout : stderr;
    char left[SPELLED];
    size_t i, found = 0;

    if (argc >= 3 && argv[2][0] != '-')
        fprintf(stderr, "sidegate: '%s' is not what '%s' can be followed by\n", argv[2], argv[1]);
    for (i = 0; argc >= 2 && i < ARRAY_LEN(verbs); i++) {
        if (strcmp(argv[1], verbs[i].verb) == 0) {
            fprintf(f, "%s sidegate %s\n           %s\n", found++ == 0 ? "usage:" : "      ",
                    spell(&verbs[i], "", left), verbs[i].summary);
        }
    }
    if (found == 0) {
        if (argc >= 2 && !help)
            fprintf(stderr, "sidegate: '%s' is not a verb\n", argv[1]);
        usage_all(f);
    }
    return help ? CLI_OK : CLI_USAGE;
}

int main(int argc, char **argv)
{
    struct cli x = {.program = argv[0]};
    int words = 0, status;
    const struct verb *v = find_verb(argc, argv, &words);

    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("sidegate " SIDEGATE_VERSION) < 0 ? CLI_FAILED : CLI_OK;
    if (!v)
        return unknown_verb(argc, argv);
    argv[words] = argv[0]; /* what getopt calls the program */
    status = parse_options(&x, v, argc - words, argv + words);
    if (status >= 0)
        return status;
    crypto_init();
    if ((v->options & OPT_CONFIG) != 0 && !cli_load_config(&x))
        return CLI_FAILED;
    status = v->fn(&x);
    config_free(x.config);
    return status;
}
