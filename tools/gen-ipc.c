/*
 * Makes src/ipc/gen/ and docs/messages.md from src/ipc/messages.def, whose head describes the
 * format.
 *
 *     gen-ipc MESSAGES.DEF GEN-FOLDER [MESSAGES.MD [SEED-FOLDER]]
 *
 * Run by "make gen"; what it writes is committed, so that grep finds every name. Trusts its input
 * to be ours: errors end it with the line's number.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAME = 48, ROLES = 16, ENUMS = 64, VALUES = 64, MESSAGES = 256, FIELDS = 32, DOC = 1024 };

struct enumeration {
    char name[NAME];
    char values[VALUES][NAME];
    int n;
};

struct field {
    char name[NAME], type[NAME], arg[NAME];
    bool typed;
};

struct message {
    char name[NAME], doc[DOC];
    unsigned from, to;
    bool boot, once, fd, life, keeps, late;
    struct field fields[FIELDS];
    int n;
};

/* What a role's functions for messages get. */
struct context {
    char type[NAME], conf[NAME];
    unsigned known; /* senders whose channel it has */
};

static struct enumeration enums[ENUMS];
static int enums_n;
static struct message messages[MESSAGES];
static int messages_n;
static struct context contexts[ROLES];
static int line;
/* FNV-1a of the whole table: two processes that were built from different tables say so at once. */
static uint64_t table_id = 0xcbf29ce484222325u;

