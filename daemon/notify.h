/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * notify - tells the service manager how we are.
 *
 * The protocol of sd_notify(3): lines of NAME=value in one datagram, to the
 * socket that NOTIFY_SOCKET names.  Ours, since libsystemd would bring four
 * libraries for it into the one process that has no sandbox.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdint.h>

struct notify {
	int fd;		      /* connected; -1: nobody wants to know */
	uint64_t watchdog_ms; /* we are killed if silent so long; 0: never */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of
 * the environment.  What is wrong with them costs a warning. */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/* "READY=1", say; lines are separated by newlines.  A manager that takes
 * nothing holds us up for at most a second. */
void notify_send(const struct notify *n, const char *lines);
/* RELOADING=1 with the time, as it has to be; READY=1 is to follow. */
void notify_reloading(const struct notify *n);
/* What `systemctl status` shows, one line; nothing that came from outside. */
void notify_status(const struct notify *n, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
