/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/stop.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>

#include "util/mem.h"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t wanted;
static unsigned depth;
static struct sigaction before[ARRAY_SIZE(signals)];

static void note(int number)
{
	wanted = number;
}

void stop_hold(void)
{
	/* No SA_RESTART: who waits shall look. */
	struct sigaction sa = {.sa_handler = note};
	size_t i;

	if (depth++ > 0)
		return;
	wanted = 0;
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], NULL, &before[i]);
		/* nohup, and what a shell puts behind. */
		if (before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
	}
}

bool stop_is_wanted(void)
{
	return wanted != 0;
}

void stop_release(void)
{
	size_t i;

	if (--depth > 0)
		return;
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &before[i], NULL);
	if (!wanted)
		return;
	fflush(stdout);
	raise(wanted);
}
