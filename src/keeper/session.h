/* Browser sessions: who is logged in, and proof that somebody is who they say. A session alone lets
 * a person look; it completes nothing. */
#ifndef SG_KEEPER_SESSION_H
#define SG_KEEPER_SESSION_H

#include "keeper/core.h"

struct keeper_session {
    struct digest hash;   /* of the cookie */
    struct user_row user; /* verifier: its hash */
};

/* Of that cookie; whether anybody is logged in with it, the store knows. */
struct digest session_hash(const struct sec *cookie);
/* Whether this is the person's verifier. Constant time. */
MUST_USE bool session_proves(const struct user_row *user, const struct sec *verifier);
/* Whether a proof inside a session of that person would be looked at now. Counts nothing. */
MUST_USE bool session_proof_left(struct keeper *k, struct user_id user);
/* One more proof inside a session of that person; false: too many this minute. Counted apart from
 * log-ins, which anybody can try under any name. */
MUST_USE bool session_may_prove(struct keeper *k, struct user_id user);

#endif
