/* Folders of ours: what root gives away, and what it obeys. Needs root, as the code does; else only
 * what everybody may try is tried. */
#include "os/folder.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/defs.h"

enum { ACCOUNT = 65534 };

static char dir[32];

static const char *in(const char *name)
{
    static char path[4][64];
    static int turn;
    char *p = path[turn++ % 4];

    snprintf(p, 64, "%s/%s", dir, name);
    return p;
}

static struct stat stat_of(const char *name)
{
    struct stat st;

    assert_int_equal(stat(in(name), &st), 0);
    return st;
}

static void make(const char *name, mode_t mode, uid_t owner)
{
    assert_int_equal(mkdir(in(name), 0700), 0);
    assert_int_equal(chmod(in(name), mode), 0);
    assert_int_equal(chown(in(name), owner, owner), 0);
}

static void write_file(const char *name, mode_t mode, uid_t owner)
{
    FILE *f = fopen(in(name), "we");

    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(in(name), mode), 0);
    assert_int_equal(chown(in(name), owner, owner), 0);
}

static void test_own_folders(void **state)
{
    char path[PATH_MAX];

    (void)state;
    assert_int_equal(folder_ready(in("own"), geteuid(), getegid(), path, sizeof(path)), ERR_OK);
    assert_string_equal(path, in("own"));
    assert_int_equal(stat_of("own").st_mode & 0777, 0700);
    assert_int_equal(folder_ready(in("own/"), geteuid(), getegid(), path, sizeof(path)), ERR_OK);
    assert_string_equal(path, in("own"));
    assert_int_equal(folder_ready(in("own"), geteuid(), getegid(), path, 3), ERR_TOO_LARGE);
    assert_int_equal(folder_ready(in("no/where"), geteuid(), getegid(), path, sizeof(path)),
                     ERR_NOT_FOUND);
    assert_int_equal(chmod(in("own"), 0750), 0);
    assert_int_equal(folder_ready(in("own"), geteuid(), getegid(), path, sizeof(path)),
                     ERR_FORBIDDEN);
    assert_int_equal(folder_ready("/proc/self/exe", geteuid(), getegid(), path, sizeof(path)),
                     ERR_NOT_FOUND);
}

static void test_enter_and_lock(void **state)
{
    char where[64];
    int fd = -1;

    (void)state;
    make("a", 0700, geteuid());
    assert_int_equal(folder_enter(in("a"), where, sizeof(where)), ERR_OK);
    assert_int_equal(folder_enter(in("a/b/c"), where, sizeof(where)), ERR_NOT_FOUND);
    assert_string_equal(where, in("a/b"));
    assert_int_equal(folder_enter(in("a"), where, 8), ERR_TOO_LARGE);
    if (geteuid() != 0) { /* whom nothing keeps out */
        assert_int_equal(chmod(in("a"), 0600), 0);
        assert_int_equal(folder_enter(in("a"), where, sizeof(where)), ERR_FORBIDDEN);
        assert_string_equal(where, in("a"));
    }
    assert_int_equal(mkfifo(in("lock"), 0600), 0);
    assert_int_equal(folder_lock(in("lock"), 0, &fd), ERR_FORBIDDEN); /* and does not wait */
    assert_int_equal(unlink(in("lock")), 0);
    assert_int_equal(folder_lock(in("lock"), 0, &fd), ERR_OK);
    assert_int_equal(close(fd), 0);
}

/* What is made is the account's; what was there keeps its owner, whoever put it there. */
static void test_root_gives_away_what_it_makes(void **state)
{
    char path[PATH_MAX];

    (void)state;
    assert_int_equal(folder_ready(in("new"), ACCOUNT, ACCOUNT, path, sizeof(path)), ERR_OK);
    assert_int_equal(stat_of("new").st_uid, ACCOUNT);
    assert_int_equal(stat_of("new").st_gid, ACCOUNT);
    assert_int_equal(stat_of("new").st_mode & 0777, 0700);
    assert_int_equal(folder_ready(in("new"), ACCOUNT, ACCOUNT, path, sizeof(path)), ERR_OK);
    assert_int_equal(symlink("new", in("to-new")), 0);
    assert_int_equal(folder_ready(in("to-new"), ACCOUNT, ACCOUNT, path, sizeof(path)), ERR_OK);
    assert_string_equal(path, in("new"));
    make("open", 0750, ACCOUNT);
    assert_int_equal(folder_ready(in("open"), ACCOUNT, ACCOUNT, path, sizeof(path)), ERR_FORBIDDEN);
}

