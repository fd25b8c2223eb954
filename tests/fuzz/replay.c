/*
 * Runs every file of a folder through a fuzz target, once each, with any compiler. So the seeds,
 * and each input that ever broke something, are tried by every run of the tests. A folder without a
 * seed is a failure: a target that was never fed proves nothing.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

enum { SEED_BYTES = 1 << 20 };

static int replay_file(const char *folder, const char *name)
{
    char path[4096];
    FILE *f;
    uint8_t *p;
    size_t n;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return -1;
    }
    p = malloc(SEED_BYTES);
    if (p == NULL)
        abort();
    n = fread(p, 1, SEED_BYTES, f);
    fclose(f);
    /* Exactly n bytes, so that a sanitizer sees the first read behind them. */
    uint8_t *exact = malloc(n == 0 ? 1 : n);
    if (exact == NULL)
        abort();
    memcpy(exact, p, n);
    free(p);
    (void)LLVMFuzzerTestOneInput(exact, n); /* it always returns 0; what it finds, it aborts on */
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    DIR *dir;
    struct dirent *entry;
    unsigned count = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s folder\n", argv[0]);
        return 2;
    }
    dir = opendir(argv[1]);
    if (dir == NULL) {
        perror(argv[1]);
        return 2;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (replay_file(argv[1], entry->d_name) != 0)
            return 1;
        count++;
    }
    closedir(dir);
    printf("%u seeds\n", count);
    return count == 0 ? 1 : 0;
}
