/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/label.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/text.h"

/* Of the first character alone: hidden, an option, somebody's home. */
static bool is_bad_start(uint8_t c)
{
	return c == '.' || c == '-' || c == '~' || c == ' ';
}

/* Also what other systems take for a separator, a drive or a stream. */
static bool is_good(const uint8_t *p, size_t n, bool is_first)
{
	if (n == 1 && (p[0] == '/' || p[0] == '\\' || p[0] == ':'))
		return false;
	return utf8_is_label(p, n) && !(is_first && is_bad_start(p[0]));
}

void label_to_name(const char *label, char out[static LABEL_MAX_BYTES + 1])
{
	const uint8_t *p = (const uint8_t *)label;
	size_t left = strlen(label), used = 0;

	while (left > 0) {
		uint32_t cp;
		size_t n = utf8_next(p, left, &cp);
		bool is_right = n > 0 && is_good(p, n, used == 0);

		if (n == 0)
			n = 1;
		if (used + (is_right ? n : 1) > LABEL_MAX_BYTES)
			break;
		if (is_right)
			memcpy(out + used, p, n);
		else
			out[used] = '_';
		used += is_right ? n : 1;
		p += n;
		left -= n;
	}
	if (used == 0)
		out[used++] = '_';
	out[used] = '\0';
}
