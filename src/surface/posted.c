/*
 * Posted forms. Run by surface on bytes from browsers.
 */
#include "surface/posted.h"

#include "base/planted.h"
#include "os/log.h"
#include "proto/http_field.h"
#include "surface/reply.h"

static bool is_known(struct slice name, const char *const *names)
{
    for (; *names; names++) {
        if (slice_eq_str(name, *names))
            return true;
    }
    return false;
}

static enum err read_form(struct visit *v, struct form *f, const char *const *names)
{
    struct slice type;

    if (http_req_field(v->http, "Content-Type", &type) != ERR_OK ||
        !http_media_type_is(type, "application/x-www-form-urlencoded"))
        return ERR_BAD_CONTENT_TYPE;
    enum err e = form_parse(f, v->http->body);
    for (size_t i = 0; !e && i < f->n; i++) {
        struct slice name = slice_sub(buf_slice(&f->text), f->f[i].name_at,
                                      (size_t)f->f[i].name_at + f->f[i].name_n);
        if (!is_known(name, names))
            e = ERR_SYNTAX;
    }
    return e;
}

bool posted_read(struct visit *v, struct form *f, const char *const *names)
{
    form_init(f);
    enum err e = read_form(v, f, names);
    if (e)
        reply_text(v, e == ERR_TOO_LARGE ? PAGE_TOO_LARGE : PAGE_BAD_FORM, NULL, SLICE_EMPTY);
    return e == ERR_OK;
}

enum err posted_csrf(const struct form *f, struct digest *ret)
{
    return id_parse(form_get(f, POSTED_CSRF, NULL), ret->b, DIGEST_BYTES) ? ERR_OK : ERR_CSRF;
}

bool posted_button(struct visit *v, struct digest *ret_csrf)
{
    static const char *const names[] = {POSTED_CSRF, NULL};
    struct form f;
    bool is_form = posted_read(v, &f, names);
    bool good = is_form && posted_csrf(&f, ret_csrf) == ERR_OK;

    if (is_form && !good)
        reply_text(v, PAGE_CSRF, NULL, SLICE_EMPTY);
    form_free(&f);
    return good;
}

struct slice posted_get(const struct form *f, const char *name, size_t max, bool *ret_long)
{
    struct slice s = form_get(f, name, NULL);

    *ret_long = s.n > max;
    if (s.n == 0 || *ret_long)
        return SLICE_EMPTY;
    if (PLANTED(surface_keeps) || PLANTED(page_tells) || PLANTED(redirect_tells))
        planted_keep(s);
    if (PLANTED(surface_logs))
        log_event(LEVEL_INFO, "planted", LOG_TEXT("value", s));
    return s;
}

struct sec *posted_take(struct form *f, const char *name, size_t max)
{
    bool too_long;
    struct slice s = posted_get(f, name, max, &too_long);

    /* The bytes are the form's own buffer, so ours to wipe. */
    return s.n == 0 ? NULL : sec_take(f->text.p + (s.p - f->text.p), s.n);
}
