/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * range - which bytes a client wants (RFC 9110, 14): one range, or all.
 */
#ifndef API_RANGE_H
#define API_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct range {
	bool is_part;
	uint64_t first, count;
};

/* text: of a Range header, "" if there is none.  What is no range of bytes,
 * or more than one, means all.  False: nothing of size is in it. */
bool range_read(const char *text, uint64_t size, struct range *out);

#endif
