/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * broker - umbel-broker, between umbel-core and tor.
 *
 * umbel-core may not connect(): no layer of the kernel can tell tor's socket
 * from the session bus, over which programs are started.  So the broker
 * connects to tor's two sockets and to nothing else.  A connection to the SOCKS
 * socket it hands over; one to the control socket it keeps, and lets through
 * what control_rule.h allows, line by line.
 *
 * A process of umbeld's own program, without exec: see struct spawn.
 */
#ifndef DAEMON_BROKER_H
#define DAEMON_BROKER_H

#include <stdbool.h>

#include "util/log_level.h"

/* Borrowed; absolute paths. */
struct broker {
	const char *control; /* tor's sockets */
	const char *socks;
	const char *cells; /* where onion services may lead to */
	enum log_level log_level;
};

/* Closes the sandbox and serves: the process ends in here.  Descriptor 3 is
 * the control channel of doc/INTERNAL.md.  Made for struct spawn: broker is a
 * struct broker *. */
bool broker_run(void *broker);

#endif
