/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * form_inside - what the files of the form share, and nobody else.
 */
#ifndef API_FORM_INSIDE_H
#define API_FORM_INSIDE_H

#include <jansson.h>

#include "api/form.h"

/* Both note that the field was asked for. */

/* Of a body; NULL if absent or null, which in a patch is a fault. */
const json_t *form_value(struct form *f, const char *name);
/* From either source; false if absent or wrong. */
bool form_get_text(struct form *f, const char *name, enum form_need need,
		   struct bytes *out);

#endif
