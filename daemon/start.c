/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "start.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inherit.h"
#include "signals.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/text.h"

#define FILES_WANTED 65536
/* The first day of 2026: no copy of this is older. */
#define RELEASED_MS UINT64_C(1767225600000)

/* But for one from 3 on, or -1. */
static void close_all(int but)
{
	if (but > 3)
		close_range(3, (unsigned)but - 1, 0);
	close_range(but < 3 ? 3 : (unsigned)but + 1, ~0U, 0);
	if (but >= 3)
		fcntl(but, F_SETFD, FD_CLOEXEC);
}

/* HOSTILE-TESTS L-13: whatever the one who starts us has left open, closed,
 * blocked or ignored. */
int start_clean(void)
{
	int http = inherit_find();
	const struct rlimit no_core = {0, 0};
	struct rlimit files;
	sigset_t held;
	int i, fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	close_all(http);
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* Whoever sends it early means what it will mean. */
	sigemptyset(&held);
	sigaddset(&held, SIGHUP);
	sigprocmask(SIG_SETMASK, &held, NULL);
	umask(077);
	setrlimit(RLIMIT_CORE, &no_core);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max
							       : FILES_WANTED;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return http;
}

/* Of a machine without a clock of its own, before it has asked for the time. */
static void check_clock(void)
{
	char now[RFC3339_TEXT + 1];

	if (clock_wall_ms() >= RELEASED_MS)
		return;
	rfc3339_encode(clock_wall_ms(), now);
	log_warn("this machine says that it is %s, and tor works with the "
		 "right time alone: set the clock, as by timedatectl set-ntp "
		 "true; Umbel need not be started again for that",
		 now);
}

void start_prepare(void)
{
	signals_hold();
	check_clock();
}
