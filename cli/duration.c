/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/duration.h"

#include <stdio.h>

#include "util/mem.h"

/* The largest first. */
static const struct unit {
	char letter;
	uint32_t seconds;
	const char *name;
} units[] = {
    {'w', 604800, "week"}, {'d', 86400, "day"}, {'h', 3600, "hour"},
    {'m', 60, "minute"},   {'s', 1, "second"},
};

static const struct unit *find_unit(char letter)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].letter == letter)
			return &units[i];
	return NULL;
}

bool duration_read(const char *text, uint32_t *seconds)
{
	const struct unit *unit;
	uint64_t n = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > DURATION_MAX_S)
			return false;
	}
	if (n == 0 || !*text || text[1])
		return false;
	unit = find_unit(*text);
	if (!unit || n * unit->seconds > DURATION_MAX_S)
		return false;
	*seconds = (uint32_t)n * unit->seconds;
	return true;
}

void duration_write(uint32_t seconds, char out[static DURATION_TEXT])
{
	const struct unit *unit = units;
	uint32_t n;

	if (seconds == 0) {
		snprintf(out, DURATION_TEXT, "off");
		return;
	}
	while (seconds % unit->seconds)
		unit++;
	n = seconds / unit->seconds;
	snprintf(out, DURATION_TEXT, "%u %s%s", (unsigned)n, unit->name,
		 n == 1 ? "" : "s");
}
