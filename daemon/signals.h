/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * signals - those that umbeld reads from a descriptor, instead of being
 * interrupted by them.
 */
#ifndef DAEMON_SIGNALS_H
#define DAEMON_SIGNALS_H

/* Holds them back, so that none ends the process while it prepares. */
void signals_hold(void);
/* A signalfd, non-blocking; -1 (errno) if there is none to be had. */
int signals_open(void);

#endif
