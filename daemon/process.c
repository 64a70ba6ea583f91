/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int statm = -1;
static DIR *fds;

void process_open(void)
{
	statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	fds = opendir("/proc/self/fd");
}

/* "size resident shared ...", in pages. */
static uint64_t resident_bytes(void)
{
	char text[128];
	unsigned long pages = 0;
	ssize_t n = statm >= 0 ? pread(statm, text, sizeof(text) - 1, 0) : -1;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (sscanf(text, "%*u %lu", &pages) != 1)
		return 0;
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t count_fds(void)
{
	const struct dirent *entry;
	uint64_t count = 0;

	if (!fds)
		return 0;
	rewinddir(fds);
	while ((entry = readdir(fds)))
		count += entry->d_name[0] != '.';
	return count;
}

void process_measure(struct process_use *out)
{
	struct timespec ts = {0, 0};

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	out->resident_bytes = resident_bytes();
	out->open_fds = count_fds();
	out->cpu_us =
	    (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}
