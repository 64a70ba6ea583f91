/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * user_ports - what the parts of one unlocked user say to each other and to
 * the application: runtime, links, stamps and the bytes of files.
 */
#ifndef DAEMON_USER_PORTS_H
#define DAEMON_USER_PORTS_H

#include "user.h"

struct store;

/* failure: a sentence, or NULL. */
void user_set_state(struct user *u, enum user_state state, const char *failure);
void user_tell_emptied(struct user *u);
/* Runtime, links and files for a store that is open. */
enum err user_start(struct user *u, struct store *store OWNED) MUST_CHECK;

#endif
