/*
 * Each CASE is a mistake that must not compile; CASE 0 is the same file without one, so that the
 * test cannot pass because of something else. Compiled by sec_compile_test.sh.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/sec.h"
#include "os/log.h"

void try_it(struct sec *secret, struct buf *out);

void try_it(struct sec *secret, struct buf *out)
{
    log_event(LEVEL_INFO, "control", LOG_NUM("length", sec_len(secret)));
    buf_printf(out, "%zu", sec_len(secret));
#if CASE == 1
    log_event(LEVEL_INFO, "x", LOG_TEXT("value", secret));
#elif CASE == 2
    log_event(LEVEL_INFO, "x", LOG_STR("value", secret));
#elif CASE == 3
    log_event(LEVEL_INFO, "x", LOG_NUM("value", secret));
#elif CASE == 4
    log_event(LEVEL_INFO, "x", LOG_ID("value", secret));
#elif CASE == 5
    log_event(LEVEL_INFO, "x", LOG_ID("value", *secret));
#elif CASE == 6
    log_event(LEVEL_INFO, "x", LOG_ERR(secret));
#elif CASE == 7
    printf("%s", secret);
#elif CASE == 8
    buf_printf(out, "%s", secret);
#elif CASE == 9
    buf_put(out, secret);
#elif CASE == 10
    buf_put_str(out, secret);
#elif CASE == 11
    struct sec copy = *secret;
    (void)copy;
#elif CASE == 12
    (void)hash_sha256(secret);
#elif CASE == 13
    sec_clone(secret); /* lost */
#elif CASE == 14
    if (strcmp(secret, "x") == 0)
        buf_put_u8(out, 1);
#elif CASE == 15
    (void)slice_eq(secret, secret);
#endif
}
