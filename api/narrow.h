/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * narrow - callers who have to do with some conversations only: is what they
 * ask about in one of these?
 *
 * What is not looks to them as if it did not exist.  A route is closed to them
 * unless it says ROUTE_NARROW; then the ids in its path were looked at, and
 * its handler has to see to ids in the body, and to what it lists.  To all
 * others everything is in sight.
 */
#ifndef API_NARROW_H
#define API_NARROW_H

#include "api/request.h"
#include "store/query.h"

/* Who looks, at whose things. */
struct sight {
	struct api *api;
	const struct caller *caller;
	struct uid user;
};

struct sight sight_of(struct request *r);
/* Are there conversations that he may not see? */
bool sight_is_narrow(const struct sight *s);
bool sight_has_conversation(const struct sight *s, const struct uid *id);
bool sight_has_contact(const struct sight *s, const struct contact_row *row);
/* Of one that was not offered yet: did he bring it? */
bool sight_has_file(const struct sight *s, const struct file_info *f);
/* The same by an id; false also if there is no such thing.  What is bound to
 * no conversation is out of sight. */
bool sight_has(const struct sight *s, enum id_kind kind, struct uid id);

/* How many rows to ask the store for to find so many that are in sight; the
 * callback stops it. */
size_t narrow_limit(const struct sight *s, size_t limit);
/* Of all ids in the path: NULL, or 404. */
struct reply *narrow_check_path(struct request *r);
/* The caller brings this file: until it is offered it is for him to see. */
void narrow_note_upload(struct request *r, struct uid file);

#endif
