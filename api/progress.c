/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/progress.h"

#include "api/state.h"

enum { FRESH_MS = 10000 };

static struct progress_mark *find(struct api *a, struct uid user,
				  struct uid file)
{
	for (size_t i = 0; i < PROGRESS_MARKS; i++) {
		struct progress_mark *m = &a->progress[i];

		if (uid_is_equal(&m->file, &file) &&
		    uid_is_equal(&m->user, &user))
			return m;
	}
	return NULL;
}

static struct progress_mark *oldest(struct api *a)
{
	struct progress_mark *m = &a->progress[0];

	for (size_t i = 1; i < PROGRESS_MARKS; i++)
		if (a->progress[i].at_ms < m->at_ms)
			m = &a->progress[i];
	return m;
}

void progress_note(struct api *a, struct uid user, struct uid file,
		   const struct file_progress *p)
{
	struct progress_mark *m = find(a, user, file);

	if (!m)
		m = oldest(a);
	*m = (struct progress_mark){user, file, api_mono_ms(a), *p};
}

bool progress_find(struct api *a, struct uid user, struct uid file,
		   struct file_progress *out)
{
	const struct progress_mark *m = find(a, user, file);

	if (!m || api_mono_ms(a) - m->at_ms > FRESH_MS)
		return false;
	*out = m->last;
	return true;
}