static void test_root_gives_away_nothing_else(void **state)
{
    static const char *const names[] = {"etc", "closed", "to-etc", "account/to-etc"};
    char path[PATH_MAX];

    (void)state;
    make("etc", 0755, 0);
    make("closed", 0700, 0);
    make("account", 0700, ACCOUNT);
    make("shared", 0777, 0);
    assert_int_equal(symlink("etc", in("to-etc")), 0);
    assert_int_equal(symlink("../etc", in("account/to-etc")), 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_int_equal(folder_ready(in(names[i]), ACCOUNT, ACCOUNT, path, sizeof(path)),
                         ERR_FORBIDDEN);
        assert_int_equal(stat_of(names[i]).st_uid, 0);
    }
    /* Where others can put something else in its place nothing is made at all. */
    assert_int_equal(folder_ready(in("account/data"), ACCOUNT, ACCOUNT, path, sizeof(path)),
                     ERR_FORBIDDEN);
    assert_int_equal(folder_ready(in("shared/data"), ACCOUNT, ACCOUNT, path, sizeof(path)),
                     ERR_FORBIDDEN);
    assert_int_not_equal(access(in("account/data"), F_OK), 0);
    assert_int_not_equal(access(in("shared/data"), F_OK), 0);
}

static void test_what_only_root_can_change(void **state)
{
    static const struct {
        const char *name;
        enum err e;
    } rows[] = {
        {"root/file", ERR_OK},
        {"root/readable", ERR_OK},
        {"to-root/file", ERR_OK}, /* the way in the end counts */
        {"root/theirs", ERR_FORBIDDEN},
        {"root/group", ERR_FORBIDDEN},
        {"root/link", ERR_FORBIDDEN},
        {"root/folder", ERR_FORBIDDEN},
        {"theirs/file", ERR_FORBIDDEN},
        {"theirs/root/file", ERR_FORBIDDEN},
        {"everybody/file", ERR_FORBIDDEN},
        {"root/none", ERR_NOT_FOUND},
        {"none/file", ERR_NOT_FOUND},
    };
    char path[PATH_MAX];

    (void)state;
    make("root", 0755, 0);
    make("root/folder", 0700, 0);
    make("theirs", 0755, ACCOUNT);
    make("theirs/root", 0755, 0);
    make("everybody", 0777, 0);
    write_file("root/file", 0600, 0);
    write_file("root/readable", 0644, 0);
    write_file("root/theirs", 0600, ACCOUNT);
    write_file("root/group", 0660, 0);
    write_file("theirs/file", 0600, 0);
    write_file("theirs/root/file", 0600, 0);
    write_file("everybody/file", 0600, 0);
    assert_int_equal(symlink("file", in("root/link")), 0);
    assert_int_equal(symlink("root", in("to-root")), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum err e = folder_find_root_file(in(rows[i].name), path, sizeof(path));

        if (e != rows[i].e)
            fail_msg("%s: %s", rows[i].name, err_name(e));
        if (e == ERR_OK && strncmp(rows[i].name, "to-", 3) == 0)
            assert_string_equal(path, in("root/file"));
    }
    assert_int_equal(folder_find_root_file(in("root/file"), path, 3), ERR_TOO_LARGE);
    assert_int_equal(chdir(in("root")), 0);
    assert_int_equal(folder_find_root_file("file", path, sizeof(path)), ERR_OK);
    assert_string_equal(path, in("root/file"));
    assert_int_equal(chdir("/"), 0);
}

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/sg-folder-XXXXXX");
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    char line[64];

    (void)state;
    snprintf(line, sizeof(line), "rm -r %s", dir);
    return system(line);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest everybody[] = {T(test_own_folders), T(test_enter_and_lock)};
    const struct CMUnitTest root[] = {
        T(test_root_gives_away_what_it_makes),
        T(test_root_gives_away_nothing_else),
        T(test_what_only_root_can_change),
    };
    int failed = cmocka_run_group_tests(everybody, NULL, NULL);

    return geteuid() == 0 ? failed + cmocka_run_group_tests(root, NULL, NULL) : failed;
}
