/* A posted form: read strictly, known fields only, and its secrets moved out at once. */
#ifndef SG_SURFACE_POSTED_H
#define SG_SURFACE_POSTED_H

#include "proto/form.h"
#include "surface/visit.h"

#define POSTED_CSRF "csrf"

/* Reads the visit's body into f, which may have only the fields that names lists, up to NULL. False
 * when it is not such a form: the page that says so has been sent. In any case the caller calls
 * form_free. */
MUST_USE bool posted_read(struct visit *v, struct form *f, const char *const *names);

/* The session's CSRF token as posted; ERR_CSRF when it is missing or no token at all. */
MUST_USE enum err posted_csrf(const struct form *f, struct digest *ret);

/* A form that is a button, with the token alone. False when it is not: the page that says so has been
 * sent. */
MUST_USE bool posted_button(struct visit *v, struct digest *ret_csrf);

/* A value, in the form; empty when it is missing, or longer than max bytes, which *ret_long says. */
struct slice posted_get(const struct form *f, const char *name, size_t max, bool *ret_long);
/* Moves such a value into guarded memory and wipes it in the form. NULL: there is none. */
MUST_USE struct sec *posted_take(struct form *f, const char *name, size_t max);

#endif
