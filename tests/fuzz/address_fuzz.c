/*
 * The address wall. The first byte is the address's length, 16 bytes the address; then ranges of 19
 * bytes: upstream, length, prefix, address. What is let through although it is not public lies, bit
 * by bit, in a range of that upstream.
 */
#include "dialer/address.h"
#include "fuzz.h"

enum { OURS = 1, RANGE_BYTES = 3 + 16 };

static bool bit(const uint8_t *b, size_t i)
{
    return b[i / 8] >> (7 - i % 8) & 1;
}

static bool lies_in(const struct address *a, struct slice range, uint8_t prefix)
{
    if (range.n != a->n)
        return false;
    for (size_t i = 0; i < prefix; i++)
        if (bit(a->b, i) != bit(range.p, i))
            return false;
    return true;
}

/* Classes of addresses that stand in an IPv6 address are those of what is reached. */
static void check_embedded(const struct address *a)
{
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b}, mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct address v6 = {.n = 16};

    if (a->n != 4)
        return;
    slice_copy(slice_of(nat64, 12), v6.b, 12);
    slice_copy(slice_of(a->b, 4), v6.b + 12, 4);
    MUST(address_classify(&v6) == address_classify(a));
    slice_copy(slice_of(mapped, 12), v6.b, 12);
    MUST(address_classify(&v6) == ADDRESS_TRANSITION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size);
    struct address a = {.n = 0};
    struct address_wall w = {0};
    enum address_class class;
    bool may = false;

    if (size < 17)
        return 0;
    a.n = in.p[0];
    slice_copy(slice_sub(in, 1, 17), a.b, 16);
    class = address_classify(&a);
    check_embedded(&a);
    MUST(class < ADDRESS_CLASS_COUNT && address_class_name(class) != NULL);
    for (in = slice_sub(in, 17, in.n); in.n >= RANGE_BYTES; in = slice_sub(in, RANGE_BYTES, in.n)) {
        struct slice range = slice_sub(in, 3, 3 + (in.p[1] > 16 ? 16u : in.p[1]));
        enum err e = address_wall_add(&w, in.p[0], range, in.p[2]);
        MUST((e == ERR_OK) == ((range.n == 4 || range.n == 16) && in.p[2] <= range.n * 8));
        if (e == ERR_OK && in.p[0] == OURS && lies_in(&a, range, in.p[2]))
            may |= class != ADDRESS_METADATA || in.p[2] == a.n * 8;
    }
    if (class == ADDRESS_UNSPECIFIED || class == ADDRESS_MULTICAST)
        may = false;
    MUST(address_wall_allows(&w, OURS, &a) == (class == ADDRESS_PUBLIC || may));
    address_wall_done(&w);
    return 0;
}
