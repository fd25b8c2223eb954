/* The surface's scene. */
#ifndef SG_HOSTILE_AS_SURFACE_H
#define SG_HOSTILE_AS_SURFACE_H

#include "cast.h"

/* In the browser's log-in cookie, and in its forms; the session's CSRF token, as text. */
#define AS_SURFACE_TOKEN "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
#define AS_SURFACE_CSRF  "abababababababababababababababababababababababababababababababab"
struct digest as_surface_csrf(void);

struct as_surface {
    struct end *keeper;
    uint16_t port;
    struct client browser; /* of the last as_surface_get or _post */
};
extern struct as_surface as_surface;

/* A new honest keeper, with its seal key. */
void as_surface_keeper(struct play *p);
/* The browser asks, with the session's cookie. */
void as_surface_get(const char *path);
void as_surface_post(const char *path, const char *form);
/* The answer is there, with this status. */
void as_surface_answer(struct play *p, const char *status);

#endif
