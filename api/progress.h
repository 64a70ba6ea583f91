/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * progress - how far files are that are on their way, as was last said.
 *
 * Hints, of which only the newest is kept, and not for long.
 */
#ifndef API_PROGRESS_H
#define API_PROGRESS_H

#include "api/api.h"

void progress_note(struct api *a, struct uid user, struct uid file,
		   const struct file_progress *p);
/* False: nothing was heard of it lately. */
bool progress_find(struct api *a, struct uid user, struct uid file,
		   struct file_progress *out);

#endif
