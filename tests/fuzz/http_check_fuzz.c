/*
 * The walk over a request's headers: first line "METHOD TARGET VERSION", then "Name: value" lines,
 * as libmicrohttpd would hand them over; it is played here. What passes has one host, at most one
 * length or coding, and nothing that another reader could see otherwise.
 */
#include "fuzz.h"
#include "httpd/internal.h"

/* Of the input that runs: its header lines, where each ':' and '\n' became the NUL that
 * libmicrohttpd puts behind names and values. */
static char *lines;
static size_t lines_n;

static char *cut(char **at, char *end, char by)
{
    char *word = *at;

    while (*at < end && **at != by)
        ++*at;
    *(*at)++ = '\0'; /* there is room for it */
    return word;
}

int MHD_get_connection_values_n(struct MHD_Connection *mc, enum MHD_ValueKind kind,
                                MHD_KeyValueIteratorN on_field, void *cls)
{
    char *at = lines, *end = lines + lines_n;
    int n = 0;

    (void)mc;
    while (at < end) {
        char *name = cut(&at, end, ':'), *value = at, *name_end = at - 1;
        if (at < end)
            value = cut(&at, end, '\n');
        n++;
        if (on_field(cls, kind, name, (size_t)(name_end - name), value,
                     at > value ? (size_t)(at - 1 - value) : 0) != MHD_YES)
            break;
    }
    return n;
}

static size_t count(const struct req *r, const char *name)
{
    size_t n = http_field_find(r->fields, r->pub.n_fields, name, NULL);
    struct slice one = SLICE_EMPTY;

    MUST(n <= 1); /* these are asked for below: all of them may stand once */
    MUST((http_req_field(&r->pub, name, &one) == ERR_OK) == (n == 1));
    return n;
}

static void must_be_clear(const struct req *r)
{
    size_t coding = count(r, "transfer-encoding"), length = count(r, "content-length");
    struct slice text = SLICE_EMPTY;

    MUST(count(r, "host") == 1 && coding + length <= 1);
    (void)count(r, "authorization");
    (void)count(r, "mcp-session-id");
    if (length > 0 && http_req_field(&r->pub, "content-length", &text) == ERR_OK)
        MUST(text.n == 1 || text.p[0] != '0');
    MUST(length > 0 || check_content_length(r) == 0);
    MUST(http_is_token(r->pub.method) && r->pub.path.n > 0 && r->pub.path.p[0] == '/');
    for (size_t i = 0; i < r->pub.n_fields; i++) {
        struct slice v = r->fields[i].value;
        MUST(http_is_token(r->fields[i].name));
        MUST(slice_find_byte(v, '\r') == v.n && slice_find_byte(v, '\0') == v.n);
        MUST(v.n == 0 || (v.p[0] != ' ' && v.p[v.n - 1] != ' '));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct req r;
    char *copy = malloc(size + 2), *at = copy, *end = copy + size;
    char *method, *line_end, *version;

    if (copy == NULL)
        abort();
    slice_copy(slice_of(data, size), copy, size);
    method = cut(&at, end, '\n');
    line_end = at - 1;
    lines = at < end ? at : end;
    lines_n = (size_t)(end - lines);
    r = (struct req){.body = BUF_INIT(0)};
    at = method;
    (void)cut(&at, line_end, ' ');
    r.target = at < line_end ? at : line_end;
    at = r.target;
    (void)cut(&at, line_end, ' ');
    version = at < line_end ? at : line_end;
    if (check_head(&r, method, version) == ERR_OK)
        must_be_clear(&r);
    free(copy);
    return 0;
}
