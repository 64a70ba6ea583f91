/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/instant.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#include "cli/duration.h"
#include "util/clock.h"

#define DATE_CHARS 10

/* mktime() makes the 2nd of March of the 30th of February. */
static bool read_date(const char *text, time_t *out)
{
	struct tm tm = {.tm_isdst = -1}, same;
	const char *end = strptime(text, "%Y-%m-%d", &tm);

	if (!end || *end || strlen(text) != DATE_CHARS)
		return false;
	tm.tm_isdst = -1;
	same = tm;
	*out = mktime(&same);
	return *out >= 0 && same.tm_mday == tm.tm_mday;
}

bool instant_is_date(const char *text)
{
	time_t t;

	return read_date(text, &t);
}

static void write(const char *text, bool is_after, char out[INSTANT_TEXT])
{
	uint64_t ms = clock_wall_ms();
	uint32_t seconds;
	time_t t;

	if (read_date(text, &t))
		ms = (uint64_t)t * 1000;
	else if (duration_read(text, &seconds) && is_after)
		ms += seconds * UINT64_C(1000);
	else if (duration_read(text, &seconds))
		ms -= seconds * UINT64_C(1000);
	rfc3339_encode(ms, out);
}

void instant_before(const char *text, char out[static INSTANT_TEXT])
{
	write(text, false, out);
}

void instant_after(const char *text, char out[static INSTANT_TEXT])
{
	write(text, true, out);
}
