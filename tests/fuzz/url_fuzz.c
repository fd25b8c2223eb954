/* URLs, request targets, authorities, and escapes. */
#include "fuzz.h"
#include "proto/url.h"

static void check_url(struct slice in)
{
    struct url u, again;
    struct buf text = BUF_INIT(SIZE_MAX);
    if (url_parse(in, &u) != ERR_OK)
        return;
    MUST(u.host.n > 0 && u.port > 0);
    for (size_t i = 0; i < in.n; i++)
        MUST(in.p[i] > 0x20 && in.p[i] < 0x7f && in.p[i] != '\\' && in.p[i] != '#');
    MUST(slice_find_byte(u.host, '@') == u.host.n);
    url_put_origin(&text, &u);
    url_put_target(&text, &u);
    MUST(url_parse(buf_slice(&text), &again) == ERR_OK);
    MUST(again.https == u.https && again.port == u.port && slice_eq_nocase(again.host, u.host));
    MUST(slice_eq(again.query, u.query) && again.has_query == u.has_query);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size), a, b;
    struct buf escaped = BUF_INIT(SIZE_MAX), plain = BUF_INIT(SIZE_MAX);
    uint16_t port;
    check_url(in);
    if (url_target(in, &a, &b) == ERR_OK)
        MUST(a.n > 0 && a.p[0] == '/' && slice_find(a, SLICE_LIT("/../")) == a.n);
    if (url_authority(in, &a, &port) == ERR_OK)
        MUST(a.n > 0 && slice_find_byte(a, '@') == a.n && slice_find_byte(a, '/') == a.n);
    url_put_escaped(&escaped, in);
    MUST(url_unescape(buf_slice(&escaped), &plain) == ERR_OK);
    MUST(slice_eq(buf_slice(&plain), in));
    buf_free(&escaped);
    buf_free(&plain);
    return 0;
}
