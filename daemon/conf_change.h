/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_change - a configuration that is read while umbeld runs, beside the one
 * that is in force.  Pure, but for the log.
 */
#ifndef DAEMON_CONF_CHANGE_H
#define DAEMON_CONF_CHANGE_H

#include <stdbool.h>

#include "conf.h"

struct conf_change {
	unsigned count; /* of keys that are taken over */
	bool hooks;	/* a [hook] differs */
};

/* Puts those values of fresh into c that can change while umbeld runs, and logs
 * which these are; of each that cannot and differs the log says that it stays.
 * What they were is in fresh then, and dies with it. */
struct conf_change conf_change(struct conf *c, struct conf *fresh);

#endif
