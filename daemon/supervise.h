/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * supervise - starts the processes of a daemon, joins them, starts again
 * the one that dies, and stops them all.  The letters that go between
 * parent and child are in doc/INTERNAL.md.
 */
#ifndef DAEMON_SUPERVISE_H
#define DAEMON_SUPERVISE_H

#include "plan.h"

/* Holds back the signals that supervise_run() waits for, so that none of
 * them ends the process while it prepares. */
void supervise_hold_signals(void);

/* Runs until SIGTERM, SIGINT, SIGHUP or SIGQUIT, or until a child refuses
 * before it was ever ready.  All children are gone when it returns, within
 * two seconds of the signal.  Returns umbeld's exit status. */
int supervise_run(const struct supervise_plan *plan);

#endif
