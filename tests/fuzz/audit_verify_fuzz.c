/* Feeds any bytes to the offline check of the audit log: it must answer, and never call something
 * sound that it has not followed. */
#include "replay.h"

#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>

#include "audit/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct audit_verdict v;

    if (fd < 0)
        fd = memfd_create("log", 0);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size ||
        lseek(fd, 0, SEEK_SET) != 0)
        abort();
    if (audit_verify(fd, NULL, NULL, &v) != ERR_OK)
        abort();
    if (v.fault == AUDIT_SOUND && size == 0)
        abort();
    if (v.signed_seq > v.records || v.torn > size)
        abort();
    (void)audit_fault_sentence(v.fault);
    return 0;
}
