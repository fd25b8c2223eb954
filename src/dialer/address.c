/*
 * The address wall of the dialer, which runs it on every address that a name resolved to before it
 * connects, and on nothing else. It trusts its own table alone. Sources: the IANA IPv4 and IPv6
 * special-purpose address registries, RFC 6052 (NAT64), RFC 4291, and the addresses at which cloud
 * providers publish credentials to whoever connects.
 */
#include "dialer/address.h"

#include "base/mem.h"

/* A range that the configuration allows. */
struct address_range {
    uint16_t upstream;
    uint8_t prefix;
    struct address a;
};

struct address_row {
    uint8_t n;
    uint8_t prefix;
    enum address_class class;
    uint8_t b[16];
};

#define V4(c, p, ...)                                                                              \
    {                                                                                              \
        4, (p), ADDRESS_##c,                                                                       \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define V6(c, p, ...)                                                                              \
    {                                                                                              \
        16, (p), ADDRESS_##c,                                                                      \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* The first row that matches decides, so exact addresses come first. */
static const struct address_row rows[] = {
    V4(METADATA, 32, 169, 254, 169, 254),  /* AWS, GCP, Azure, most others */
    V4(METADATA, 32, 169, 254, 170, 2),    /* AWS task credentials */
    V4(METADATA, 32, 169, 254, 170, 23),   /* AWS EKS pod identity */
    V4(METADATA, 32, 169, 254, 42, 42),    /* Scaleway */
    V4(METADATA, 32, 100, 100, 100, 200),  /* Alibaba */
    V4(METADATA, 32, 168, 63, 129, 16),    /* Azure's host; a public address otherwise */
    V4(METADATA, 32, 192, 0, 0, 192),      /* Oracle */
    V4(UNSPECIFIED, 8, 0),                 /* RFC 791: this network */
    V4(PRIVATE, 8, 10),                    /* RFC 1918 */
    V4(SHARED, 10, 100, 64),               /* RFC 6598 */
    V4(LOOPBACK, 8, 127),                  /* RFC 1122 */
    V4(LINK_LOCAL, 16, 169, 254),          /* RFC 3927 */
    V4(PRIVATE, 12, 172, 16),              /* RFC 1918 */
    V4(RESERVED, 24, 192, 0, 0),           /* RFC 6890: protocol assignments */
    V4(RESERVED, 24, 192, 0, 2),           /* RFC 5737: documentation */
    V4(RESERVED, 24, 192, 31, 196),        /* RFC 7535: AS112 */
    V4(RESERVED, 24, 192, 52, 193),        /* RFC 7450: AMT */
    V4(RESERVED, 24, 192, 88, 99),         /* RFC 7526: 6to4 relays */
    V4(PRIVATE, 16, 192, 168),             /* RFC 1918 */
    V4(RESERVED, 24, 192, 175, 48),        /* RFC 7534: AS112 */
    V4(RESERVED, 15, 198, 18),             /* RFC 2544: benchmarks */
    V4(RESERVED, 24, 198, 51, 100),        /* RFC 5737 */
    V4(RESERVED, 24, 203, 0, 113),         /* RFC 5737 */
    V4(MULTICAST, 4, 224),                 /* RFC 5771 */
    V4(MULTICAST, 32, 255, 255, 255, 255), /* RFC 8190: broadcast */
    V4(RESERVED, 4, 240),                  /* RFC 1112 */
    /* AWS (metadata, EKS pod identity), GCP, Scaleway, Oracle, Akamai */
    V6(METADATA, 128, 0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54),
    V6(METADATA, 128, 0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x23),
    V6(METADATA, 128, 0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54),
    V6(METADATA, 128, 0xfd, 0x00, 0x00, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x42),
    V6(METADATA, 128, 0xfd, 0x00, 0x00, 0xc1, 0, 0, 0, 0, 0, 0, 0, 0, 0xa9, 0xfe, 0xa9, 0xfe),
    V6(METADATA, 128, 0xfd, 0x00, 0xa9, 0xfe, 0xa9, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x01),
    V6(UNSPECIFIED, 128, 0),                                           /* RFC 4291 2.5.2 */
    V6(LOOPBACK, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), /* RFC 4291 2.5.3 */
    V6(TRANSITION, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff),      /* IPv4-mapped */
    V6(TRANSITION, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0),      /* RFC 2765: translated */
    V6(TRANSITION, 96, 0),                                             /* IPv4-compatible */
    V6(TRANSITION, 48, 0, 0x64, 0xff, 0x9b, 0, 0x01),                  /* RFC 8215: local NAT64 */
    V6(RESERVED, 64, 0x01),                                            /* RFC 6666: discard */
    V6(TRANSITION, 32, 0x20, 0x01, 0, 0),                              /* RFC 4380: Teredo */
    V6(RESERVED, 23, 0x20, 0x01, 0),                                   /* RFC 2928 */
    V6(RESERVED, 32, 0x20, 0x01, 0x0d, 0xb8),                          /* RFC 3849 */
    V6(TRANSITION, 16, 0x20, 0x02),                                    /* RFC 3056: 6to4 */
    V6(RESERVED, 20, 0x3f, 0xff, 0),                                   /* RFC 9637 */
    V6(PUBLIC, 3, 0x20),                                               /* RFC 4291 2.5.4 */
    V6(PRIVATE, 7, 0xfc),                                              /* RFC 4193 */
    V6(LINK_LOCAL, 10, 0xfe, 0x80),                                    /* RFC 4291 2.5.6 */
    V6(PRIVATE, 10, 0xfe, 0xc0),                                       /* RFC 3879: site-local */
    V6(MULTICAST, 8, 0xff),                                            /* RFC 4291 2.7 */
    V6(RESERVED, 0, 0),                                                /* not assigned */
};

static const struct address nat64 = {16, {0, 0x64, 0xff, 0x9b}};

static const char *const class_names[ADDRESS_CLASS_COUNT] = {
    [ADDRESS_PUBLIC] = "public",           [ADDRESS_LOOPBACK] = "loopback",
    [ADDRESS_PRIVATE] = "private",         [ADDRESS_LINK_LOCAL] = "link_local",
    [ADDRESS_SHARED] = "shared",           [ADDRESS_RESERVED] = "reserved",
    [ADDRESS_TRANSITION] = "transition",   [ADDRESS_METADATA] = "metadata",
    [ADDRESS_UNSPECIFIED] = "unspecified", [ADDRESS_MULTICAST] = "multicast",
};

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned i;

    for (i = 0; i < bits / 8; i++)
        if (a[i] != b[i])
            return false;
    if (bits % 8 == 0)
        return true;
    return ((a[i] ^ b[i]) >> (8 - bits % 8)) == 0;
}

/* Whether the first prefix bits of both are equal and both are of one family. A prefix longer than
 * the address is no match. */
static bool address_in(const struct address *a, const struct address *range, unsigned prefix)
{
    if (a->n != range->n || (a->n != 4 && a->n != 16) || prefix > a->n * 8u)
        return false;
    return bits_equal(a->b, range->b, prefix);
}

enum address_class address_classify(const struct address *a)
{
    size_t i;

    if (a->n != 4 && a->n != 16)
        return ADDRESS_UNSPECIFIED;
    if (address_in(a, &nat64, 96)) {
        struct address inside = {4, {a->b[12], a->b[13], a->b[14], a->b[15]}};
        return address_classify(&inside);
    }
    for (i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].n == a->n && bits_equal(rows[i].b, a->b, rows[i].prefix))
            return rows[i].class;
    return ADDRESS_PUBLIC; /* IPv4 only: the last IPv6 row matches everything */
}

