/*
 * The sentences about handoffs. Run by the gateway. They hold the upstream's configured title, the
 * two words, and where the pages are; nothing that an agent or an upstream wrote.
 */
#include "gateway/deliver_text.h"

#include "base/planted.h"

void deliver_put_link(struct buf *out, const struct gateway_conf *c, struct handoff_id h)
{
    buf_put_str(out, c->surface);
    buf_put_str(out, "/h/");
    ID_PUT(out, h);
    if (PLANTED(link_tells)) {
        buf_put_str(out, "?key=");
        buf_put(out, planted_kept());
    }
}

static const char *const needs[NEED_COUNT] = {
    [NEED_MISSING] = " needs a credential of yours that Sidegate does not have.",
    [NEED_STALE] = " did not accept your stored credential any more.",
    [NEED_USED_UP] = " was used as often as you allowed.",
    [NEED_EXPIRED] = ": the time for which you allowed its use is over.",
    [NEED_ASKED] = ": your agent asks you to connect it.",
};

void deliver_put_message(struct buf *out, const struct gateway_upstream *up, enum need need,
                         struct slice words)
{
    buf_put_str(out, up->title);
    buf_put_str(out, needs[need]);
    buf_put_str(out, " Open the link and finish there. The page shows the words: ");
    buf_put(out, words);
    buf_put_str(out, ". Type secrets on that page only, never here.");
}

/* %t title, %p pages, %w words. */
static const char *const endings[ENDING_COUNT] = {
    [ENDING_WAITING] =
        "Not done yet: %t needs something that only the person can give. It waits for them at %p, "
        "marked with the words \"%w\". Tell them so, wait until they say that it is finished, then "
        "make this call again. Never ask them for a password, key or code, and never accept one "
        "here.",
    [ENDING_DECLINED] =
        "Not done: the person declined what %t needs. Do not make this call again unless they ask "
        "for it.",
    [ENDING_CANCELLED] =
        "Not done: the request for %t was set aside. It still waits for the person at %p, marked "
        "with the words \"%w\". Make this call again once they say that it is finished. Never ask "
        "them for a password, key or code.",
    [ENDING_EXPIRED] =
        "Not done: the person did not finish in time what %t needs. If it is still wanted, make "
        "this call again to ask them anew.",
    [ENDING_FAILED] =
        "Not done: what the person gave for %t was not accepted. Tell them, and make this call "
        "again if they want another try. Never ask them for a password, key or code.",
};

void deliver_put_ending(struct buf *out, const struct gateway_conf *c,
                        const struct gateway_upstream *up, enum ending how, struct slice words)
{
    for (const char *p = endings[how]; *p != '\0'; p++) {
        if (p[0] != '%') {
            buf_put_u8(out, (uint8_t)*p);
            continue;
        }
        p++;
        if (*p == 't')
            buf_put_str(out, up->title);
        else if (*p == 'p')
            buf_put_str(out, c->surface);
        else
            buf_put(out, words);
    }
}
