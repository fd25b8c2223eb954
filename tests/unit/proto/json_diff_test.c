/*
 * The differential test of the JSON reader, run by every check: all seeds, and many deterministic
 * mutations of each, through ours, jansson and simdjson (tests/fuzz/json_diff.c says what may
 * differ).
 */
#include <dirent.h>

#include "../../fuzz/json_diff.h"
#include "proto_test.h"

#define MUTATIONS 1500 /* of each seed */
#define SEED_MAX  8192

static uint64_t rng_state;

static uint32_t rng(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return (uint32_t)(rng_state >> 16);
}

static size_t read_file(const char *name, uint8_t *p, size_t max)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(p, 1, max, f);
    fclose(f);
    return n;
}

/* Pieces that JSON readers are known to disagree about. */
static const char *const pieces[] = {
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\udc00",
    "\\u0061",
    "1e400",
    "-0",
    "0.1",
    "9007199254740993",
    "18446744073709551616",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "\"a\":1,",
    "\"a\":2",
    "\xef\xbb\xbf",
    "\xff",
    "\xc0\x80",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    "\xe2\x80\xa8",
    " ",
    "\t",
    "\n",
    "\v",
    "//",
    "/**/",
    "NaN",
    "01",
    "1.",
    ".5",
    "+1",
    "0x1",
    "'a'",
    "\x01",
    "\x7f",
    "1e5",
    "1E+2",
    "1e-2",
};

static size_t splice(uint8_t *p, size_t n, size_t max, size_t at, size_t cut, const char *piece)
{
    size_t k = strlen(piece);
    if (cut > n - at)
        cut = n - at;
    if (n - cut + k > max)
        return n;
    memmove(p + at + k, p + at + cut, n - at - cut);
    memcpy(p + at, piece, k);
    return n - cut + k;
}

static size_t mutate(uint8_t *p, size_t n, size_t max)
{
    for (uint32_t rounds = 1 + rng() % 3; rounds > 0; rounds--) {
        size_t at = n ? rng() % n : 0;
        switch (rng() % 5) {
        case 0: n = splice(p, n, max, at, 0, pieces[rng() % ARRAY_LEN(pieces)]); break;
        case 1: n = splice(p, n, max, at, 1 + rng() % 4, pieces[rng() % ARRAY_LEN(pieces)]); break;
        case 2: n = splice(p, n, max, at, 1 + rng() % 8, ""); break;
        case 3:
            if (n)
                p[at] ^= (uint8_t)(1u << rng() % 8);
            break;
        default:
            if (n)
                p[at] = (uint8_t)rng();
        }
    }
    return n;
}

static void test_seeds_and_mutations(void **state)
{
    static uint8_t seed[SEED_MAX], work[SEED_MAX + 64];
    unsigned files = 0, accepted = 0, tried = 0;
    struct dirent *entry;
    DIR *dir = opendir(CORPUS);
    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        size_t n = read_file(entry->d_name, seed, sizeof(seed));
        files++;
        rng_state = 0x9e3779b97f4a7c15u;
        (void)json_diff(seed, n); /* it aborts on a difference */
        for (unsigned i = 0; i < MUTATIONS; i++) {
            memcpy(work, seed, n);
            accepted += (unsigned)json_diff(work, mutate(work, n, sizeof(work)));
            tried++;
        }
    }
    closedir(dir);
    print_message("%u seeds, %u mutations, %u of them accepted\n", files, tried, accepted);
    /* A test that only ever sees refusals compares nothing. */
    assert_true(files > 80 && accepted > tried / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_seeds_and_mutations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