static void die(const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "messages.def:%d: ", line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

static void copy_name(char *dst, const char *src)
{
    if (strlen(src) >= NAME || src[0] == '\0')
        die("a name is empty or longer than %d: %s", NAME - 1, src);
    snprintf(dst, NAME, "%s", src);
}

static const struct enumeration *find_enum(const char *name)
{
    int i;

    for (i = 0; i < enums_n; i++) {
        if (strcmp(enums[i].name, name) == 0)
            return &enums[i];
    }
    die("there is no enum %s", name);
    return NULL;
}

static int find_role(const char *name)
{
    const struct enumeration *roles = find_enum("role");
    int i;

    for (i = 0; i < roles->n; i++) {
        if (strcmp(roles->values[i], name) == 0)
            return i;
    }
    die("there is no role %s", name);
    return -1;
}

/* Every role but the command. */
static unsigned any_role(void)
{
    return ((1u << find_enum("role")->n) - 1) & ~(1u << find_role("cli"));
}

static unsigned parse_roles(char *text)
{
    unsigned mask = 0;
    char *save = NULL, *word;

    if (strcmp(text, "any") == 0)
        return any_role();
    for (word = strtok_r(text, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save))
        mask |= 1u << find_role(word);
    return mask;
}

static void parse_enum(char *rest)
{
    struct enumeration *e = &enums[enums_n];
    char *save = NULL, *word = strtok_r(rest, " ", &save);

    if (enums_n == ENUMS || word == NULL)
        die("too many enums, or one without a name");
    copy_name(e->name, word);
    while ((word = strtok_r(NULL, " ", &save)) != NULL) {
        if (e->n == VALUES)
            die("too many values");
        copy_name(e->values[e->n++], word);
    }
    enums_n++;
}

static void parse_context(char *rest)
{
    char *save = NULL, *role = strtok_r(rest, " ", &save), *type = strtok_r(NULL, " ", &save);
    char *known = strtok_r(NULL, " ", &save), *conf = strtok_r(NULL, " ", &save);
    struct context *x;

    if (known == NULL)
        die("write: context ROLE STRUCT SENDERS [STRUCT]");
    x = &contexts[find_role(role)];
    copy_name(x->type, type);
    x->known = parse_roles(known);
    copy_name(x->conf, conf != NULL ? conf : type);
}

static void parse_flag(struct message *m, const char *word)
{
    if (strcmp(word, "boot") == 0)
        m->boot = true;
    else if (strcmp(word, "once") == 0)
        m->once = true;
    else if (strcmp(word, "fd") == 0)
        m->fd = true;
    else if (strcmp(word, "life") == 0)
        m->life = true;
    else if (strcmp(word, "keeps") == 0)
        m->keeps = true;
    else if (strcmp(word, "late") == 0)
        m->late = true;
    else if (strcmp(word, "run") != 0 && strcmp(word, "many") != 0)
        die("unknown word %s", word);
}

static void parse_message(char *rest)
{
    struct message *m = &messages[messages_n];
    char *save = NULL, *name = strtok_r(rest, " ", &save), *from = strtok_r(NULL, " ", &save);
    char *arrow = strtok_r(NULL, " ", &save), *to = strtok_r(NULL, " ", &save), *word;

    if (messages_n == MESSAGES || to == NULL || strcmp(arrow, "->") != 0)
        die("write: message NAME FROM -> TO ...");
    copy_name(m->name, name);
    m->from = parse_roles(from);
    m->to = parse_roles(to);
    if ((m->to & (m->to - 1)) != 0)
        m->to &= ~m->from;
    if ((m->from & (m->from - 1)) != 0)
        m->from &= ~m->to;
    while ((word = strtok_r(NULL, " ", &save)) != NULL)
        parse_flag(m, word);
    messages_n++;
}

static void parse_field(char *text)
{
    struct message *m = &messages[messages_n - 1];
    struct field *f = &m->fields[m->n];
    char *save = NULL, *name = strtok_r(text, " ", &save), *type = strtok_r(NULL, " ", &save),
         *word = strtok_r(NULL, " ", &save), *open;

    if (messages_n == 0 || m->n == FIELDS || type == NULL ||
        (word != NULL && strcmp(word, "typed") != 0) || strtok_r(NULL, " ", &save) != NULL)
        die("write: NAME TYPE [typed], under a message");
    f->typed = word != NULL;
    copy_name(f->name, name);
    open = strchr(type, '(');
    if (open != NULL) {
        *open = '\0';
        open[1 + strcspn(open + 1, ")")] = '\0';
        copy_name(f->arg, open + 1);
    }
    copy_name(f->type, type);
    m->n++;
}

static void parse_doc(const char *text)
{
    if (messages_n == 0)
        die("doc without a message");
    snprintf(messages[messages_n - 1].doc, DOC, "%s", text);
}

static void parse_line(char *s)
{
    char *p = s + strspn(s, " ");

    if (*p == '\0' || *p == '#')
        return;
    if (p == s && strncmp(p, "enum ", 5) == 0)
        parse_enum(p + 5);
    else if (p == s && strncmp(p, "context ", 8) == 0)
        parse_context(p + 8);
    else if (p == s && strncmp(p, "message ", 8) == 0)
        parse_message(p + 8);
    else if (p != s && strncmp(p, "doc ", 4) == 0)
        parse_doc(p + 4);
    else if (p != s)
        parse_field(p);
    else
        die("neither enum nor context nor message nor a field: %s", s);
}

static void hash_line(const char *s)
{
    for (; *s != '\0'; s++)
        table_id = (table_id ^ (unsigned char)*s) * 0x100000001b3u;
}

static void parse_file(const char *path)
{
    char text[4096] = "";
    FILE *f = fopen(path, "r");
    size_t n;

    if (f == NULL)
        die("cannot open %s", path);
    while (fgets(text + strlen(text), (int)(sizeof(text) - strlen(text)), f) != NULL) {
        line++;
        hash_line(text);
        n = strcspn(text, "\n");
        text[n] = '\0';
        if (n > 0 && text[n - 1] == '\\') {
            text[n - 1] = '\0';
            continue;
        }
        parse_line(text);
        text[0] = '\0';
    }
    fclose(f);
    if (messages_n == 0)
        die("no message found");
}

static const char *upper(const char *s)
{
    static char ring[4][2 * NAME];
    static int at;
    char *dst = ring[at++ % 4];
    size_t i;

    for (i = 0; s[i] != '\0' && i < sizeof(ring[0]) - 1; i++)
        dst[i] = (char)toupper((unsigned char)s[i]);
    dst[i] = '\0';
    return dst;
}

static FILE *out_open(const char *folder, const char *name, const char *about)
{
    char path[1024];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    if (f == NULL)
        die("cannot write %s", path);
    fprintf(f, "/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. %s */\n", about);
    return f;
}

static void guard(FILE *f, const char *name)
{
    fprintf(f, "#ifndef SG_IPC_GEN_%s_H\n#define SG_IPC_GEN_%s_H\n\n", upper(name), upper(name));
}

static void put_c_type(FILE *f, const struct field *d)
{
    static const char *const plain[][2] = {
        {"bool", "bool "},        {"u8", "uint8_t "},         {"u16", "uint16_t "},
        {"u32", "uint32_t "},     {"u64", "uint64_t "},       {"digest", "struct digest "},
        {"str", "struct slice "}, {"bytes", "struct slice "}, {"secret", "struct sec *"},
        {"err", "enum err "},
    };
    size_t i;

    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (strcmp(d->type, plain[i][0]) == 0) {
            fprintf(f, "    %s%s;\n", plain[i][1], d->name);
            return;
        }
    }
    if (strcmp(d->type, "enum") == 0)
        fprintf(f, "    enum %s %s;\n", find_enum(d->arg)->name, d->name);
    else if (strcmp(d->type, "id") == 0)
        fprintf(f, "    struct %s_id %s;\n", d->arg, d->name);
    else
        die("unknown type %s", d->type);
}

