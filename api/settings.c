/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can be changed while the daemon runs.
 */
#include "api/form.h"
#include "api/handlers.h"
#include "api/idle.h"
#include "api/state.h"

static struct reply *show(struct request *r)
{
	struct jout *j = reply_body(r);
	struct api_settings s = {.has_log_level = false};

	r->api->ports.settings(r->api->ports.ctx, &s);
	jout_open(j, NULL, '{');
	jout_str(j, "log_level", log_level_words[s.log_level]);
	jout_uint(j, "auto_lock_minutes", s.auto_lock_minutes);
	jout_close(j, '}');
	return reply_json(r, 200);
}

struct reply *api_settings_get(struct request *r)
{
	return show(r);
}

static void read_log_level(struct form *f, struct api_settings *s)
{
	unsigned level;

	if (form_cleared(f, "log_level")) {
		s->has_log_level = false;
	} else if (form_word(f, "log_level", FORM_OPTIONAL, log_level_words,
			     &level)) {
		s->has_log_level = true;
		s->log_level = (enum log_level)level;
	}
}

static void read_auto_lock(struct form *f, struct api_settings *s)
{
	int64_t minutes;

	if (form_cleared(f, "auto_lock_minutes")) {
		s->has_auto_lock_minutes = false;
		return;
	}
	minutes =
	    form_int(f, "auto_lock_minutes", 0, AUTO_LOCK_MINUTES_MAX, -1);
	if (minutes < 0)
		return;
	s->has_auto_lock_minutes = true;
	s->auto_lock_minutes = (unsigned)minutes;
}

struct reply *api_settings_patch(struct request *r)
{
	struct api_settings s = {.has_log_level = false};
	struct api *a = r->api;
	struct reply *bad;
	struct form f;
	enum err e;

	a->ports.settings(a->ports.ctx, &s);
	form_of_patch(&f, r);
	read_log_level(&f, &s);
	read_auto_lock(&f, &s);
	bad = form_done(&f);
	if (bad)
		return bad;
	e = a->ports.set_settings(a->ports.ctx, &s);
	if (e)
		return reply_err(r, e);
	idle_refresh(a);
	return show(r);
}
