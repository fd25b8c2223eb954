/* Run by surface on what a person typed, and by the keeper on what surface says was typed. */
#include "base/chars.h"

static enum chars_wrong check_byte(uint8_t c, unsigned wants)
{
    if (c == '\r' || c == '\n')
        return CHARS_LINE;
    if (c < 0x20 || c == 0x7f)
        return CHARS_CONTROL;
    if (c > 0x7f && (wants & CHARS_ASCII))
        return CHARS_NOT_ASCII;
    return c == ':' && (wants & CHARS_NO_COLON) ? CHARS_COLON : CHARS_FIT;
}

enum chars_wrong chars_check(struct slice s, unsigned wants)
{
    bool spaced = s.n > 0 && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
    enum chars_wrong worst = spaced ? CHARS_SPACE : CHARS_FIT;

    for (size_t i = 0; i < s.n; i++) {
        enum chars_wrong is = check_byte(s.p[i], wants);

        worst = is > worst ? is : worst;
    }
    return worst;
}
