/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can be changed of a user, locked or not.
 */
#include <string.h>

#include "api/form.h"
#include "api/handlers.h"
#include "api/idle.h"
#include "api/state.h"
#include "api/unlock.h"
#include "api/views.h"

static struct reply *refuse(struct request *r, enum err e)
{
	if (e == ERR_EXISTS)
		return reply_error(r, PROBLEM_CONFLICT, "the name is taken");
	if (e == ERR_STATE)
		return reply_error(
		    r, PROBLEM_CONFLICT,
		    "the key file is of an earlier Umbel: unlock "
		    "the user once");
	if (e == ERR_CORRUPT)
		return unlock_error(r, request_user(r), e);
	return reply_err(r, e);
}

/* True if it is there; null: what the settings say. */
static bool read_auto_lock(struct form *f, uint32_t *out)
{
	int64_t minutes;

	*out = KEYFILE_AS_SET;
	if (form_cleared(f, "auto_lock_minutes"))
		return true;
	minutes =
	    form_int(f, "auto_lock_minutes", 0, AUTO_LOCK_MINUTES_MAX, -1);
	if (minutes < 0)
		return false;
	*out = (uint32_t)minutes;
	return true;
}

struct reply *api_user_patch(struct request *r)
{
	struct api *a = r->api;
	struct label name = {""};
	uint32_t auto_lock;
	bool has_auto_lock;
	struct bytes text;
	struct api_user u;
	struct reply *bad;
	struct form f;
	enum err e;

	form_of_patch(&f, r);
	text = form_line(&f, "name", NAME_MAX_BYTES, FORM_OPTIONAL);
	if (text.p && text.n == 0)
		form_fault(&f, "name", "too_short", "1 to 64 bytes");
	has_auto_lock = read_auto_lock(&f, &auto_lock);
	bad = form_done(&f);
	if (bad)
		return bad;
	if (text.p)
		memcpy(name.s, text.p, text.n);
	e = a->ports.user_patch(a->ports.ctx, request_user(r),
				text.p ? &name : NULL,
				has_auto_lock ? &auto_lock : NULL);
	if (e)
		return refuse(r, e);
	idle_refresh(a);
	if (!api_user_find(a, request_user(r), &u))
		return reply_error(r, PROBLEM_NOT_FOUND, NULL);
	view_user(reply_body(r), NULL, a, &u);
	return reply_json(r, 200);
}

static struct reply *changed(struct request *r, const struct op *op, enum err e)
{
	struct fault same = {.pointer = "/duress_passphrase",
			     .code = "invalid",
			     .detail = "must not be the passphrase"};

	if (e == OK)
		return reply_empty(r, 204);
	if (e == ERR_EXISTS)
		return reply_faults(r, &same, 1);
	if (e == ERR_AUTH || e == ERR_CORRUPT)
		return unlock_error(r, op->object, e);
	if (e == ERR_STATE)
		return reply_error(r, PROBLEM_CONFLICT,
				   "the passphrase was changed meanwhile");
	return reply_err(r, e);
}

struct reply *api_user_put_duress(struct request *r)
{
	struct bytes passphrase, duress = bytes_of(NULL, 0);
	struct reply *bad;
	struct form f;

	form_of_body(&f, r);
	passphrase =
	    form_text(&f, "passphrase", 1, PASSPHRASE_MAX, FORM_REQUIRED);
	if (!form_cleared(&f, "duress_passphrase"))
		duress = form_text(&f, "duress_passphrase", PASSPHRASE_MIN,
				   PASSPHRASE_MAX, FORM_REQUIRED);
	bad = form_done(&f);
	if (bad)
		return bad;
	return unlock_duress(r, passphrase, duress, changed);
}
