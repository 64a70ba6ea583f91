/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/api.h"

#include "api/daemon_events.h"
#include "api/events.h"
#include "api/feed.h"
#include "api/flow.h"
#include "api/idle.h"
#include "api/job.h"
#include "api/op.h"
#include "api/search.h"
#include "api/state.h"
#include "api/token_keep.h"
#include "api/upload.h"
#include "util/mem.h"

void api_journal_advanced(struct api *a, struct uid user)
{
	if (api_store(a, user))
		feed_wake(a, &user);
	outlets_wake(a, &user);
}

void api_user_state_changed(struct api *a, struct uid user)
{
	if (!api_store(a, user)) {
		op_fail_user(a, user, ERR_STATE);
		feed_end_locked(a, &user);
		flow_end_user(a, &user);
		search_end_user(a, &user);
		uploads_end_user(a, &user);
		jobs_end_user(a, &user);
	} else {
		uploads_drop_stale(a, user);
	}
	outlets_on_user(a, user);
	idle_refresh(a);
	daemon_events_user(a, user);
}

void api_user_emptied(struct api *a, struct uid user)
{
	jobs_blur_exports(a, &user);
}

void api_tor_changed(struct api *a)
{
	daemon_events_tor(a);
}

void api_reach_changed(struct api *a, struct uid user)
{
	daemon_events_reach(a, user);
}

void api_presence(struct api *a, struct uid user, struct uid contact,
		  bool online)
{
	events_presence(a, user, contact, online);
}

void api_typing(struct api *a, struct uid user, struct uid contact, bool on)
{
	events_typing(a, user, contact, on);
}

void api_progress(struct api *a, struct uid user, struct uid file,
		  const struct file_progress *p)
{
	events_progress(a, user, file, p);
}

void api_stopping(struct api *a)
{
	a->is_stopping = true;
	daemon_events_stopping(a);
	feed_end_all(a);
}

uint64_t api_deadline(const struct api *a)
{
	uint64_t due_ms = feed_deadline(a);
	const uint64_t others[] = {flow_deadline(a),	   uploads_deadline(a),
				   token_keep_deadline(a), idle_deadline(a),
				   search_deadline(a),	   jobs_deadline(a),
				   outlets_deadline(a)};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (others[i] < due_ms)
			due_ms = others[i];
	return due_ms;
}

void api_tick(struct api *a)
{
	token_keep_tick(a);
	flow_tick(a);
	uploads_tick(a);
	search_tick(a);
	jobs_tick(a);
	feed_tick(a);
	outlets_tick(a);
	idle_tick(a);
}
