/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/views.h"

static struct reply *profile_shown(struct request *r, const struct op *op,
				   enum err e)
{
	if (e == OK)
		e = view_profile(reply_body(r), r->api, request_user(r));
	return e ? command_error(r, op, e) : reply_json(r, 200);
}

struct reply *api_profile_get(struct request *r)
{
	return command_self(r, profile_shown);
}

/* A name that is required may be empty all the same: then the local name of
 * the user is shown. */
static void read_line(struct form *f, const char *name, size_t max, char *out)
{
	size_t faults = f->fault_count;
	struct bytes text = form_line(f, name, max, FORM_OPTIONAL);

	if (text.p && f->fault_count == faults)
		memcpy(out, text.p, text.n);
	else if (f->fault_count == faults)
		form_fault(f, name, "missing", "is required");
}

struct reply *api_profile_put(struct request *r)
{
	struct event ev = {.type = EV_CMD_SELF_SET};
	struct cmd_self_set *set = &ev.self_set;
	struct reply *bad;
	struct form f;

	form_of_body(&f, r);
	set->fields = SELF_NAME | SELF_STATUS;
	read_line(&f, "display_name", NAME_MAX_BYTES, set->name.s);
	read_line(&f, "status_text", STATUS_MAX_BYTES, set->status.s);
	if (form_text(&f, "avatar_file_id", 0, ID_TEXT, FORM_OPTIONAL).p)
		form_fault(&f, "avatar_file_id", "unknown_value",
			   "only null so far");
	if ((bad = form_done(&f)))
		return bad;
	return op_submit(r, op_new(r, OP_COMMAND, profile_shown), &ev);
}

static struct reply *presence_shown(struct request *r, const struct op *op,
				    enum err e)
{
	if (e == OK)
		e = view_presence(reply_body(r), r->store);
	return e ? command_error(r, op, e) : reply_json(r, 200);
}

struct reply *api_presence_get(struct request *r)
{
	return command_self(r, presence_shown);
}

struct reply *api_presence_put(struct request *r)
{
	struct event ev = {.type = EV_CMD_SELF_SET};
	struct reply *bad;
	struct form f;
	unsigned mode = PRESENCE_ONLINE;

	form_of_body(&f, r);
	form_word(&f, "mode", FORM_REQUIRED, words_mode, &mode);
	if ((bad = form_done(&f)))
		return bad;
	ev.self_set.fields = SELF_MODE;
	ev.self_set.mode = (enum presence_mode)mode;
	return op_submit(r, op_new(r, OP_COMMAND, presence_shown), &ev);
}

static struct reply *privacy_shown(struct request *r, const struct op *op,
				   enum err e)
{
	if (e == OK)
		e = view_privacy(reply_body(r), r->store);
	return e ? command_error(r, op, e) : reply_json(r, 200);
}

struct reply *api_privacy_get(struct request *r)
{
	return command_self(r, privacy_shown);
}

static void read_auto_accept(struct form *f, struct cmd_self_set *set)
{
	int64_t bytes =
	    form_int(f, "auto_accept_bytes", 0, (int64_t)FILE_SIZE_MAX, -1);

	if (bytes >= 0) {
		set->auto_accept_bytes = (uint64_t)bytes;
		set->fields |= SELF_AUTO_BYTES;
	}
	if (form_words(f, "auto_accept_kinds", words_file_kind,
		       &set->auto_accept_kinds))
		set->fields |= SELF_AUTO_KINDS;
}

struct reply *api_privacy_patch(struct request *r)
{
	struct event ev = {.type = EV_CMD_SELF_SET};
	struct cmd_self_set *set = &ev.self_set;
	struct reply *bad;
	struct form f;

	form_of_patch(&f, r);
	if (form_bool(&f, "read_receipts", FORM_OPTIONAL, &set->receipts))
		set->fields |= SELF_RECEIPTS;
	if (form_bool(&f, "typing", FORM_OPTIONAL, &set->typing))
		set->fields |= SELF_TYPING;
	read_auto_accept(&f, set);
	if ((bad = form_done(&f)))
		return bad;
	if (!set->fields)
		return command_self(r, privacy_shown);
	return op_submit(r, op_new(r, OP_COMMAND, privacy_shown), &ev);
}
