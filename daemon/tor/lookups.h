/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lookups - the descriptors that we have asked tor to fetch anew.
 *
 * Pure.  Each time that it is asked tor asks one directory, another one
 * than before, and says what that had.  One that has just missed an upload
 * proves nothing: some are asked before it counts.
 */
#ifndef TOR_LOOKUPS_H
#define TOR_LOOKUPS_H

#include "tor/control_msg.h"
#include "tor/types.h"
#include "util/list.h"

#define LOOKUP_LIMIT_MS	   60000 /* for all of it */
#define LOOKUP_DIRECTORIES 3

struct lookups {
	struct list all;
};

void lookups_init(struct lookups *t);
/* Nobody is told. */
void lookups_clear(struct lookups *t);
void lookups_put(struct lookups *t, const char *onion, struct lookup_handler h,
		 uint64_t now_ms);
void lookups_cancel(struct lookups *t, const void *arg);
/* True if one has ended, or is to be asked for once more. */
bool lookups_on_event(struct lookups *t, const struct control_event *ev);
/* The name of one that tor is to ask for now, once; NULL: none. */
const char *lookups_ask(struct lookups *t);
/* Tor will not look: what is asked for is not known. */
void lookups_give_up(struct lookups *t);
/* The connection is gone. */
void lookups_fail(struct lookups *t);
/* Tells those that have ended; when the next one does, UINT64_MAX if none. */
uint64_t lookups_tell(struct lookups *t, uint64_t now_ms);

#endif