static void put_enums_h(const char *folder)
{
    FILE *f = out_open(folder, "enums.h", "Words that several processes use.");
    int i, k;

    guard(f, "enums");
    fprintf(f,
            "/* X_names has the values' names as in messages.def, and a NULL behind them; X_name "
            "says \"?\" when out of range. */\n\n");
    for (i = 0; i < enums_n; i++) {
        const char *name = enums[i].name;

        fprintf(f, "enum %s {\n", name);
        for (k = 0; k < enums[i].n; k++)
            fprintf(f, "    %s_%s,\n", upper(name), upper(enums[i].values[k]));
        fprintf(f, "    %s_COUNT\n};\n", upper(name));
        fprintf(f, "extern const char *const %s_names[];\nconst char *%s_name(enum %s v);\n\n",
                name, name, name);
    }
    fprintf(f, "#endif\n");
    fclose(f);
}

static void put_messages_h(const char *folder)
{
    FILE *f = out_open(folder, "messages.h", "Structs of the messages.");
    int i, k;

    guard(f, "messages");
    fprintf(f, "#include \"base/id.h\"\n#include \"ipc/gen/enums.h\"\n#include \"ipc/wire.h\"\n\n");
    fprintf(f, "/* Of messages.def; said in every hello. */\n#define MSG_TABLE_ID 0x%016llxu\n\n",
            (unsigned long long)table_id);
    fprintf(f, "enum msg {\n    MSG_NONE,\n");
    for (i = 0; i < messages_n; i++)
        fprintf(f, "    MSG_%s,\n", upper(messages[i].name));
    fprintf(f, "    MSG_COUNT\n};\n\n");
    for (i = 0; i < messages_n; i++) {
        fprintf(f, "/* %s */\nstruct msg_%s {\n", messages[i].doc, messages[i].name);
        for (k = 0; k < messages[i].n; k++)
            put_c_type(f, &messages[i].fields[k]);
        if (messages[i].n == 0)
            fprintf(f, "    bool nothing; /* C has no empty struct; not sent */\n");
        fprintf(f, "};\n\n");
    }
    fprintf(f, "/* Room for any of them. */\nunion msg_any {\n");
    for (i = 0; i < messages_n; i++)
        fprintf(f, "    struct msg_%s %s;\n", messages[i].name, messages[i].name);
    fprintf(f, "};\n\n/* The row of a message; NULL for a number that is none. */\n"
               "const struct wire_message *msg_info(uint16_t type);\n\n#endif\n");
    fclose(f);
}

static void put_max(FILE *f, const char *arg)
{
    fprintf(f, isdigit((unsigned char)arg[0]) ? "%s" : "LIM_%s", arg);
}

static void put_field_row(FILE *f, const struct message *m, const struct field *d)
{
    fprintf(f, "    {\"%s\", WIRE_%s, offsetof(struct msg_%s, %s), ", d->name, upper(d->type),
            m->name, d->name);
    if (strcmp(d->type, "enum") == 0)
        fprintf(f, "%s_COUNT, %s_names", upper(d->arg), d->arg);
    else if (strcmp(d->type, "err") == 0)
        fprintf(f, "ERR_COUNT, NULL");
    else if (d->arg[0] != '\0' && strcmp(d->type, "id") != 0) {
        put_max(f, d->arg);
        fprintf(f, ", NULL");
    } else
        fprintf(f, "0, NULL");
    fprintf(f, ", %s},\n", d->typed ? "true" : "false");
}

