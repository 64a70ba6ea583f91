/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * start - what umbeld does before anything else.
 */
#ifndef DAEMON_START_H
#define DAEMON_START_H

/* Nothing is left of what whoever starts us has left open, closed, blocked or
 * ignored, but for a listener that the service manager has opened for us:
 * that is returned, or -1. */
int start_clean(void);

/* Holds back the signals that supervise_run() waits for, and warns if the clock
 * cannot be right. */
void start_prepare(void);

#endif
