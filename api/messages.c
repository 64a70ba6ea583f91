/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/offer.h"
#include "api/page.h"
#include "api/state.h"
#include "api/views.h"

struct message_list_page {
	struct request *r;
	struct jout *j;
	struct uid first, last;
	size_t count;
};

static bool put_message(void *ctx, const struct message_info *m)
{
	struct message_list_page *p = ctx;

	if (p->count++ == 0)
		p->first = m->row.id;
	p->last = m->row.id;
	view_message(p->j, NULL, p->r->api, request_user(p->r), m);
	return true;
}

static bool note_one(void *ctx, const struct message_info *m)
{
	bool *found = ctx;

	(void)m;
	*found = true;
	return false;
}

/* before, after, around: one of them at most. */
static struct reply *read_page(struct request *r, struct message_page *page)
{
	static const struct {
		const char *name;
		enum page_kind kind;
	} words[] = {{"before", PAGE_BEFORE},
		     {"after", PAGE_AFTER},
		     {"around", PAGE_AROUND}};
	struct form f;
	struct uid pivot;

	form_of_query(&f, r);
	page->conversation_id = r->path[ID_CONVERSATION];
	page->kind = PAGE_LATEST;
	page->limit =
	    (size_t)form_int(&f, "limit", 1, PAGE_LIMIT_MAX, PAGE_LIMIT);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!form_id(&f, words[i].name, ID_MESSAGE, FORM_OPTIONAL,
			     &pivot))
			continue;
		if (page->kind != PAGE_LATEST)
			form_fault(&f, words[i].name, "exclusive",
				   "only one of before, after, around");
		page->kind = words[i].kind;
		page->pivot = pivot;
	}
	return form_done(&f);
}

/* Is there something beyond the page, in the direction it was read? */
static enum err look_beyond(struct store *s, struct message_page page,
			    const struct message_list_page *got,
			    struct uid *next)
{
	bool found = false;
	enum err e;

	*next = (struct uid){{0}};
	if (page.kind == PAGE_AROUND || got->count < page.limit)
		return OK;
	if (page.kind == PAGE_LATEST)
		page.kind = PAGE_BEFORE;
	page.pivot = page.kind == PAGE_BEFORE ? got->first : got->last;
	page.limit = 1;
	e = query_messages(s, &page, note_one, &found);
	if (e == OK && found)
		*next = page.pivot;
	return e;
}

struct reply *api_messages_list(struct request *r)
{
	struct message_page page = {.limit = 0};
	struct message_list_page got = {.r = r};
	struct conversation_info c;
	struct uid next;
	struct reply *bad = read_page(r, &page);
	enum err e;

	if (bad)
		return bad;
	e = query_conversation(r->store, page.conversation_id, &c);
	if (e)
		return reply_err(r, e);
	got.j = reply_body(r);
	jout_open(got.j, NULL, '{');
	jout_open(got.j, "items", '[');
	e = query_messages(r->store, &page, put_message, &got);
	if (e == OK)
		e = look_beyond(r->store, page, &got, &next);
	if (e)
		return reply_err(r, e);
	jout_close(got.j, ']');
	jout_id(got.j, "next_cursor", ID_MESSAGE, &next);
	jout_close(got.j, '}');
	return reply_json(r, 200);
}

struct reply *api_message_get(struct request *r)
{
	enum err e =
	    view_message_of(reply_body(r), NULL, r->api, request_user(r),
			    r->path[ID_MESSAGE], NULL);

	return e ? reply_err(r, e) : reply_json(r, 200);
}

/* What POST asks for, before it is looked at what it refers to. */
struct draft {
	struct cmd_send send; /* text: also beside a file */
	struct uid reply_to;  /* zero: none */
	struct uid file;      /* the same */
	bool has_deadline;
};

static void read_draft(struct form *f, struct request *r, struct draft *out)
{
	size_t count;

	memset(out, 0, sizeof(*out));
	form_of_body(f, r);
	form_uuid(f, "client_id", FORM_REQUIRED, &out->send.client_id);
	form_ids(f, "file_ids", ID_FILE, 1, &out->file, &count);
	if (count)
		out->send.text =
		    form_text(f, "text", 1, CAPTION_MAX_BYTES, FORM_OPTIONAL);
	else
		out->send.text =
		    form_text(f, "text", 1, TEXT_MAX, FORM_REQUIRED);
	form_id(f, "reply_to", ID_MESSAGE, FORM_OPTIONAL, &out->reply_to);
	out->has_deadline =
	    form_time(f, "deliver_by", FORM_OPTIONAL, &out->send.deadline_ms);
}

static void say_past(struct form *f)
{
	form_fault(f, "deliver_by", "in_the_past", "it is over");
}

/* Fills in what a new message needs: the mid that it answers. */
static enum err look_up(struct form *f, struct request *r, struct draft *d,
			const struct uid *contact)
{
	struct target t;
	enum err e;

	if (d->has_deadline && d->send.deadline_ms <= api_wall_ms(r->api))
		say_past(f);
	if (uid_is_zero(&d->reply_to))
		return OK;
	e = query_target(r->store, d->reply_to, &t);
	if (e && e != ERR_NOT_FOUND)
		return e;
	if (e || !uid_is_equal(&t.contact_id, contact))
		form_fault(f, "reply_to", "not_found",
			   "no such message in this conversation");
	else
		d->send.reply_to = t.mid;
	d->send.has_reply_to = true;
	return OK;
}

