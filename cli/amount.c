/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/amount.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void amount_bytes(uint64_t n, char out[static AMOUNT_TEXT])
{
	static const char *const units[] = {"B",   "KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB"};
	double value = (double)n;
	size_t unit = 0;

	/* Before what would be printed as 1000. */
	while (value >= 999.5 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(out, AMOUNT_TEXT, "%.*f %s", unit > 0 && value < 99.95, value,
		 units[unit]);
}

bool amount_read(const char *text, uint64_t *n)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	unsigned shift = 0;

	if (digits < 1 || digits > 6 || (*unit && unit[1]))
		return false;
	switch (*unit) {
	case '\0': break;
	case 'K': shift = 10; break;
	case 'M': shift = 20; break;
	case 'G': shift = 30; break;
	default: return false;
	}
	*n = (uint64_t)strtoul(text, NULL, 10) << shift;
	return true;
}

void amount_time(uint64_t seconds, char out[static AMOUNT_TEXT])
{
	unsigned long long s = seconds;

	if (s < 3600)
		snprintf(out, AMOUNT_TEXT, "%llu:%02llu", s / 60, s % 60);
	else
		snprintf(out, AMOUNT_TEXT, "%llu:%02llu:%02llu", s / 3600,
			 s / 60 % 60, s % 60);
}
