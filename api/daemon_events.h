/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * daemon_events - what happens to the daemon as a whole: tor, users locked
 * and unlocked, the end; told to clients from the ring.
 */
#ifndef API_DAEMON_EVENTS_H
#define API_DAEMON_EVENTS_H

#include "api/feed.h"
#include "api/ring.h"

/* By enum daemon_event_type. */
extern const char *const daemon_event_names[DAEMON_TYPES];

/* What reads the same as an answer needs: a feed_scope_fn. */
enum scope daemon_events_scope_of(unsigned type);
/* What a feed reads of them, see struct feed_source. */
enum err daemon_events_read(struct feed *f, struct jout *j, size_t limit,
			    size_t *count, bool *more) MUST_CHECK;
void daemon_events_put_id(const struct feed *f, struct jout *j, const char *key,
			  uint64_t place);
/* Where to begin; false: after is no id. */
bool daemon_events_find(struct api *a, struct bytes after,
			struct feed_start *out);

void daemon_events_start(struct api *a);
void daemon_events_clear(struct api *a);
/* Each looks at what is, and tells it if it is new. */
void daemon_events_tor(struct api *a);
/* What view_tor() shows of this user's self-test is another thing now. */
void daemon_events_reach(struct api *a, struct uid user);
void daemon_events_user(struct api *a, struct uid user);
/* A job of that user began, or came to its end: told to who may see him. */
void daemon_events_job(struct api *a, struct uid user, struct jout *job OWNED);
void daemon_events_stopping(struct api *a);

#endif
