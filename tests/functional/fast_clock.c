/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fast_clock.so, for LD_PRELOAD: a program's time goes faster than ours, and
 * its clock on the wall can be set while it runs.  What it waits for is
 * shortened to match.  Told by a file that the test has in memory as well:
 * clocks.py.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define S_NS INT64_C(1000000000)

/* In clocks.py as well. */
struct clock_board {
	int64_t speed;
	int64_t from_ns;   /* of CLOCK_MONOTONIC: when it began to go fast */
	int64_t wall_ns;   /* what the clock on the wall is off, beside that */
	int64_t frozen_ns; /* how long it stood still, and all clocks went */
	int64_t suspended_ns; /* the same, and CLOCK_MONOTONIC stood too */
};

static const struct clock_board *board;

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("FAST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *p = MAP_FAILED;

	if (fd >= 0)
		p = mmap(NULL, sizeof(*board), PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		abort();
	close(fd);
	board = p;
}

static int64_t real_ns(clockid_t id)
{
	struct timespec ts = {0, 0};

	syscall(SYS_clock_gettime, id, &ts);
	return ts.tv_sec * S_NS + ts.tv_nsec;
}

static int64_t gained_ns(void)
{
	return (real_ns(CLOCK_MONOTONIC) - board->from_ns) * (board->speed - 1);
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t ns;

	if (!board || id == CLOCK_PROCESS_CPUTIME_ID ||
	    id == CLOCK_THREAD_CPUTIME_ID)
		return (int)syscall(SYS_clock_gettime, id, ts);
	ns = real_ns(id) + gained_ns() + board->frozen_ns;
	if (id != CLOCK_MONOTONIC && id != CLOCK_MONOTONIC_COARSE &&
	    id != CLOCK_MONOTONIC_RAW)
		ns += board->suspended_ns;
	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		ns += board->wall_ns;
	ts->tv_sec = ns / S_NS;
	ts->tv_nsec = ns % S_NS;
	return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

static int shortened(int timeout_ms)
{
	if (!board || timeout_ms <= 0)
		return timeout_ms;
	return (int)((timeout_ms + board->speed - 1) / board->speed);
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout_ms)
{
	return (int)syscall(SYS_epoll_pwait, fd, events, count,
			    shortened(timeout_ms), NULL, 8);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec ts;

	timeout_ms = shortened(timeout_ms);
	ts.tv_sec = timeout_ms / 1000;
	ts.tv_nsec = timeout_ms % 1000 * (S_NS / 1000);
	return (int)syscall(SYS_ppoll, fds, count, timeout_ms < 0 ? NULL : &ts,
			    NULL, 8);
}
