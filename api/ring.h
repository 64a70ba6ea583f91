/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ring - the last few events of the daemon, in memory, under an epoch that
 * is new at every start.  Filled and read by daemon_events.c.
 */
#ifndef API_RING_H
#define API_RING_H

#include <stddef.h>
#include <stdint.h>

#include "api/api.h"

enum { DAEMON_RING = 256 };

enum daemon_event_type {
	DAEMON_TOR_BOOTSTRAP,
	DAEMON_TOR_STATE,
	DAEMON_USER_UNLOCKED,
	DAEMON_USER_LOCKED,
	DAEMON_STOPPING,
	DAEMON_JOB_STATE,
	DAEMON_USER_REMOVED,
	DAEMON_TYPES
};

struct daemon_event {
	enum daemon_event_type type;
	uint64_t at_ms;
	struct uid user; /* zero: concerns all */
	struct buf data; /* JSON */
};

struct daemon_user {
	struct uid id;
	enum api_user_state state;
};

struct daemon_ring {
	char epoch[9];
	uint64_t last; /* number of the newest, from 1 */
	struct daemon_event events[DAEMON_RING];
	/* what was told last */
	enum api_tor_state tor_state;
	unsigned tor_percent;
	struct daemon_user *users;
	size_t user_count;
};

#endif
