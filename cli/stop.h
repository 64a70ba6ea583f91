/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stop - Ctrl-C, while something is carried that should be left in order.
 */
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <stdbool.h>

/* From here on SIGINT, SIGTERM and SIGHUP are noted, and end nothing.  It may
 * be said again within: the last release counts. */
void stop_hold(void);
bool stop_is_wanted(void);
/* They end the process again; one that came meanwhile does so now. */
void stop_release(void);

#endif
