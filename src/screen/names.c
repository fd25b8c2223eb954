/* Reading names in words, and the words in parts.def. Run by egress, as part of parts.c. */
#include "screen/names.h"

#include "base/ascii.h"

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* NAME_UNKNOWN when it is not in the table, as one or as several. */
static enum name_hint hint_of_word(struct slice word)
{
    static const struct {
        struct slice word;
        enum name_hint hint;
    } rows[] = {
#define N(word, hint) {SLICE_LIT(word), NAME_##hint},
#include "screen/parts.def"
    };
    size_t plural = word.n > 1 && (word.p[word.n - 1] | 0x20) == 's';
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t n = rows[i].word.n;
        if ((n == word.n || n + plural == word.n) && rows[i].word.p[0] == (word.p[0] | 0x20) &&
            slice_eq_nocase(slice_sub(word, 0, n), rows[i].word))
            return rows[i].hint;
    }
    return NAME_UNKNOWN;
}

/* The length of the word at the start of s, which may be 0: "APIKey" is two, "client_email" too. */
static size_t word_length(struct slice s)
{
    size_t k = 0;
    while (k < s.n && is_upper(s.p[k]))
        k++;
    if (k > 1 && k < s.n && ascii_is_letter(s.p[k]))
        return k - 1;
    while (k < s.n && ascii_is_letter(s.p[k]) && !is_upper(s.p[k]))
        k++;
    return k;
}

enum name_hint names_hint(struct slice name)
{
    bool seen[NAME_SECRET + 1] = {false};
    enum name_hint last = NAME_UNKNOWN;
    while (name.n > 0) {
        size_t k = word_length(name);
        if (k > 0)
            seen[last = hint_of_word(slice_sub(name, 0, k))] = true;
        name = slice_sub(name, k > 0 ? k : 1, name.n);
    }
    if (last == NAME_PUBLIC)
        return NAME_PUBLIC;
    if (seen[NAME_SECRET])
        return NAME_SECRET;
    return seen[NAME_PUBLIC] || seen[NAME_WEAK] ? NAME_PUBLIC : NAME_UNKNOWN;
}