static void put_enums_c(const char *folder)
{
    FILE *f = out_open(folder, "enums.c", "Names of the words.");
    int i, k;

    fprintf(f, "#include \"ipc/gen/enums.h\"\n\n");
    for (i = 0; i < enums_n; i++) {
        const char *name = enums[i].name;

        fprintf(f, "const char *const %s_names[] = {\n", name);
        for (k = 0; k < enums[i].n; k++)
            fprintf(f, "    \"%s\",\n", enums[i].values[k]);
        fprintf(
            f,
            "    0,\n};\n\nconst char *%s_name(enum %s v)\n{\n    return (unsigned)v < %s_COUNT ? "
            "%s_names[v] : \"?\";\n}\n\n",
            name, name, upper(name), name);
    }
    fclose(f);
}

static void put_messages_c(const char *folder)
{
    FILE *f = out_open(folder, "messages.c", "Tables of the messages' fields.");
    int i, k;

    fprintf(f, "#include \"ipc/gen/messages.h\"\n\n#include \"base/limits.h\"\n\n");
    for (i = 0; i < messages_n; i++) {
        if (messages[i].n == 0)
            continue;
        fprintf(f, "static const struct wire_field %s_fields[] = {\n", messages[i].name);
        for (k = 0; k < messages[i].n; k++)
            put_field_row(f, &messages[i], &messages[i].fields[k]);
        fprintf(f, "};\n\n");
    }
    fprintf(f, "static const struct wire_message rows[MSG_COUNT] = {\n");
    for (i = 0; i < messages_n; i++) {
        const struct message *m = &messages[i];

        fprintf(f, "    [MSG_%s] = {\"%s\", 0x%02x, 0x%02x, %s, %s, %s, sizeof(struct msg_%s), ",
                upper(m->name), m->name, m->from, m->to, m->boot ? "true" : "false",
                m->once ? "true" : "false", m->fd ? "true" : "false", m->name);
        if (m->n == 0)
            fprintf(f, "NULL, 0},\n");
        else
            fprintf(f, "%s_fields, %d},\n", m->name, m->n);
    }
    fprintf(f, "};\n\nconst struct wire_message *msg_info(uint16_t type)\n{\n"
               "    return type > MSG_NONE && type < MSG_COUNT ? &rows[type] : NULL;\n}\n");
    fclose(f);
}

static void put_send_h(const char *folder)
{
    FILE *f = out_open(folder, "send.h", "One typed function a message.");
    int i;

    guard(f, "send");
    fprintf(f, "#include \"ipc/chan.h\"\n#include \"ipc/gen/messages.h\"\n\n"
               "/* send_X queues one message and returns what chan_send does; fd is sent along and "
               "stays the caller's. tell_X is\n"
               " * chan_tell. */\n\n");
    for (i = 0; i < messages_n; i++) {
        const char *n = messages[i].name;

        if (messages[i].fd)
            fprintf(f,
                    "MUST_USE static inline enum err send_%s(struct chan *c, const struct msg_%s "
                    "*m, int fd)\n{\n"
                    "    return chan_send(c, MSG_%s, m, fd);\n}\n\n",
                    n, n, upper(n));
        else
            fprintf(f,
                    "MUST_USE static inline enum err send_%s(struct chan *c, const struct msg_%s "
                    "*m)\n{\n"
                    "    return chan_send(c, MSG_%s, m, -1);\n}\n\n"
                    "static inline void tell_%s(struct chan *c, const struct msg_%s *m%s)\n{\n"
                    "    chan_tell(c, MSG_%s, m, %s);\n}\n\n",
                    n, n, upper(n), n, n, messages[i].late ? ", bool late" : "", upper(n),
                    messages[i].late ? "late" : "false");
    }
    fprintf(f, "#endif\n");
    fclose(f);
}

static bool handles(int role, const struct message *m)
{
    return (m->to & (1u << role)) != 0 && !m->life;
}

