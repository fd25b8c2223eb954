/* audit verify: the log checked offline, against the newest record that the keeper knows of. */
#include "cli/client.h"

int verb_audit_verify(struct cli *x)
{
    (void)x;
    return cli_fail("not yet");
}
