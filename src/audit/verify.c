/*
 * Checking an audit log. Run by the command, on a file that anybody may have changed, with what the
 * keeper and the key folder say of it; trusts those two.
 */
#include "audit/verify.h"

#include "audit/lines.h"
#include "audit/walk.h"

static const char *const sentences[] = {
    [AUDIT_SOUND] = "the log is in order",
    [AUDIT_NO_BEGINNING] = "the file does not begin like an audit log",
    [AUDIT_OTHER_KEY] = "the log is signed by another key",
    [AUDIT_EDITED] = "this record, or the signature after it, was edited",
    [AUDIT_REMOVED] = "this record was removed",
    [AUDIT_REORDERED] = "this record stands at another place, or more than once",
    [AUDIT_UNCHAINED] = "what stands before this record was replaced, or a signature there removed",
    [AUDIT_SIGNATURE] = "the signature after this record is wrong: what it covers may be rewritten",
    [AUDIT_TRUNCATED] = "the log ends before this record, which the keeper knows",
    [AUDIT_REWRITTEN] = "this record is another one than the keeper knows",
};

const char *audit_fault_sentence(enum audit_fault fault)
{
    BUG_IF((unsigned)fault >= ARRAY_LEN(sentences));
    return sentences[fault];
}

struct verifier {
    struct lines lines;
    struct log_walk walk;
    const struct sign_public *public;
    const struct audit_known *known;
    struct audit_verdict verdict;
};

/* A record that is missing where it should be may stand further down: then it was moved, not
 * removed. */
static enum err find_later(struct verifier *v, uint64_t seq, bool *ret_found)
{
    struct slice text;
    enum err e;

    *ret_found = false;
    while (!*ret_found && (e = lines_next(&v->lines, &text)) == ERR_OK) {
        struct line l;

        *ret_found = line_parse(text, &l) == ERR_OK && l.kind == LINE_RECORD && l.seq == seq;
    }
    return *ret_found || e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Which record to name, of a line that does not continue the chain. */
static enum err name_fault(struct verifier *v, enum audit_fault fault, struct slice text)
{
    uint64_t expected = v->walk.seq + 1;
    struct line l = {0};
    bool found;
    enum err e;

    v->verdict.line = v->walk.lines + 1;
    v->verdict.fault = fault;
    v->verdict.seq = expected;
    if (fault == AUDIT_EDITED || fault == AUDIT_SIGNATURE || fault == AUDIT_UNCHAINED) {
        /* A head is named by the record before it. */
        if (line_parse(text, &l) == ERR_OK && l.kind == LINE_HEAD)
            v->verdict.seq = v->walk.seq;
    } else if (fault == AUDIT_REORDERED) {
        if (line_parse(text, &l) == ERR_OK && l.kind == LINE_RECORD)
            v->verdict.seq = l.seq;
    } else if (fault == AUDIT_REMOVED) {
        e = find_later(v, expected, &found);
        if (e)
            return e;
        if (found)
            v->verdict.fault = AUDIT_REORDERED;
    }
    return ERR_OK;
}

static void compare_with_keeper(struct verifier *v, const struct line *l)
{
    if (!v->known || l->kind != LINE_RECORD || l->seq != v->known->seq ||
        ID_EQ(l->hash, v->known->head))
        return;
    v->verdict.fault = AUDIT_REWRITTEN;
    v->verdict.seq = l->seq;
    v->verdict.line = v->walk.lines;
}

static void check_end(struct verifier *v)
{
    if (v->walk.lines == 0) {
        v->verdict.fault = AUDIT_NO_BEGINNING;
        v->verdict.seq = 1;
    } else if (v->known && v->walk.signed_seq < v->known->seq) {
        v->verdict.fault = AUDIT_TRUNCATED;
        v->verdict.seq = v->walk.signed_seq + 1;
    }
}

static enum err follow(struct verifier *v)
{
    while (v->verdict.fault == AUDIT_SOUND) {
        struct slice text;
        struct line l;
        enum audit_fault fault;
        enum err e = lines_next(&v->lines, &text);

        if (e == ERR_NOT_FOUND) {
            v->verdict.torn = text.n;
            check_end(v);
            return ERR_OK;
        }
        if (e)
            return e;
        fault = walk_line(&v->walk, text, v->public, &l);
        if (fault != AUDIT_SOUND)
            return name_fault(v, fault, text);
        compare_with_keeper(v, &l);
    }
    return ERR_OK;
}

enum err audit_verify(int fd, const struct sign_public *public, const struct audit_known *known,
                      struct audit_verdict *ret)
{
    struct verifier v = {.public = public, .known = known};
    enum err e;

    lines_init(&v.lines, fd);
    e = follow(&v);
    lines_done(&v.lines);
    if (e)
        return e;
    v.verdict.records = v.walk.seq;
    v.verdict.signed_seq = v.walk.signed_seq;
    v.verdict.epoch = v.walk.epoch;
    v.verdict.head = v.walk.head;
    *ret = v.verdict;
    return ERR_OK;
}
