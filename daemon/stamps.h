/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stamps - the work that a knock needs, done in the worker.
 *
 * A little at a time, so that whatever else waits for the worker waits
 * little, and so that a search whose link has gone ends soon.
 */
#ifndef DAEMON_STAMPS_H
#define DAEMON_STAMPS_H

#include "core/effect.h"

struct stamps;
struct worker;

struct stamps *stamps_new(struct worker *w);
/* The worker must be gone. */
void stamps_free(struct stamps *s);

/* Whose link it is, and whom to tell. */
struct stamp_owner {
	void *ctx;
	void (*found)(void *ctx, uint64_t link, uint64_t counter);
};

/* Searches for an FX_STAMP until found() has been called or it is
 * cancelled. */
void stamps_search(struct stamps *s, struct stamp_owner owner,
		   const struct effect *stamp);
void stamps_cancel(struct stamps *s, const void *ctx, uint64_t link);
void stamps_cancel_all(struct stamps *s, const void *ctx);

#endif
