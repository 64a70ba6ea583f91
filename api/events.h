/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * events - a user's journal, told to clients.
 */
#ifndef API_EVENTS_H
#define API_EVENTS_H

#include "api/feed.h"

/* What reads the same as an answer needs: a feed_scope_fn. */
enum scope events_scope_of(unsigned type);
/* See feed_read_fn, of the journal in which p is a place. */
enum err events_read(struct feed *f, struct feed_place *p, struct jout *j,
		     size_t limit, size_t *count, bool *more) MUST_CHECK;

/* Somebody came or went: told to open streams, not kept. */
void events_presence(struct api *a, struct uid user, struct uid contact,
		     bool online);
/* Somebody writes, or stopped: the same, but not all that often. */
void events_typing(struct api *a, struct uid user, struct uid contact, bool on);

/* A file is so far: the same. */
void events_progress(struct api *a, struct uid user, struct uid file,
		     const struct file_progress *p);

#endif
