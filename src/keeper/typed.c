/* Takes an opened box apart. Run by the keeper; trusts nothing of its input. */
#include "keeper/typed.h"

#include "base/chars.h"

bool typed_parse(struct slice in, const struct typed_for *want, struct vault_values *ret)
{
    size_t packed = 0;
    struct slice head = slice_take(&in, ID_BYTES), name = slice_take(&in, 1);

    if (name.n != 1 || name.p[0] > in.n || !slice_eq(head, ID_SLICE(want->handoff)))
        return false;
    if (!slice_eq_str(slice_take(&in, name.p[0]), want->user_name))
        return false;
    for (ret->n = 0; in.n > 0; ret->n++) {
        size_t n = 0;

        head = slice_take(&in, 3);
        if (head.n != 3 || ret->n >= want->fields || head.p[0] != ret->n)
            return false;
        n = (size_t)wire_number(head.p + 1, 2);
        if (n == 0 || n > LIM_FIELD_BYTES || n > in.n)
            return false;
        ret->value[ret->n] = slice_take(&in, n);
        if (chars_check(ret->value[ret->n], want->wants[ret->n]) != CHARS_FIT)
            return false;
        packed += 2 + n;
    }
    return ret->n == want->fields && packed <= LIM_CREDENTIAL_BYTES;
}