/* A row of the configuration. */
static bool is_row(const struct message *m)
{
    return m->boot && m->from == 1u << find_role("supervisor");
}

static bool gets_channel(int role, const struct message *m)
{
    return (m->from & ~contexts[role].known) != 0;
}

static bool has_own_conf(int role)
{
    return strcmp(contexts[role].conf, contexts[role].type) != 0;
}

static void put_on_h(FILE *f, int role, const struct message *m)
{
    const struct context *x = &contexts[role];

    fprintf(f, "void %s_on_%s(struct %s *%s, %sstruct msg_%s *m%s);\n",
            find_enum("role")->values[role], m->name, is_row(m) ? x->conf : x->type,
            gets_channel(role, m) ? ", struct chan *c" : "", m->keeps ? "" : "const ", m->name,
            m->fd ? ", int fd" : "");
}

static void put_role_h(const char *folder, int role)
{
    const char *name = find_enum("role")->values[role];
    const struct context *x = &contexts[role];
    char file[2 * NAME];
    FILE *f;
    int i;

    snprintf(file, sizeof(file), "%s.h", name);
    f = out_open(folder, file, "What this role must handle.");
    guard(f, name);
    fprintf(f, "#include \"ipc/gen/messages.h\"\n\nstruct chan;\nstruct %s;\n", x->type);
    if (has_own_conf(role))
        fprintf(f,
                "struct %s;\n\n/* Where the conf_* rows go; the role's own, as are the following. "
                "*/\nstruct %s *%s_conf(struct %s *x);\n",
                x->conf, x->conf, name, x->type);
    fprintf(f, "\n/* One for each message, in the file that it concerns: with a missing one the "
               "role does not link. Slices in m live as long as\n"
               " * the call. Where m is not const, a secret that is kept leaves NULL. fd is "
               "owned. */\n");
    for (i = 0; i < messages_n; i++) {
        if (handles(role, &messages[i]))
            put_on_h(f, role, &messages[i]);
    }
    fprintf(f,
            "\n/* Calls the function for message type with m, which is of that message; ctx is the "
            "struct %s. False when it is not this role's. */\n"
            "MUST_USE bool %s_dispatch(void *ctx, struct chan *c, enum msg type, union msg_any *m, "
            "int fd);\n\n#endif\n",
            x->type, name);
    fclose(f);
}

static void put_on_c(FILE *f, int role, const struct message *m)
{
    const char *name = find_enum("role")->values[role];
    bool conf = is_row(m) && has_own_conf(role);

    fprintf(f, "    case MSG_%s: %s_on_%s(%s%s%s, &m->%s%s); return true;\n", upper(m->name), name,
            m->name, conf ? name : "", conf ? "_conf(ctx)" : "ctx",
            gets_channel(role, m) ? ", c" : "", m->name, m->fd ? ", fd" : "");
}

static void put_role_c(const char *folder, int role)
{
    const char *name = find_enum("role")->values[role];
    char file[2 * NAME];
    FILE *f;
    int i;

    snprintf(file, sizeof(file), "%s.c", name);
    f = out_open(folder, file, "From message number to function.");
    fprintf(f,
            "#include \"ipc/gen/%s.h\"\n\nbool %s_dispatch(void *ctx, UNUSED struct chan *c, enum "
            "msg type, union msg_any *m, UNUSED int fd)\n{\n    switch (type) {\n",
            name, name);
    for (i = 0; i < messages_n; i++) {
        if (handles(role, &messages[i]))
            put_on_c(f, role, &messages[i]);
    }
    fprintf(f, "    default: return false;\n    }\n}\n");
    fclose(f);
}

static void put_mask(FILE *f, unsigned mask)
{
    const struct enumeration *roles = find_enum("role");
    const char *comma = "";
    int i;

    for (i = 0; i < roles->n; i++) {
        if (mask & (1u << i)) {
            fprintf(f, "%s%s", comma, roles->values[i]);
            comma = ", ";
        }
    }
}

