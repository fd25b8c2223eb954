/* The table of errors, from err.def. Run by every role; holds literals only. */
#include "base/err.h"

struct err_row {
    const char *name;
    const char *sentence;
    enum err_kind kind;
    unsigned http;
};

static const struct err_row rows[ERR_COUNT] = {
#define E(code, kind, http, sentence) {#code, sentence, ERR_KIND_##kind, http},
#include "base/err.def"
};

static const struct err_row unknown = {"UNKNOWN", "Sidegate has a bug; see its log", ERR_KIND_OURS,
                                       500};

/* A value that no row has can only come from us; it is named instead of aborted on, because this
 * runs while an error is being reported. */
static const struct err_row *row(enum err e)
{
    return (unsigned)e < ERR_COUNT ? &rows[e] : &unknown;
}

const char *err_name(enum err e)
{
    return row(e)->name;
}

const char *err_sentence(enum err e)
{
    return row(e)->sentence;
}

enum err_kind err_kind(enum err e)
{
    return row(e)->kind;
}

unsigned err_http(enum err e)
{
    return row(e)->http;
}
