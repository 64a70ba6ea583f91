/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * process - what this process takes of the machine, as the kernel counts it.
 */
#ifndef DAEMON_PROCESS_H
#define DAEMON_PROCESS_H

#include <stdint.h>

struct process_use {
	uint64_t resident_bytes;
	uint64_t open_fds;
	uint64_t cpu_us; /* of all threads, since the start */
};

/* Before the sandbox closes, which opens nothing in /proc any more.  Without
 * it, or where there is no /proc, some figures are 0. */
void process_open(void);
void process_measure(struct process_use *out);

#endif
