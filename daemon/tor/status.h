/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * status - what is known of tor, kept up from its replies and events.  Pure.
 */
#ifndef TOR_STATUS_H
#define TOR_STATUS_H

#include "tor/control_msg.h"

/* Lower case, as in the API. */
const char *tor_state_str(enum tor_state s);

/* Lost, or not reached: forgets what was known; why may be "". */
void status_set_down(struct tor_status *st, enum tor_state state,
		     const char *why);
void status_set_starting(struct tor_status *st);
void status_set_version(struct tor_status *st, const char *version);
void status_set_bootstrap(struct tor_status *st,
			  const struct control_bootstrap *b);
/* Events that say nothing of tor as a whole change nothing. */
void status_on_event(struct tor_status *st, const struct control_event *ev);
bool status_is_equal(const struct tor_status *a, const struct tor_status *b);

#endif
