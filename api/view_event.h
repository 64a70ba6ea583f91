/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * view_event - a line of a user's journal as an event of the API.
 */
#ifndef API_VIEW_EVENT_H
#define API_VIEW_EVENT_H

#include "api/event_names.h"
#include "api/jout.h"
#include "store/query.h"

struct api;

/* Its "data": what it is about, as it is now (see views.h for which state), or
 * of something that is gone only the id.  Nothing is written on an error. */
enum err view_event_data(struct jout *j, struct api *a, struct uid user,
			 const struct journal_info *row) MUST_CHECK;
/* All of it, with the user's id, for whoever reads the events of several.
 * The same. */
enum err view_event(struct jout *j, struct api *a, struct uid user,
		    const struct journal_info *row) MUST_CHECK;

#endif
