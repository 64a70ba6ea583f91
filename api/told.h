/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * told - what events are about, written once for all who are woken by them.
 */
#ifndef API_TOLD_H
#define API_TOLD_H

#include "api/jout.h"
#include "store/query.h"

struct api;
struct told;

struct told *told_new(void);
void told_free(struct told *t); /* outside of any told_begin() */
/* Until its told_end() nothing may change of what events are about; at the end
 * of the outermost all is wiped. */
void told_begin(struct told *t);
void told_end(struct told *t);
/* In between: as view_event_data() writes it, or has written it.  data:
 * borrowed until the next call. */
enum err told_data(struct api *a, struct uid user,
		   const struct journal_info *row,
		   struct bytes *data) MUST_CHECK;

#endif
