/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lookout - notices what may have cut everybody off, and tells all users; and
 * keeps what one of them asks of tor from being too much for the others.
 */
#ifndef DAEMON_LOOKOUT_H
#define DAEMON_LOOKOUT_H

#include "tor/control.h"

struct event_base;
struct users;
struct lookout;

/* Both must stay. */
struct lookout *lookout_new(struct event_base *base, struct control *c,
			    struct users *us);
void lookout_free(struct lookout *v);
/* A self-test asks for them: done once in five minutes, of whatever user. */
void lookout_new_circuits(struct lookout *v);

#endif
