/* What the files that carry out call.def share. */
#ifndef SG_GATEWAY_CALL_IN_H
#define SG_GATEWAY_CALL_IN_H

#include "gateway/gateway.h"

/* --- call.c ----------------------------------------------------------------------------------- */

void call_enter(struct call *c, enum call_state s);
/* Over: whoever still works for it is told, and it is freed. What the client gets must have been
 * said before; otherwise it gets nothing. */
void call_finish(struct call *c);

/* --- reply.c ---------------------------------------------------------------------------------- */

/* The last message for the client; the call is finished. */
void call_reply(struct call *c, struct slice message);
/* Likewise, with an HTTP status and fields where the answer is not a stream yet. */
void call_reply_http(struct call *c, unsigned status, const struct http_field *extra, size_t n,
                     struct slice message);
/* A message on the way to the last one; nothing without a client. */
void call_say(struct call *c, struct slice message);
/* 202: a notification or response was taken; the call goes on without its client. */
void call_accept(struct call *c);
/* The error as answer; the call is finished. */
void call_fail(struct call *c, enum err e);

/* --- open.c: towards the keeper --------------------------------------------------------------- */

/* Whether a link can be shown on this call. */
bool call_shows_links(const struct call *c);

/* Asks as soon as there is room; new_id (JSON text) replaces the message's id, empty: it stays. */
void call_open(struct call *c, struct slice new_id);

/* --- actions ---------------------------------------------------------------------------------- */

#define CALL_ACTION(name) void call_##name(struct call *c, enum call_ev ev, const void *arg)

CALL_ACTION(denied);        /* reply.c */
CALL_ACTION(keeper_lost);   /* reply.c */
CALL_ACTION(key_gone);      /* reply.c */
CALL_ACTION(forgotten);     /* reply.c */
CALL_ACTION(ask);           /* open.c */
CALL_ACTION(permitted);     /* send.c */
CALL_ACTION(send);          /* send.c */
CALL_ACTION(not_sent);      /* send.c */
CALL_ACTION(unknown);       /* send.c */
CALL_ACTION(owned);         /* own.c */
CALL_ACTION(handed_off);    /* deliver.c */
CALL_ACTION(held);          /* deliver.c */
CALL_ACTION(neutral);       /* deliver.c */
CALL_ACTION(answered);      /* deliver.c */
CALL_ACTION(late);          /* deliver.c */
CALL_ACTION(hold_lost);     /* deliver.c */
CALL_ACTION(head);          /* answer.c */
CALL_ACTION(part);          /* answer.c */
CALL_ACTION(end);           /* answer.c */
CALL_ACTION(late_end);      /* answer.c */
CALL_ACTION(room);          /* answer.c */
CALL_ACTION(refused_early); /* answer.c */
CALL_ACTION(snapshot);      /* snapshot.c */
CALL_ACTION(no_snapshot);   /* snapshot.c */
CALL_ACTION(stored);        /* snapshot.c */
CALL_ACTION(slow);          /* snapshot.c */
CALL_ACTION(gone);          /* call.c */
CALL_ACTION(cancelled);     /* call.c */
CALL_ACTION(over);          /* call.c */
CALL_ACTION(ignore);        /* call.c */

/* --- send.c ----------------------------------------------------------------------------------- */

/* Whether client is another than the one whose session the call names. */
bool call_is_foreign(const struct call *c, const struct client_id *client);

/* --- stream.c --------------------------------------------------------------------------------- */

/* The upstream's stream of the same session, whose messages go to the client's, is asked for with
 * this token, which is taken over. */
void call_feed(struct session *s, struct sec *token);
/* The feed was refused, or was ended by the keeper: the next call that goes out with a credential
 * asks for it again. */
void call_unfed(struct call *c);
/* Whether this call's token is to be kept for that, until it is permitted. */
bool call_may_feed(const struct call *c);
/* Whether this call, now permitted, brings the feed again. */
bool call_feeds(const struct call *c);
/* A permitted DELETE: the session is over for its client, and egress is still to hear of it. */
void call_closing(struct call *c);
/* A DELETE that the upstream does not get, since nobody may send it there; it is over. */
void call_close(struct call *c);

/* --- answer.c --------------------------------------------------------------------------------- */

/* The response of the upstream, or what stands for it, in c->message: changed as it must be, and
 * given to the client. */
void call_final(struct call *c);
/* The last message for the client; egress may still have something to clean up. */
void call_answer_with(struct call *c, unsigned status, struct slice message);

/* --- snapshot.c ------------------------------------------------------------------------------- */

/* Gets what is stored and gives it to c->on_snapshot. */
void call_want_snapshot(struct call *c, enum snapshot kind);
/* Answers a list or server/discover from what is stored, since the upstream does not; why is for
 * when nothing is. */
void call_list_from_snapshot(struct call *c, enum err why);
bool call_is_list(const struct call *c);
/* It is server/discover: answered whatever the upstream does, and soon. */
bool call_is_discover(const struct call *c);

#endif
