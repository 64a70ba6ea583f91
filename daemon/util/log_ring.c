/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/log_ring.h"

#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_kept lines[LOG_RING_LINES]; /* number % LOG_RING_LINES */
static uint64_t last;

void log_ring_put(enum log_level level, uint64_t at_ms, const char *text,
		  size_t n)
{
	struct log_kept *line;

	if (n > LOG_RING_TEXT)
		n = LOG_RING_TEXT;
	pthread_mutex_lock(&lock);
	line = &lines[++last % LOG_RING_LINES];
	line->number = last;
	line->at_ms = at_ms;
	line->level = level;
	memcpy(line->text, text, n);
	line->text[n] = '\0';
	pthread_mutex_unlock(&lock);
}

bool log_ring_find(uint64_t below, enum log_level worst, struct log_kept *out)
{
	uint64_t number;
	bool found = false;

	pthread_mutex_lock(&lock);
	number = below > last ? last : below - (below > 0);
	for (; !found && number > 0 && last - number < LOG_RING_LINES;
	     number--) {
		const struct log_kept *line = &lines[number % LOG_RING_LINES];

		found = line->level <= worst;
		if (found)
			*out = *line;
	}
	pthread_mutex_unlock(&lock);
	return found;
}
