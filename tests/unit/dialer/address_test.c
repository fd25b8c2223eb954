/* The address wall: a row per kind of address, with its neighbours outside; and what allows what.
 */
#include "dialer/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct address parse(const char *text)
{
    struct address a = {0};

    if (strchr(text, ':') != NULL) {
        a.n = 16;
        assert_int_equal(inet_pton(AF_INET6, text, a.b), 1);
    } else {
        a.n = 4;
        assert_int_equal(inet_pton(AF_INET, text, a.b), 1);
    }
    return a;
}

static const struct {
    const char *text;
    enum address_class want;
} classes[] = {
    {"8.8.8.8", ADDRESS_PUBLIC},
    {"1.1.1.1", ADDRESS_PUBLIC},
    {"9.255.255.255", ADDRESS_PUBLIC},
    {"10.0.0.0", ADDRESS_PRIVATE},
    {"10.255.255.255", ADDRESS_PRIVATE},
    {"11.0.0.0", ADDRESS_PUBLIC},
    {"0.0.0.0", ADDRESS_UNSPECIFIED},
    {"0.1.2.3", ADDRESS_UNSPECIFIED},
    {"100.63.255.255", ADDRESS_PUBLIC},
    {"100.64.0.0", ADDRESS_SHARED},
    {"100.127.255.255", ADDRESS_SHARED},
    {"100.128.0.0", ADDRESS_PUBLIC},
    {"100.100.100.200", ADDRESS_METADATA},
    {"126.255.255.255", ADDRESS_PUBLIC},
    {"127.0.0.1", ADDRESS_LOOPBACK},
    {"127.255.255.254", ADDRESS_LOOPBACK},
    {"128.0.0.0", ADDRESS_PUBLIC},
    {"168.63.129.16", ADDRESS_METADATA},
    {"168.63.129.17", ADDRESS_PUBLIC},
    {"169.253.255.255", ADDRESS_PUBLIC},
    {"169.254.0.1", ADDRESS_LINK_LOCAL},
    {"169.254.169.254", ADDRESS_METADATA},
    {"169.254.170.2", ADDRESS_METADATA},
    {"169.254.170.23", ADDRESS_METADATA},
    {"169.254.170.24", ADDRESS_LINK_LOCAL},
    {"169.254.42.42", ADDRESS_METADATA},
    {"169.254.42.43", ADDRESS_LINK_LOCAL},
    {"169.255.0.0", ADDRESS_PUBLIC},
    {"172.15.255.255", ADDRESS_PUBLIC},
    {"172.16.0.0", ADDRESS_PRIVATE},
    {"172.31.255.255", ADDRESS_PRIVATE},
    {"172.32.0.0", ADDRESS_PUBLIC},
    {"192.0.0.1", ADDRESS_RESERVED},
    {"192.0.0.192", ADDRESS_METADATA},
    {"192.0.1.0", ADDRESS_PUBLIC},
    {"192.0.2.1", ADDRESS_RESERVED},
    {"192.31.196.1", ADDRESS_RESERVED},
    {"192.52.193.1", ADDRESS_RESERVED},
    {"192.88.99.1", ADDRESS_RESERVED},
    {"192.167.255.255", ADDRESS_PUBLIC},
    {"192.168.0.1", ADDRESS_PRIVATE},
    {"192.169.0.0", ADDRESS_PUBLIC},
    {"192.175.48.1", ADDRESS_RESERVED},
    {"198.17.255.255", ADDRESS_PUBLIC},
    {"198.18.0.0", ADDRESS_RESERVED},
    {"198.19.255.255", ADDRESS_RESERVED},
    {"198.20.0.0", ADDRESS_PUBLIC},
    {"198.51.100.7", ADDRESS_RESERVED},
    {"203.0.113.7", ADDRESS_RESERVED},
    {"223.255.255.255", ADDRESS_PUBLIC},
    {"224.0.0.1", ADDRESS_MULTICAST},
    {"239.255.255.255", ADDRESS_MULTICAST},
    {"240.0.0.1", ADDRESS_RESERVED},
    {"255.255.255.255", ADDRESS_MULTICAST},
    {"2606:4700:4700::1111", ADDRESS_PUBLIC},
    {"2a00:1450::1", ADDRESS_PUBLIC},
    {"::", ADDRESS_UNSPECIFIED},
    {"::1", ADDRESS_LOOPBACK},
    {"::2", ADDRESS_TRANSITION},
    {"::127.0.0.1", ADDRESS_TRANSITION},
    {"::ffff:127.0.0.1", ADDRESS_TRANSITION},
    {"::ffff:8.8.8.8", ADDRESS_TRANSITION},
    {"::ffff:0:8.8.8.8", ADDRESS_TRANSITION},
    {"64:ff9b::8.8.8.8", ADDRESS_PUBLIC},
    {"64:ff9b::127.0.0.1", ADDRESS_LOOPBACK},
    {"64:ff9b::10.1.2.3", ADDRESS_PRIVATE},
    {"64:ff9b::169.254.169.254", ADDRESS_METADATA},
    {"64:ff9b::0.0.0.0", ADDRESS_UNSPECIFIED},
    {"64:ff9b:0:0:0:1:808:808", ADDRESS_RESERVED},
    {"64:ff9b:1::8.8.8.8", ADDRESS_TRANSITION},
    {"100::1", ADDRESS_RESERVED},
    {"2001::1", ADDRESS_TRANSITION},
    {"2001:2::1", ADDRESS_RESERVED},
    {"2001:10::1", ADDRESS_RESERVED},
    {"2001:1ff::1", ADDRESS_RESERVED},
    {"2001:200::1", ADDRESS_PUBLIC},
    {"2001:db8::1", ADDRESS_RESERVED},
    {"2001:db9::1", ADDRESS_PUBLIC},
    {"2002:7f00:1::1", ADDRESS_TRANSITION},
    {"2002:808:808::1", ADDRESS_TRANSITION},
    {"3ffe::1", ADDRESS_PUBLIC},
    {"3fff::1", ADDRESS_RESERVED},
    {"3fff:1000::1", ADDRESS_PUBLIC},
    {"4000::1", ADDRESS_RESERVED},
    {"5f00::1", ADDRESS_RESERVED},
    {"fc00::1", ADDRESS_PRIVATE},
    {"fd12:3456::1", ADDRESS_PRIVATE},
    {"fd00:ec2::254", ADDRESS_METADATA},
    {"fd00:ec2::23", ADDRESS_METADATA},
    {"fd00:ec2::24", ADDRESS_PRIVATE},
    {"fd00:c1::a9fe:a9fe", ADDRESS_METADATA},
    {"fd00:c1::a9fe:a9ff", ADDRESS_PRIVATE},
    {"fd00:42::42", ADDRESS_METADATA},
    {"fd00:42::43", ADDRESS_PRIVATE},
    {"fd00:a9fe:a9fe::1", ADDRESS_METADATA},
    {"fd00:a9fe:a9fe::2", ADDRESS_PRIVATE},
    {"fd20:ce::254", ADDRESS_METADATA},
    {"fe00::1", ADDRESS_RESERVED},
    {"fe80::1", ADDRESS_LINK_LOCAL},
    {"febf::1", ADDRESS_LINK_LOCAL},
    {"fec0::1", ADDRESS_PRIVATE},
    {"ff02::1", ADDRESS_MULTICAST},
};

