/* The dialer's scene. */
#ifndef SG_HOSTILE_AS_DIALER_H
#define SG_HOSTILE_AS_DIALER_H

#include "cast.h"

struct as_dialer {
    struct end *keeper, *egress;
    int listener; /* where honest dials go */
    uint16_t port;
    uint64_t last_dial;
};
extern struct as_dialer as_dialer;

/* An honest one, to the listener, with the next number. */
struct msg_dial as_dialer_dial(void);
/* Takes what was connected to the listener and closes it. */
void as_dialer_forget(void);

#endif