static void put_doc(const char *path)
{
    FILE *f = fopen(path, "w");
    int i, k;

    if (f == NULL)
        die("cannot write %s", path);
    fprintf(
        f, "# Messages between the processes\n\nMade by `make gen` from `src/ipc/messages.def`.\n");
    for (i = 0; i < messages_n; i++) {
        const struct message *m = &messages[i];

        fprintf(f, "\n## %s\n\n", m->name);
        put_mask(f, m->from);
        fprintf(f, " → ");
        put_mask(f, m->to);
        fprintf(f, "; %s, %s%s. %s\n", m->boot ? "before ready" : "after ready",
                m->once ? "once" : "any number", m->fd ? ", with a descriptor" : "", m->doc);
        if (m->n > 0)
            fprintf(f, "\n| field | type |\n|---|---|\n");
        for (k = 0; k < m->n; k++)
            fprintf(f, m->fields[k].arg[0] != '\0' ? "| %s | %s (%s) |\n" : "| %s | %s |\n",
                    m->fields[k].name, m->fields[k].type, m->fields[k].arg);
    }
    fprintf(f, "\n## Values\n\n");
    for (i = 0; i < enums_n; i++) {
        fprintf(f, "- **%s**:", enums[i].name);
        for (k = 0; k < enums[i].n; k++)
            fprintf(f, "%s %s", k > 0 ? "," : "", enums[i].values[k]);
        fprintf(f, "\n");
    }
    fclose(f);
}

/* Bytes of a seed's field with some value, or with the least there is. */
static void put_seed_field(FILE *f, const struct field *d, bool some)
{
    static const struct {
        const char *type;
        int n;
    } fixed[] = {{"bool", 1}, {"u8", 1},   {"u16", 2}, {"u32", 4},
                 {"u64", 8},  {"enum", 1}, {"id", 16}, {"digest", 32}};
    size_t i;
    int k;

    if (strcmp(d->type, "err") == 0) {
        fwrite(some ? "\0\1" : "\0\0", 1, 2, f);
        return;
    }
    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (strcmp(d->type, fixed[i].type) != 0)
            continue;
        for (k = 0; k < fixed[i].n; k++)
            fputc(some, f);
        return;
    }
    /* str, bytes and secret: all maxima are at least three, and fit a length of two bytes. */
    fwrite(some ? "\0\3abc" : "\0\0", 1, some ? 5 : 2, f);
}

static void put_seed(const char *folder, int number, const char *kind, bool some)
{
    const struct message *m = &messages[number];
    char path[1024];
    FILE *f;
    int i;

    snprintf(path, sizeof(path), "%s/%s", folder, m->name);
    (void)mkdir(path, 0755); /* it may be there */
    snprintf(path, sizeof(path), "%s/%s/%s", folder, m->name, kind);
    f = fopen(path, "wb");
    if (f == NULL)
        die("cannot write %s", path);
    /* The target puts the number in, so that a new message does not change the seeds of others. */
    fwrite("\0\0", 1, 2, f);
    for (i = 0; i < m->n; i++)
        put_seed_field(f, &m->fields[i], some);
    fclose(f);
}

/* Frames that the decoder must accept, for the fuzz targets to start from; and the list of targets.
 */
static void put_seeds(const char *folder)
{
    char path[1024];
    FILE *f;
    int i;

    snprintf(path, sizeof(path), "%s/messages.txt", folder);
    f = fopen(path, "w");
    if (f == NULL)
        die("cannot write %s", path);
    for (i = 0; i < messages_n; i++) {
        fprintf(f, "%s\n", messages[i].name);
        put_seed(folder, i, "least", false);
        put_seed(folder, i, "some", true);
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    int role;

    if (argc < 3 || argc > 5) {
        fprintf(stderr, "usage: gen-ipc MESSAGES.DEF GEN-FOLDER [MESSAGES.MD [SEED-FOLDER]]\n");
        return 2;
    }
    parse_file(argv[1]);
    put_enums_h(argv[2]);
    put_enums_c(argv[2]);
    put_messages_h(argv[2]);
    put_messages_c(argv[2]);
    put_send_h(argv[2]);
    for (role = 0; role < find_enum("role")->n; role++) {
        put_role_h(argv[2], role);
        put_role_c(argv[2], role);
    }
    if (argc > 3)
        put_doc(argv[3]);
    if (argc > 4)
        put_seeds(argv[4]);
    return 0;
}
