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

/* Moves a value into guarded memory and wipes it in the form. NULL when it is missing, empty, or
 * longer than max bytes; *ret_long (may be NULL) tells the last from the others. */
MUST_USE struct sec *posted_take(struct form *f, const char *name, size_t max, bool *ret_long);

#endif
