/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * users_inside - what the files of the users share, and nobody else.
 */
#ifndef DAEMON_USERS_INSIDE_H
#define DAEMON_USERS_INSIDE_H

#include "user.h"

struct users {
	struct users_config config;
	struct users_ports ports;
	struct list list, jobs;
	struct stamps *stamps;
	struct blobs *blobs;
	struct backups *backups;
	size_t count;
	bool transport_ready;
};

#endif