static void test_classes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        struct address a = parse(classes[i].text);
        if (address_classify(&a) != classes[i].want)
            fail_msg("%s: %s, wanted %s", classes[i].text, address_class_name(address_classify(&a)),
                     address_class_name(classes[i].want));
    }
}

static void test_odd_lengths_are_refused(void **state)
{
    struct address a = {5, {8, 8, 8, 8}};
    const struct address_wall none = {0};

    (void)state;
    assert_int_equal(address_classify(&a), ADDRESS_UNSPECIFIED);
    assert_false(address_wall_allows(&none, 1, &a));
    a.n = 0;
    assert_false(address_wall_allows(&none, 1, &a));
}

static const struct {
    const char *address, *range;
    unsigned prefix;
    uint16_t upstream;
    bool want;
} allows[] = {
    {"127.0.0.1", "127.0.0.0", 8, 7, true},
    {"127.0.0.1", "127.0.0.1", 32, 7, true},
    {"127.0.0.2", "127.0.0.1", 32, 7, false},
    {"127.0.0.1", "127.0.0.0", 8, 8, false}, /* another upstream's permission */
    {"127.0.0.1", "0.0.0.0", 0, 7, true},
    {"10.1.2.3", "10.1.2.0", 24, 7, true},
    {"10.1.3.3", "10.1.2.0", 24, 7, false},
    {"10.1.2.3", "10.1.2.0", 33, 7, false},
    {"10.1.2.130", "10.1.2.128", 25, 7, true},
    {"10.1.2.127", "10.1.2.128", 25, 7, false},
    {"::1", "::1", 128, 7, true},
    {"::1", "127.0.0.0", 8, 7, false},
    {"127.0.0.1", "::", 0, 7, false},
    {"::ffff:127.0.0.1", "127.0.0.0", 8, 7, false},
    {"::ffff:127.0.0.1", "::ffff:127.0.0.0", 104, 7, true},
    {"fd12::1", "fd00::", 8, 7, true},
    {"169.254.169.254", "169.254.0.0", 16, 7, false}, /* metadata wants its own row */
    {"169.254.169.254", "169.254.169.254", 32, 7, true},
    {"fd00:ec2::254", "fd00::", 8, 7, false},
    {"fd00:ec2::254", "fd00:ec2::254", 128, 7, true},
    {"0.0.0.0", "0.0.0.0", 0, 7, false}, /* never */
    {"0.0.0.0", "0.0.0.0", 32, 7, false},
    {"::", "::", 128, 7, false},
    {"224.0.0.1", "224.0.0.1", 32, 7, false},
    {"255.255.255.255", "0.0.0.0", 0, 7, false},
    {"ff02::1", "ff02::1", 128, 7, false},
    {"8.8.8.8", "127.0.0.0", 8, 7, true},
};

