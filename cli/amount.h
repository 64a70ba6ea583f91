/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * amount - how people read a number of bytes, and how long something takes.
 */
#ifndef CLI_AMOUNT_H
#define CLI_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

#define AMOUNT_TEXT 32

/* "812 B", "1.5 KiB", "24 MiB": three digits at most. */
void amount_bytes(uint64_t n, char out[static AMOUNT_TEXT]);
/* A number of at most six digits and one of the letters K, M, G, or none;
 * false if it is anything else. */
bool amount_read(const char *text, uint64_t *n);
/* "0:07", "12:05", "3:00:00". */
void amount_time(uint64_t seconds, char out[static AMOUNT_TEXT]);

#endif
