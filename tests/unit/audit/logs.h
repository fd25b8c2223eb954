/* What the tests of src/audit share: a scratch folder, records, and logs. */
#ifndef SG_AUDIT_LOGS_H
#define SG_AUDIT_LOGS_H

#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/ledger.h"
#include "audit/record.h"
#include "base/mem.h"

/* A new folder below the one for temporary files. */
static inline void scratch_make(char path[64])
{
    strcpy(path, "/tmp/sidegate-audit-test-XXXXXX");
    assert_non_null(mkdtemp(path));
}

static inline void scratch_remove(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char below[512];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        assert_true(snprintf(below, sizeof below, "%s/%s", path, entry->d_name) <
                    (int)sizeof below);
        if (unlink(below) != 0)
            scratch_remove(below);
    }
    closedir(dir);
    assert_int_equal(rmdir(path), 0);
}

/* A record with something in every member. */
static inline struct msg_audit_append record_of(uint64_t seq)
{
    struct msg_audit_append m = {
        .seq = seq,
        .epoch = 3,
        .time = 1795387381250 + seq,
        .event = EVENT_USE_RESERVED,
        .upstream = SLICE_LIT("weather"),
        .code = ERR_OK,
        .number = seq * 10,
        .detail = SLICE_LIT("tools/call"),
    };

    memset(&m.user, 0xa1, sizeof m.user);
    memset(&m.client, 0xa2, sizeof m.client);
    memset(&m.use, 0xa3, sizeof m.use);
    memset(&m.body, 0xa4, sizeof m.body);
    return m;
}

static inline struct sec *key_of_byte(uint8_t byte, struct sign_public *ret_public)
{
    uint8_t bytes[SIGN_SEED_BYTES];
    struct sec *seed;
    struct sec *key;

    memset(bytes, byte, sizeof bytes);
    seed = sec_take(bytes, sizeof bytes);
    key = sign_key(seed, ret_public);
    sec_free(seed);
    return key;
}

/* Reads a file, or as much of it as b takes. */
static inline void slurp(const char *path, struct buf *b)
{
    int fd = open(path, O_RDONLY);
    ssize_t n;

    assert_true(fd >= 0);
    while ((n = read(fd, buf_room(b, 4096), 4096)) > 0)
        buf_added(b, (size_t)n);
    assert_int_equal(n, 0);
    close(fd);
}

static inline void spill(const char *path, struct slice bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
    close(fd);
}

#endif
