/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"

#define STATUS_MAX 128

/* A path, or '@' and a name in the abstract namespace. */
static socklen_t address_of(const char *text, struct sockaddr_un *sun)
{
	size_t n = strlen(text);

	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	if ((text[0] != '/' && text[0] != '@') || n < 2 ||
	    n >= sizeof(sun->sun_path))
		return 0;
	memcpy(sun->sun_path, text, n);
	if (text[0] == '@')
		sun->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n +
			   (text[0] == '/'));
}

static int connect_to(const char *text)
{
	const struct timeval patience = {.tv_sec = 1};
	struct sockaddr_un sun;
	socklen_t n = address_of(text, &sun);
	int fd;

	errno = EINVAL;
	if (n == 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&sun, n) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		       sizeof(patience)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Decimal digits only; 0 if it is no such number. */
static uint64_t number_of(const char *name)
{
	const char *text = getenv(name);
	uint64_t value;
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	return errno || *end ? 0 : value;
}

static uint64_t read_watchdog(void)
{
	uint64_t pid = number_of("WATCHDOG_PID");

	/* Somebody's who started us, and was not cleared away. */
	if (getenv("WATCHDOG_PID") && pid != (uint64_t)getpid())
		return 0;
	return number_of("WATCHDOG_USEC") / 1000;
}

void notify_open(struct notify *n)
{
	static const char *const names[] = {"NOTIFY_SOCKET", "WATCHDOG_PID",
					    "WATCHDOG_USEC"};
	const char *where = getenv(names[0]);
	size_t i;

	*n = (struct notify){.fd = -1};
	if (where) {
		n->fd = connect_to(where);
		if (n->fd < 0)
			log_warn("NOTIFY_SOCKET cannot be used: %s",
				 strerror(errno));
	}
	if (n->fd >= 0)
		n->watchdog_ms = read_watchdog();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void notify_send(const struct notify *n, const char *lines)
{
	if (n->fd >= 0 && send(n->fd, lines, strlen(lines), MSG_NOSIGNAL) < 0)
		log_debug("the service manager takes nothing: %s",
			  strerror(errno));
}

void notify_reloading(const struct notify *n)
{
	struct timespec t = {0, 0};
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &t);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		 (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000);
	notify_send(n, text);
}

void notify_status(const struct notify *n, const char *fmt, ...)
{
	char text[STATUS_MAX] = "STATUS=";
	size_t at = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + at, sizeof(text) - at, fmt, ap);
	va_end(ap);
	notify_send(n, text);
}
