/* How a page's request ends. Run by the keeper. */
#include "keeper/page_say.h"

#include "ipc/gen/send.h"

enum denial page_why(enum err e)
{
    return e == ERR_NOT_FOUND ? DENIAL_LOG_IN : e == ERR_CSRF ? DENIAL_CSRF : DENIAL_AGAIN;
}

void page_denied(struct chan *c, uint64_t req, enum denial why)
{
    tell_page_denied(c, &(struct msg_page_denied){.req = req, .why = why});
}

void page_end(struct keeper *k, uint64_t peer, uint64_t req, unsigned how)
{
    struct chan *c = peers_chan(&k->peers, peer);

    if (how == PAGE_OK)
        tell_page_done(c, &(struct msg_page_done){.req = req});
    else
        page_denied(c, req, (enum denial)how);
}
