/* What the sidegate command asks. It reaches the keeper through the supervisor's control socket,
 * which checked who calls; no verb gives a secret out. */
#ifndef SG_KEEPER_CTL_H
#define SG_KEEPER_CTL_H

#include "keeper/core.h"

void ctl_on_user_add(struct keeper *k, struct chan *c, const struct msg_ctl_user_add *m);
void ctl_on_user_password(struct keeper *k, struct chan *c, const struct msg_ctl_user_password *m);
void ctl_on_user_list(struct keeper *k, struct chan *c, const struct msg_ctl_user_list *m);
void ctl_on_key_add(struct keeper *k, struct chan *c, const struct msg_ctl_key_add *m);
void ctl_on_key_list(struct keeper *k, struct chan *c, const struct msg_ctl_key_list *m);
void ctl_on_connection_list(struct keeper *k, struct chan *c,
                            const struct msg_ctl_connection_list *m);
void ctl_on_revoke(struct keeper *k, struct chan *c, const struct msg_ctl_revoke *m);
void ctl_on_upstream_list(struct keeper *k, struct chan *c, const struct msg_ctl_upstream_list *m);
void ctl_on_upstream_probe(struct keeper *k, struct chan *c,
                           const struct msg_ctl_upstream_probe *m);
void ctl_on_audit_head(struct keeper *k, struct chan *c, const struct msg_ctl_audit_head *m);
void ctl_on_audit_recheck(struct keeper *k, struct chan *c, const struct msg_ctl_audit_recheck *m);

/* ctl_done; nothing when the command is gone. */
void ctl_say(struct keeper *k, uint64_t peer, enum err code);
/* The same with a sentence that says more than the error's own. */
void ctl_say_why(struct keeper *k, uint64_t peer, enum err code, const char *why);

#endif
