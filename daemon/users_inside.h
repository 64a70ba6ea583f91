/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * users_inside - what the files of the users share, and nobody else.
 */
#ifndef DAEMON_USERS_INSIDE_H
#define DAEMON_USERS_INSIDE_H

#include "tally.h"
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
	struct tally tally;
};

struct kdf_job;

/* Others may have been on their way at the same time. */
enum err users_check_new(struct users *us, const char *name) MUST_CHECK;
struct user *users_add(struct users *us, const struct keyfile *kf);
/* All of an unlocked one that is in memory; his state is not changed. */
void user_stop(struct user *u);

/* kdf_end.c: what is to be done now that the keys of the job are there; what
 * its ticket is told. */
enum err kdf_end(struct kdf_job *j);

#endif