const char *address_class_name(enum address_class c)
{
    return c < ADDRESS_CLASS_COUNT ? class_names[c] : "unknown";
}

enum err address_wall_add(struct address_wall *w, uint16_t upstream, struct slice address,
                          uint8_t prefix)
{
    struct address_range *more, new = {.upstream = upstream, .prefix = prefix};

    if ((address.n != 4 && address.n != 16) || prefix > address.n * 8)
        return ERR_OUT_OF_RANGE;
    new.a.n = (uint8_t)address.n;
    for (size_t i = 0; i < address.n; i++)
        new.a.b[i] = address.p[i];
    more = mem_zalloc_array(w->n + 1, sizeof(*more));
    for (size_t i = 0; i < w->n; i++)
        more[i] = w->ranges[i];
    more[w->n++] = new;
    mem_free(w->ranges);
    w->ranges = more;
    return ERR_OK;
}

void address_wall_done(struct address_wall *w)
{
    mem_free(w->ranges);
    *w = (struct address_wall){0};
}

bool address_wall_allows(const struct address_wall *w, uint16_t upstream, const struct address *a)
{
    enum address_class class = address_classify(a);
    unsigned at_least = class == ADDRESS_METADATA ? a->n * 8u : 0;

    if (class == ADDRESS_PUBLIC)
        return true;
    if (class == ADDRESS_UNSPECIFIED || class == ADDRESS_MULTICAST)
        return false;
    for (size_t i = 0; i < w->n; i++) {
        const struct address_range *r = &w->ranges[i];
        if (r->upstream == upstream && r->prefix >= at_least && address_in(a, &r->a, r->prefix))
            return true;
    }
    return false;
}
