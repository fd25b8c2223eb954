/* GET and DELETE of an upstream's address. */
#ifndef SG_GATEWAY_STREAM_H
#define SG_GATEWAY_STREAM_H

#include "gateway/intake.h"

intake_fn stream_get;
intake_fn stream_delete;

#endif
