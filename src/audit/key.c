/* The signing key of the audit log. Run by audit before its jail. Trusts the key folder. */
#include "audit/key.h"

#include "audit/verify.h"
#include "crypto/random.h"
#include "os/file.h"

#include <stdio.h>

#define SECRET_NAME "audit.key"

enum { PUBLIC_TEXT = SIGN_PUBLIC_BYTES * 2 + 1 };

static enum err path_of(char path[KEY_PATH], const char *key_dir, const char *name)
{
    int n = snprintf(path, KEY_PATH, "%s/%s", key_dir, name);

    return n > 0 && n < KEY_PATH ? ERR_OK : ERR_TOO_LARGE;
}

static enum err save_seed(void *ctx, struct slice seed)
{
    return file_create(ctx, seed);
}

static enum err make_seed(char *path, struct sec **ret)
{
    struct sec *seed = random_sec(SIGN_SEED_BYTES);
    enum err e = sec_with(seed, save_seed, path);

    if (!e)
        *ret = seed;
    else
        sec_free(seed);
    return e;
}

/* Less than a key, where one may be made, is what a crash left of making it. */
static enum err load_seed(const char *key_dir, bool may_make, struct sec **ret)
{
    struct buf b = BUF_INIT(SIGN_SEED_BYTES);
    char path[KEY_PATH];
    enum err e = path_of(path, key_dir, SECRET_NAME);

    if (e)
        return e;
    e = file_read(path, true, &b);
    if (!e && b.n == SIGN_SEED_BYTES)
        *ret = sec_take(b.p, b.n);
    else if (!e && may_make && (e = file_remove(path)) == ERR_OK)
        e = ERR_NOT_FOUND;
    else if (!e || e == ERR_TOO_LARGE)
        e = ERR_CORRUPT;
    buf_free(&b);
    return e == ERR_NOT_FOUND && may_make ? make_seed(path, ret) : e;
}

/* audit.pub says the same, or is written. */
static enum err check_public(const char *key_dir, const struct sign_public *public)
{
    struct buf wanted = BUF_INIT(PUBLIC_TEXT);
    struct buf found = BUF_INIT(PUBLIC_TEXT);
    char path[KEY_PATH];
    enum err e = path_of(path, key_dir, AUDIT_PUBLIC_NAME);

    buf_put_hex(&wanted, ID_SLICE(*public));
    buf_put_u8(&wanted, '\n');
    if (!e)
        e = file_read(path, false, &found);
    if (!e && found.n < wanted.n && slice_starts(buf_slice(&wanted), buf_slice(&found)) &&
        (e = file_remove(path)) == ERR_OK)
        e = ERR_NOT_FOUND; /* likewise */
    if (e == ERR_NOT_FOUND)
        e = file_create(path, buf_slice(&wanted));
    else if (e == ERR_TOO_LARGE || (!e && !slice_eq(buf_slice(&wanted), buf_slice(&found))))
        e = ERR_CORRUPT;
    buf_free(&wanted);
    buf_free(&found);
    return e;
}

enum err key_load(const char *key_dir, bool may_make, struct sec **ret,
                  struct sign_public *ret_public, const char **ret_wrong)
{
    struct sign_public public;
    struct sec *seed = NULL;
    struct sec *key;
    enum err e = load_seed(key_dir, may_make, &seed);

    if (e) {
        *ret_wrong = SECRET_NAME;
        return e;
    }
    key = sign_key(seed, &public);
    sec_free(seed);
    e = check_public(key_dir, &public);
    if (e) {
        *ret_wrong = AUDIT_PUBLIC_NAME;
        sec_free(key);
        return e;
    }
    *ret = key;
    *ret_public = public;
    return ERR_OK;
}
