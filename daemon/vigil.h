/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vigil - notices what may have cut everybody off, and tells all users; and
 * keeps what one of them asks of tor from being too much for the others.
 */
#ifndef DAEMON_VIGIL_H
#define DAEMON_VIGIL_H

#include "tor/control.h"

struct event_base;
struct users;
struct vigil;

/* Both must stay. */
struct vigil *vigil_new(struct event_base *base, struct control *c,
			struct users *us);
void vigil_free(struct vigil *v);
/* A self-test asks for them: done once in five minutes, of whatever user. */
void vigil_new_circuits(struct vigil *v);

#endif
