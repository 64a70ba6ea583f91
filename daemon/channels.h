/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * channels - what umbeld tells its children first, and how it joins them: the
 * letters A, B, T, C, D, H and P of doc/INTERNAL.md.
 */
#ifndef DAEMON_CHANNELS_H
#define DAEMON_CHANNELS_H

#include "child.h"
#include "tor/bridges.h"

/* The longest message between umbeld and a child. */
#define CHANNELS_MESSAGE_MAX (1 + BRIDGES_TEXT_MAX)

/* fresh, one of these SUPERVISE_ROLES, listens now. */
void channels_open(struct child *all, const struct supervise_plan *plan,
		   const struct child *fresh, uint64_t now_ms);
/* Those whose join_ms has come. */
void channels_join_due(struct child *all, uint64_t now_ms);
/* One has lost its channel to the core: soon it gets another. */
void channels_join_again(struct child *c, uint64_t now_ms);
/* The core, after a change. */
void channels_tell_bridges(struct child *all,
			   const struct supervise_plan *plan);

#endif
