/*
 * The screen: what was injected into one call does not come back towards the agent
 * (SECURITY.md, "What the screen finds"). A matcher is made for one call from the values that were
 * injected and from what may stand for them (encodings.def); every JSON message of the answer goes
 * through it. It looks at decoded strings, at keys, at the text of numbers, and inside base64 in
 * members "blob" and "data".
 *
 * Rules, beside the encodings (decision 0019):
 * - Values shorter than SCREEN_VALUE_MIN bytes are not screened: such a value stands in ordinary
 *   answers by chance (four digits are a year), and taking it out would damage them and tell
 *   whoever asks what it is.
 * - A value of fewer than twice SCREEN_BLOCK characters is one block; a longer one is cut into blocks
 *   of SCREEN_BLOCK, which do not overlap. What is left over belongs to the last, which is known by
 *   its first SCREEN_BLOCK. Only a whole block is a match, so that whoever asks learns of a guess
 *   only when it is one of a whole block; and any 2 * SCREEN_BLOCK - 1 characters have one in them.
 * - With a block, as many characters beside it are taken out as may be of the same value although
 *   the block there is not whole; whatever they are, or it would tell.
 * - Blocks that the request itself had, whole and in any of the forms, are not screened: taking them
 *   out would tell an agent that its guess was right. Hits are counted, so that the keeper can stop
 *   who asks often (limit screen_hits).
 * - Matches that overlap are taken out together.
 * - Looking takes a limited number of steps (match.h). A text for which they do not suffice is
 * taken out whole; of a request, what is found before they are spent is all that it contained.
 *
 * The matcher holds the values in the clear, in memory that is wiped when it is freed: it lives as
 * long as the one call. Pure; used by egress alone.
 */
#ifndef SG_SCREEN_SCREEN_H
#define SG_SCREEN_SCREEN_H

#include "proto/json.h"

#define SCREEN_VALUE_MIN 5
#define SCREEN_BLOCK     12

/* One of 10 KiB and more, for what belongs to one request. NULL is one without a value: nothing is
 * looked for. */
struct screen;

/* label: what stands in "[redacted: label]", copied; at most LIM_LABEL_BYTES of valid UTF-8 are
 * used. key: random bytes, so that who chooses a value does not choose what is looked at together. */
MUST_USE struct screen *screen_new(struct slice label, uint64_t key);
void screen_free(struct screen *s); /* takes NULL; wipes */

/* Looks for one injected value from now on; the slice is not kept. Bytes [from, to) of it are secret,
 * and these alone are looked for: what else it has (a scheme, "sk_live_") would be taken out of every
 * answer. When they are fewer than SCREEN_VALUE_MIN, the whole value is looked for as one block. */
void screen_add(struct screen *s, struct slice value, size_t from, size_t to);
/* The same of another form of the value that was added last, such as the bytes that its digits stand
 * for: a request that contains the one whole knows the other too. */
void screen_add_form(struct screen *s, struct slice value, size_t from, size_t to);
/* Looks for a value that was made of others and of what is no secret, as one block, unless one of
 * those that were added before is found in it. */
void screen_add_made(struct screen *s, struct slice value);

/* What this request has of the values is no longer screened: its body as the client sent it (without
 * a node when it has none), and the headers that its sender chose. Call it once, after the last
 * screen_add and before the first message. How many blocks the request has: an agent should know
 * none. */
size_t screen_excuse(struct screen *s, const struct json *body, const struct slice *headers,
                     size_t headers_n);

/*
 * Appends the message as json_copy writes it, every match replaced. *ret_hits is the number of
 * replacements (0: nothing was found), of a message that is too large as well. A number or key that
 * matches becomes a string. ERR_OK, or ERR_TOO_LARGE when out is full.
 */
MUST_USE enum err screen_message(struct screen *s, const struct json *j, struct buf *out,
                                 uint32_t *ret_hits);

/* Whether the text has a match: for what is not JSON and is dropped rather than changed. */
bool screen_has(struct screen *s, struct slice text);

#endif