static void test_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(allows); i++) {
        struct address a = parse(allows[i].address);
        struct address range = parse(allows[i].range);
        struct address_wall w = {0};
        enum err e = address_wall_add(&w, allows[i].upstream, slice_of(range.b, range.n),
                                      (uint8_t)allows[i].prefix);
        assert_int_equal(e, allows[i].prefix > range.n * 8u ? ERR_OUT_OF_RANGE : ERR_OK);
        if (address_wall_allows(&w, 7, &a) != allows[i].want)
            fail_msg("%s under %s/%u", allows[i].address, allows[i].range, allows[i].prefix);
        address_wall_done(&w);
    }
}

static void test_bad_ranges(void **state)
{
    const uint8_t b[17] = {127};
    struct address_wall w = {0};

    (void)state;
    assert_int_equal(address_wall_add(&w, 1, slice_of(b, 4), 33), ERR_OUT_OF_RANGE);
    assert_int_equal(address_wall_add(&w, 1, slice_of(b, 16), 129), ERR_OUT_OF_RANGE);
    assert_int_equal(address_wall_add(&w, 1, slice_of(b, 5), 8), ERR_OUT_OF_RANGE);
    assert_int_equal(address_wall_add(&w, 1, slice_of(b, 17), 8), ERR_OUT_OF_RANGE);
    assert_int_equal(address_wall_add(&w, 1, SLICE_EMPTY, 0), ERR_OUT_OF_RANGE);
    assert_int_equal(w.n, 0);
}

static void test_nothing_but_public_without_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        struct address a = parse(classes[i].text);
        assert_int_equal(address_wall_allows(&(struct address_wall){0}, 0, &a),
                         classes[i].want == ADDRESS_PUBLIC);
    }
}

static void test_every_class_has_a_name(void **state)
{
    (void)state;
    for (int c = 0; c < ADDRESS_CLASS_COUNT; c++)
        assert_non_null(address_class_name((enum address_class)c));
    assert_string_equal(address_class_name(ADDRESS_CLASS_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_odd_lengths_are_refused),
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_bad_ranges),
        cmocka_unit_test(test_nothing_but_public_without_ranges),
        cmocka_unit_test(test_every_class_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
