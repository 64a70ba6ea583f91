/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * supervise - starts the processes of a daemon, joins them, starts again
 * the one that dies, and stops them all.  The letters that go between
 * parent and child are in doc/INTERNAL.md.
 */
#ifndef DAEMON_SUPERVISE_H
#define DAEMON_SUPERVISE_H

#include "supervise_plan.h"

/* Runs until SIGTERM, SIGINT or SIGQUIT, or SIGHUP of a terminal that is
 * closed, or until a child refuses before it was ever ready.  All children are
 * gone when it returns, within two seconds of the signal.  Returns umbeld's
 * exit status, or SUPERVISE_AGAIN. */
int supervise_run(const struct supervise_plan *plan);

#endif
