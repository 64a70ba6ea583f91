/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * job - long work of the daemon, until it is over, with a bar on a terminal.
 */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include "cli/command.h"

struct json_t;

/* The job, which is taken over, as it is at its end; NULL after saying why it
 * failed.  On Ctrl-C it is cancelled. */
struct json_t *job_wait(const struct command_args *a, struct json_t *job,
			const char *label, int *exit_code);

#endif