struct known_message {
	struct request *r;
	const struct draft *draft;
	struct uid id;
	bool is_same, is_gone;
};

/* What was edited or erased since then cannot be compared any more. */
static bool is_same(struct store *s, const struct draft *d,
		    const struct message_info *m)
{
	bool as_sent = !m->edited_ms && !m->row.deleted && !m->row.withdrawn;

	if (as_sent && !offer_is_same(s, m, d->file, d->send.text))
		return false;
	if (!as_sent || d->send.deadline_ms != m->row.deadline_ms)
		return !as_sent;
	if (m->is_reply == uid_is_zero(&d->reply_to))
		return false;
	return uid_is_zero(&m->reply_to) ||
	       uid_is_equal(&m->reply_to, &d->reply_to);
}

/* To one who sends and does not read: what he knows already, and how far it
 * is. */
static void put_receipt(struct request *r, const struct message_info *m)
{
	if (auth_has_scope(r, SCOPE_MESSAGES_READ))
		view_message(reply_body(r), NULL, r->api, request_user(r), m);
	else
		view_receipt(reply_body(r), m);
}

static bool take_known(void *ctx, const struct message_info *m)
{
	struct known_message *k = ctx;

	k->id = m->row.id;
	k->is_gone = m->row.hidden;
	k->is_same = is_same(k->r->store, k->draft, m);
	if (k->is_same && !k->is_gone)
		put_receipt(k->r, m);
	return false;
}

static void locate(struct request *r, const struct uid *message)
{
	char user[ID_TEXT + 1], id[ID_TEXT + 1];

	id_encode(ID_USER, &request_user(r), user);
	id_encode(ID_MESSAGE, message, id);
	reply_location(r, "/v1/users/%s/messages/%s", user, id);
}

/* What a repeat gets; NULL if there is no such message yet. */
static struct reply *find_known(struct request *r, const struct draft *draft,
				bool is_first)
{
	struct known_message k = {.r = r, .draft = draft};
	enum err e =
	    query_message_by_client(r->store, r->path[ID_CONVERSATION],
				    draft->send.client_id, take_known, &k);

	if (e == ERR_NOT_FOUND)
		return NULL;
	if (e)
		return reply_err(r, e);
	if (!k.is_same)
		return reply_error(r, PROBLEM_CLIENT_ID_REUSED, NULL);
	if (k.is_gone)
		return reply_error(r, PROBLEM_CONFLICT,
				   "it was sent, and deleted here");
	if (is_first)
		locate(r, &k.id);
	return reply_json(r, is_first ? 201 : 200);
}

static struct reply *sent(struct request *r, const struct op *op, enum err e)
{
	struct reply *reply;
	struct draft d;
	struct form f;

	read_draft(&f, r, &d);
	if ((e == ERR_EXISTS || e == ERR_FULL) && !uid_is_zero(&d.file))
		return offer_refused(r, e);
	if (e && e != ERR_RANGE)
		return command_error(r, op, e);
	/* It was over when the node looked. */
	if (e) {
		say_past(&f);
		return form_done(&f);
	}
	reply = find_known(r, &d, r == op->first);
	return reply ? reply : reply_err(r, ERR_NOT_FOUND);
}

static struct reply *submit(struct request *r, const struct draft *d,
			    const struct conversation_info *c)
{
	struct event ev = {.type = EV_CMD_SEND, .send = d->send};
	struct reply *reply;
	struct offer offer;
	struct op *op;

	if (!uid_is_zero(&d->file)) {
		reply = offer_make(r, d->file, d->send.text, &offer);
		if (reply)
			return reply;
		ev.send.file = &offer.info.row;
		ev.send.descriptor = offer.descriptor;
		ev.send.text = bytes_of(NULL, 0);
	}
	op = op_new(r, OP_COMMAND, sent);
	op->object = api_new_id(r->api);
	op->place = c->id;
	op->client_id = d->send.client_id;
	ev.send.contact_id = c->contact_id;
	ev.send.message_id = op->object;
	reply = op_submit(r, op, &ev);
	if (ev.send.file)
		offer_clear(&offer);
	return reply;
}

struct reply *api_messages_post(struct request *r)
{
	struct conversation_info c;
	struct reply *reply;
	struct draft d;
	struct form f;
	struct op *op;
	enum err e;

	e = query_conversation(r->store, r->path[ID_CONVERSATION], &c);
	if (e)
		return reply_err(r, e);
	read_draft(&f, r, &d);
	if ((reply = form_done(&f)) || (reply = find_known(r, &d, false)))
		return reply;
	if ((e = look_up(&f, r, &d, &c.contact_id)))
		return reply_err(r, e);
	op = op_find(r->api, request_user(r), c.id, d.send.client_id);
	if (op) {
		op_join(op, r);
		return reply_later(r);
	}
	if ((reply = form_done(&f)) || (reply = auth_take_send(r)))
		return reply;
	return submit(r, &d, &c);
}
