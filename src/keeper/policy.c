/*
 * The policy table. Run by the keeper for every request; it reads nothing that a peer wrote but the
 * class and the standing that the keeper made of it.
 *
 * A list never takes a use and never spends a once-lease: clients ask for lists whenever they like,
 * and a person's yes to one call must not be used up by that. What rides needs a lease in force, or
 * the running request that took the last use of one. A lease for one request carries nothing but
 * that request and what belongs to it: while it runs an answer to a question that the upstream
 * asked during the call, or its cancellation; and when it ended with a question, the same request
 * again with the answer, which takes no other use.
 */
#include "keeper/policy.h"

/* Short names, for one screen. Zero is refusal: a row or column that is forgotten refuses. */
enum {
    no = ACT_DENY,
    take = ACT_TAKE,
    ride = ACT_RIDE,
    anon = ACT_ANONYMOUS,
    own = ACT_OWN,
    ask = ACT_HANDOFF
};

/* clang-format off */
/* Each act at its standing, so that a standing that is inserted refuses, and moves no other. */
#define ROW(no_need, missing, once, other, task, keep, runs, last, used_up, expired, stale, suspended) \
    {[STAND_NO_NEED] = no_need, [STAND_MISSING] = missing, [STAND_ONCE] = once, [STAND_OTHER] = other, \
     [STAND_TASK] = task, [STAND_KEEP] = keep, [STAND_RUNS] = runs, [STAND_LAST] = last, \
     [STAND_USED_UP] = used_up, [STAND_EXPIRED] = expired, [STAND_STALE] = stale, [STAND_SUSPENDED] = suspended}

static const unsigned char table[CLASS_COUNT][STAND_COUNT] = {
    /*                     no_need missing once  other task  keep  runs  last  used_up expired stale suspended */
    [CLASS_OWN]      = ROW(own,    own,    own,  own,  own,  own,  own,  own,  own,    own,    own,  own),
    [CLASS_STATUS]   = ROW(own,    own,    own,  own,  own,  own,  own,  own,  own,    own,    own,  own),
    [CLASS_CONNECT]  = ROW(own,    ask,    own,  own,  own,  own,  ask,  ask,  ask,    ask,    ask,  no),
    [CLASS_CALL]     = ROW(anon,   ask,    take, ask,  take, take, ask,  ask,  ask,    ask,    ask,  no),
    [CLASS_LIST]     = ROW(anon,   anon,   anon, anon, ride, ride, anon, anon, anon,   anon,   anon, anon),
    [CLASS_RIDE]     = ROW(anon,   no,     no,   no,   ride, ride, no,   ride, no,     no,     no,   no),
    [CLASS_BELONG]   = ROW(anon,   no,     no,   no,   ride, ride, ride, ride, ride,   no,     no,   no),
    [CLASS_CONTINUE] = ROW(anon,   ask,    take, ask,  ride, ride, ride, ride, ride,   ask,    ask,  no),
};
/* clang-format on */

enum policy_act policy_decide(enum policy_class c, enum policy_standing s)
{
    BUG_IF((unsigned)c >= CLASS_COUNT || (unsigned)s >= STAND_COUNT);
    return (enum policy_act)table[c][s];
}
