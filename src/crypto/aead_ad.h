/* For this folder only: what is authenticated with an aead blob: its own head, then the caller's
 * data. */
#ifndef SG_CRYPTO_AEAD_AD_H
#define SG_CRYPTO_AEAD_AD_H

#include "base/buf.h"

/* The caller frees ret. */
void aead_ad(struct slice head, struct slice ad, struct buf *ret);

#endif
