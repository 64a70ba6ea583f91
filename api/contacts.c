/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <sodium.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/narrow.h"
#include "api/page.h"
#include "api/state.h"
#include "api/views.h"

struct contact_page {
	struct request *r;
	struct page *page;
	struct sight sight;
};

static bool put_contact(void *ctx, const struct contact_row *row)
{
	struct contact_page *cp = ctx;

	if (!sight_has_contact(&cp->sight, row))
		return true;
	if (!page_take(cp->page, &row->id))
		return false;
	view_contact(cp->page->j, NULL, cp->r->api, request_user(cp->r), row);
	return true;
}

struct reply *api_contacts_list(struct request *r)
{
	struct page p;
	struct reply *bad = page_open(&p, r, ID_CONTACT);
	struct contact_page cp = {r, &p, sight_of(r)};
	enum err e;

	if (bad)
		return bad;
	e = query_contacts(r->store, page_after(&p),
			   narrow_limit(&cp.sight, p.limit + 1), put_contact,
			   &cp);
	return page_close_err(&p, r, e);
}

static struct reply *show(struct request *r)
{
	enum err e = view_contact_of(reply_body(r), NULL, r->api,
				     request_user(r), r->path[ID_CONTACT]);

	return e ? reply_err(r, e) : reply_json(r, 200);
}

struct reply *api_contact_get(struct request *r)
{
	return show(r);
}

/* NULL, or 404: what is not a contact cannot be changed. */
static struct reply *check_contact(struct request *r)
{
	struct contact_row row;
	enum err e = query_contact(r->store, r->path[ID_CONTACT], &row);

	sodium_memzero(&row, sizeof(row));
	return e ? reply_err(r, e) : NULL;
}

static struct reply *changed(struct request *r, const struct op *op, enum err e)
{
	return e ? command_error(r, op, e) : show(r);
}

static void patch_texts(struct form *f, struct cmd_contact_set *set)
{
	struct bytes alias, note;

	if (form_cleared(f, "alias")) {
		set->fields |= CONTACT_ALIAS;
	} else if ((alias = form_label(f, "alias", FORM_OPTIONAL)).p) {
		set->fields |= CONTACT_ALIAS;
		if (f->fault_count == 0)
			memcpy(set->alias.s, alias.p, alias.n);
	}
	if (form_cleared(f, "note")) {
		set->fields |= CONTACT_NOTE;
	} else if ((note =
			form_text(f, "note", 0, NOTE_MAX_BYTES, FORM_OPTIONAL))
		       .p) {
		set->fields |= CONTACT_NOTE;
		if (f->fault_count == 0)
			memcpy(set->note.s, note.p, note.n);
	}
}

static void patch_words(struct form *f, struct cmd_contact_set *set)
{
	unsigned v;

	if (form_word(f, "policy", FORM_OPTIONAL, words_policy, &v)) {
		set->fields |= CONTACT_POLICY;
		set->policy = (enum contact_policy)v;
	}
	if (form_word(f, "read_receipts", FORM_OPTIONAL, words_choice, &v)) {
		set->fields |= CONTACT_RECEIPTS;
		set->receipts = (enum choice)v;
	}
	if (form_word(f, "typing", FORM_OPTIONAL, words_choice, &v)) {
		set->fields |= CONTACT_TYPING;
		set->typing = (enum choice)v;
	}
}

static void patch_switches(struct form *f, struct cmd_contact_set *set)
{
	bool alarm;

	if (form_bool(f, "blocked", FORM_OPTIONAL, &set->blocked))
		set->fields |= CONTACT_BLOCKED;
	if (form_bool(f, "cover", FORM_OPTIONAL, &set->cover))
		set->fields |= CONTACT_COVER;
	if (!form_bool(f, "alarm", FORM_OPTIONAL, &alarm))
		return;
	set->fields |= CONTACT_ALARM;
	if (alarm)
		form_fault(f, "alarm", "unknown_value",
			   "it can only be ended: false");
}

struct reply *api_contact_patch(struct request *r)
{
	struct event ev = {.type = EV_CMD_CONTACT_SET};
	struct cmd_contact_set *set = &ev.contact_set;
	struct reply *bad;
	struct form f;

	if ((bad = check_contact(r)))
		return bad;
	form_of_patch(&f, r);
	patch_texts(&f, set);
	patch_words(&f, set);
	patch_switches(&f, set);
	if ((bad = form_done(&f)))
		return bad;
	if (!set->fields)
		return show(r);
	set->contact_id = r->path[ID_CONTACT];
	return op_submit(r, op_new(r, OP_COMMAND, changed), &ev);
}

struct reply *api_contact_delete(struct request *r)
{
	struct event ev = {.type = EV_CMD_CONTACT_DELETE};
	struct reply *bad = check_contact(r);

	if (bad)
		return bad;
	ev.target = r->path[ID_CONTACT];
	return op_submit(r, op_new(r, OP_COMMAND, command_deleted), &ev);
}

static struct reply *introduced(struct request *r, const struct op *op,
				enum err e)
{
	return e ? command_error(r, op, e) : reply_empty(r, 202);
}

static enum err read_other(struct form *f, struct request *r, struct uid *other)
{
	struct sight s = sight_of(r);
	struct contact_row row;
	enum err e;

	if (!form_id(f, "to", ID_CONTACT, FORM_REQUIRED, other))
		return OK;
	e = query_contact(r->store, *other, &row);
	if (e == OK && !sight_has_contact(&s, &row))
		e = ERR_NOT_FOUND;
	sodium_memzero(&row, sizeof(row));
	if (uid_is_equal(other, &r->path[ID_CONTACT]))
		form_fault(f, "to", "same", "it takes two");
	else if (e == ERR_NOT_FOUND)
		form_fault(f, "to", "not_found", "no such contact");
	return e == ERR_NOT_FOUND ? OK : e;
}

struct reply *api_contact_introduce(struct request *r)
{
	struct event ev = {.type = EV_CMD_INTRODUCE};
	struct cmd_introduce *in = &ev.introduce;
	struct reply *bad;
	struct form f;
	enum err e;

	if ((bad = check_contact(r)))
		return bad;
	form_of_body(&f, r);
	e = read_other(&f, r, &in->contact_id[1]);
	if (e)
		return reply_err(r, e);
	if ((bad = form_done(&f)) || (bad = auth_take_send(r)))
		return bad;
	in->contact_id[0] = r->path[ID_CONTACT];
	return op_submit(r, op_new(r, OP_COMMAND, introduced), &ev);
}
