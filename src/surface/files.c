/*
 * What is no page of anybody's: the style sheet, the script, the icon, and whether the surface can
 * serve. Run by surface.
 */
#include "surface/reply.h"
#include "surface/route.h"
#include "surface/web.h"

/* Kept for good under the address that names its content, asked for again under any other. */
static void send_file(struct visit *v, enum web_file f, const char *type)
{
    char tag[WEB_TAG + 1];
    struct slice query = v->http->query;

    web_tag(f, tag);
    bool named =
        slice_starts(query, SLICE_LIT("v=")) && slice_eq_str(slice_sub(query, 2, query.n), tag);
    reply_bytes(v, 200, type, named ? "public, max-age=31536000, immutable" : "no-cache",
                web_bytes(f));
}

void files_style(struct visit *v)
{
    send_file(v, WEB_STYLE, "text/css; charset=utf-8");
}

void files_script(struct visit *v)
{
    send_file(v, WEB_SCRIPT, "text/javascript; charset=utf-8");
}

void files_icon(struct visit *v)
{
    send_file(v, WEB_ICON, "image/svg+xml");
}

void files_root(struct visit *v)
{
    reply_redirect(v, SLICE_LIT("/inbox"));
}

void files_health(struct visit *v)
{
    static const struct {
        unsigned status;
        const char *text;
    } rows[] = {
        [RECORDING_LOST] = {503, "nothing is begun: nothing can be recorded, the audit log is lost "
                                 "or a disk fails; see "
                                 "Sidegate's log\n"},
        [RECORDING_APART] = {503, "nothing is begun: store and audit log do not belong together; "
                                  "see Sidegate's log\n"},
        [RECORDING_FULL] =
            {503, "nothing is begun: the disk of the store or of the audit log is full\n"},
        [RECORDING_FILLING] = {200, "ok, but the disk of the audit log is filling up: less is free "
                                    "than disk_warn\n"},
        [RECORDING_FINE] = {200, "ok\n"},
    };
    bool there = v->s->keeper && v->s->sealable;

    reply_bytes(v, there ? rows[v->s->recording].status : 503, "text/plain; charset=utf-8",
                "no-store",
                slice_str(there ? rows[v->s->recording].text : "the keeper is not there\n"));
}
