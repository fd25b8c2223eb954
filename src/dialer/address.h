/*
 * The address wall: which addresses a connection to an upstream may go to. Pure; no system calls.
 * Everything that is not a public unicast address is refused unless the configuration of that
 * upstream allows a range that holds it (MCP Security Best Practices, "SSRF"; RFC 6890 and the
 * IANA special-purpose registries).
 */
#ifndef SG_DIALER_ADDRESS_H
#define SG_DIALER_ADDRESS_H

#include "base/err.h"
#include "base/slice.h"

struct address {
    uint8_t n; /* 4 or 16 */
    uint8_t b[16];
};

enum address_class {
    ADDRESS_PUBLIC,
    ADDRESS_LOOPBACK,
    ADDRESS_PRIVATE,
    ADDRESS_LINK_LOCAL,
    ADDRESS_SHARED,     /* carrier-grade NAT, RFC 6598 */
    ADDRESS_RESERVED,   /* documentation, benchmarks, protocol assignments, unassigned */
    ADDRESS_TRANSITION, /* an IPv4 address inside an IPv6 one */
    ADDRESS_METADATA, /* a cloud's metadata service: only a range of exactly this address allows it
                       */
    ADDRESS_UNSPECIFIED, /* never allowed: connecting to it reaches this machine */
    ADDRESS_MULTICAST,   /* never allowed; broadcast too */
    ADDRESS_CLASS_COUNT
};

/* The class of one address. n other than 4 and 16 is ADDRESS_UNSPECIFIED. A NAT64 address of the
 * well-known prefix (RFC 6052) has the class of the IPv4 address in it. */
enum address_class address_classify(const struct address *a);
/* A word for the log; static. */
const char *address_class_name(enum address_class c);

/* What the configuration allows although it is not public, upstream by upstream. */
struct address_wall {
    struct address_range *ranges;
    size_t n;
};

/* Allows the first prefix bits of address (4 or 16 bytes) for one upstream. ERR_OUT_OF_RANGE: not 4
 * or 16 bytes, or a prefix longer than the address. */
MUST_USE enum err address_wall_add(struct address_wall *w, uint16_t upstream, struct slice address,
                                   uint8_t prefix);
void address_wall_done(struct address_wall *w);

/* Whether this upstream may be reached at a. */
bool address_wall_allows(const struct address_wall *w, uint16_t upstream, const struct address *a);

#endif
