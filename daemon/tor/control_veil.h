/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * control_veil - takes the names of guards out of what tor tells: umbel-core
 * is to know that one is lost, not which one.
 *
 * Pure.
 */
#ifndef TOR_CONTROL_VEIL_H
#define TOR_CONTROL_VEIL_H

#include <stddef.h>
#include <stdint.h>

/* Where in a line of tor's the last byte was.  All 0 at first. */
struct control_veil {
	size_t at;
};

/* The next n bytes, in pieces of any size; as many remain. */
void control_veil_put(struct control_veil *v, uint8_t *p, size_t n);

#endif
