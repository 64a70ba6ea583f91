/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * instant - a point of time as people write it: so long from now, or a day.
 */
#ifndef CLI_INSTANT_H
#define CLI_INSTANT_H

#include <stdbool.h>

#include "util/text.h"

#define INSTANT_TEXT (RFC3339_TEXT + 1)

/* "2026-11-23": the midnight here at which it begins; false if it is none. */
bool instant_is_date(const char *text);
/* A date, or a time span (duration.h) before or after now, as the API writes
 * it.  The text was found right. */
void instant_before(const char *text, char out[static INSTANT_TEXT]);
void instant_after(const char *text, char out[static INSTANT_TEXT]);

#endif
