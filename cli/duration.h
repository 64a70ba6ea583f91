/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * duration - "30s", "10m", "8h", "7d", "2w": how people write a time span.
 */
#ifndef CLI_DURATION_H
#define CLI_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest: 366 days. */
#define DURATION_MAX_S UINT32_C(31622400)
#define DURATION_TEXT  32
/* What a mute without an end lasts to: later than anybody will read. */
#define DURATION_FOR_EVER "9999-12-31T23:59:59.000Z"

/* A number from 1 on and one of the letters s, m, h, d, w; false if it is
 * anything else, or longer than DURATION_MAX_S. */
bool duration_read(const char *text, uint32_t *seconds);
/* "1 day", "10 minutes": in the largest unit that leaves no rest; "off" for
 * none. */
void duration_write(uint32_t seconds, char out[static DURATION_TEXT]);

#endif
