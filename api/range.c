/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/range.h"

#include <string.h>

enum { DIGITS_MAX = 15 };

/* Moves *s over a number; false: there is none, or it is beyond reason. */
static bool take_number(const char **s, uint64_t *out)
{
	size_t n = 0;

	*out = 0;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		*out = *out * 10 + (uint64_t)(**s - '0');
		if (++n > DIGITS_MAX)
			return false;
	}
	return n > 0;
}

/* "-n": the last n bytes. */
static bool read_suffix(const char *s, uint64_t size, struct range *out)
{
	uint64_t n;

	if (!take_number(&s, &n) || *s)
		return true;
	if (n == 0 || size == 0)
		return false;
	out->is_part = true;
	out->count = n < size ? n : size;
	out->first = size - out->count;
	return true;
}

bool range_read(const char *text, uint64_t size, struct range *out)
{
	static const char unit[] = "bytes=";
	uint64_t first, last = UINT64_MAX;
	const char *s = text + sizeof(unit) - 1;

	*out = (struct range){false, 0, size};
	if (strncmp(text, unit, sizeof(unit) - 1) != 0)
		return true;
	if (*s == '-')
		return read_suffix(s + 1, size, out);
	if (!take_number(&s, &first) || *s++ != '-')
		return true;
	if (*s && (!take_number(&s, &last) || *s || last < first))
		return true;
	if (first >= size)
		return false;
	if (last >= size)
		last = size - 1;
	*out = (struct range){true, first, last - first + 1};
	return true;
}
