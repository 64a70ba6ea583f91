/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_plan - the node of the API's tests: it agrees to every command and says
 * what is to be saved.
 */
#include "api_kit.h"
#include "check.h"
#include "core/message.h"

static struct effect *next(struct pending *p, enum effect_type type,
			   enum journal_type journal)
{
	struct effect *e = &p->fx[p->fx_count++];

	assert_true(p->fx_count <= ARRAY_SIZE(p->fx));
	e->type = type;
	e->journal = journal;
	return e;
}

/* Bytes of fx[0] that live in p. */
static void keep(struct pending *p, struct bytes *place, struct bytes text)
{
	if (text.n)
		memcpy(p->text, text.p, text.n);
	*place = bytes_of(p->text, text.n);
	p->has_text = true;
}

void plan_settle(struct pending *p)
{
	struct effect *e = &p->fx[0];

	if (!p->has_text)
		return;
	if (e->type == FX_SAVE_MESSAGE)
		e->message.body.p = (const uint8_t *)p->text;
	else if (e->type == FX_SAVE_CHANGE)
		e->change.body.p = (const uint8_t *)p->text;
	else if (e->type == FX_SAVE_CONVERSATION)
		e->conversation.draft.p = (const uint8_t *)p->text;
}

/* An outgoing row of the next number. */
static struct effect *message(struct world *w, struct pending *p,
			      const struct event *ev, struct uid id,
			      struct uid contact)
{
	struct effect *e = next(p, FX_SAVE_MESSAGE, JOURNAL_MESSAGE_SENT);

	*e = kit_message_out(1, ++w->seq, "");
	e->message.id = id;
	e->message.contact_id = contact;
	e->message.sent_ms = ev->wall_ms;
	return e;
}

static void plan_offer(struct pending *p, const struct cmd_send *send,
		       const struct effect *message)
{
	struct effect *e = next(p, FX_SAVE_FILE, JOURNAL_FILE_STATE);

	e->file = *send->file;
	e->file.state = FILE_OFFERED;
	e->file.problem = FILE_NO_PROBLEM;
	e->file.contact_id = send->contact_id;
	e->file.message_id = send->message_id;
	e->file.mid = message->message.mid;
}

static void plan_send(struct world *w, struct pending *p, struct kit *k,
		      const struct event *ev)
{
	struct message_fields fields = {.has_reply_to = ev->send.has_reply_to,
					.reply_to = ev->send.reply_to};
	struct effect *e =
	    message(w, p, ev, ev->send.message_id, ev->send.contact_id);

	(void)k;
	keep(p, &e->message.body,
	     ev->send.file ? ev->send.descriptor : ev->send.text);
	e->message.client_id = ev->send.client_id;
	e->message.deadline_ms = ev->send.deadline_ms;
	e->message.extra_bytes =
	    message_fields_write(&fields, e->message.extra);
	if (ev->send.file) {
		e->message.kind = MESSAGE_FILE;
		plan_offer(p, &ev->send, e);
	}
	if (uid_is_zero(&ev->send.replaces))
		return;
	e = next(p, FX_SAVE_ERASE, JOURNAL_MESSAGE_DELETED);
	e->erase.contact_id = ev->send.contact_id;
	e->erase.message_id = ev->send.replaces;
	e->erase.how = ERASE_HIDE;
}

static void plan_edit(struct world *w, struct pending *p, struct kit *k,
		      const struct event *ev)
{
	struct effect *e = next(p, FX_SAVE_CHANGE, JOURNAL_MESSAGE_EDITED);

	(void)w;
	(void)k;
	e->change = (struct change_row){
	    .contact_id = ev->edit.target.contact_id,
	    .kind = CHANGE_EDIT,
	    .by = MESSAGE_OUT,
	    .ref = ev->edit.target.mid,
	    .at_ms = ev->wall_ms,
	};
	keep(p, &e->change.body, ev->edit.text);
}

static bool take_row(void *ctx, const struct file_info *f)
{
	struct file_row *row = ctx;

	*row = f->row;
	row->have = bytes_of(NULL, 0);
	return false;
}

static void plan_withdrawal(struct pending *p, struct kit *k,
			    struct uid message_id)
{
	struct effect *e = next(p, FX_SAVE_FILE, JOURNAL_FILE_STATE);

	assert_ok(
	    query_message_files(k->store, message_id, take_row, &e->file));
	e->file.state = FILE_CANCELLED;
	e->file.problem = FILE_WITHDRAWN;
}

static void plan_delete(struct world *w, struct pending *p, struct kit *k,
			const struct event *ev)
{
	static const enum erase_how hows[] = {
	    [DELETE_FOR_ME] = ERASE_HIDE,
	    [DELETE_FOR_ALL] = ERASE_MARK,
	    [DELETE_CANCEL] = ERASE_FAIL,
	};
	struct effect *e = next(p, FX_SAVE_ERASE, JOURNAL_MESSAGE_DELETED);

	(void)w;
	e->erase.contact_id = ev->delete.target.contact_id;
	e->erase.message_id = ev->delete.target.message_id;
	e->erase.how = hows[ev->delete.how];
	if (ev->delete.how != DELETE_CANCEL)
		return;
	e->journal = JOURNAL_MESSAGE_STATE;
	e->erase.problem = PROBLEM_CANCELLED;
	if (ev->delete.target.kind == MESSAGE_FILE)
		plan_withdrawal(p, k, ev->delete.target.message_id);
}

static void plan_react(struct world *w, struct pending *p, struct kit *k,
		       const struct event *ev)
{
	struct effect *e = next(p, FX_SAVE_CHANGE, JOURNAL_MESSAGE_REACTION);

	(void)w;
	(void)k;
	e->change = (struct change_row){
	    .contact_id = ev->react.target.contact_id,
	    .kind = CHANGE_REACTION,
	    .by = MESSAGE_OUT,
	    .ref = ev->react.target.mid,
	    .emoji = ev->react.emoji,
	    .at_ms = ev->wall_ms,
	};
}

static void plan_read(struct world *w, struct pending *p, struct kit *k,
		      const struct event *ev)
{
	(void)w;
	(void)k;
	next(p, FX_SAVE_READ, JOURNAL_CONVERSATION_READ)->read = ev->read;
}

static void plan_timer(struct world *w, struct pending *p, struct kit *k,
		       const struct event *ev)
{
	struct message_fields fields = {.has_ttl = true,
					.ttl_s = ev->timer.ttl_s};
	struct effect *e =
	    message(w, p, ev, ev->timer.message_id, ev->timer.contact_id);

	e->message.kind = MESSAGE_TIMER;
	e->message.extra_bytes =
	    message_fields_write(&fields, e->message.extra);
	e = next(p, FX_SAVE_CONTACT, JOURNAL_CONVERSATION_UPDATED);
	assert_ok(query_contact(k->store, ev->timer.contact_id, &e->contact));
	e->contact.ttl_s = ev->timer.ttl_s;
}

static void plan_nothing(struct world *w, struct pending *p, struct kit *k,
			 const struct event *ev)
{
	(void)w;
	(void)p;
	(void)k;
	(void)ev;
}

static void plan_conversation(struct world *w, struct pending *p, struct kit *k,
			      const struct event *ev)
{
	struct effect *e =
	    next(p, FX_SAVE_CONVERSATION, JOURNAL_CONVERSATION_UPDATED);

	(void)w;
	(void)k;
	e->conversation = ev->conversation_set;
	keep(p, &e->conversation.draft, ev->conversation_set.draft);
}

static void plan_history(struct world *w, struct pending *p, struct kit *k,
			 const struct event *ev)
{
	(void)w;
	(void)k;
	next(p, FX_SAVE_ERASE_ALL, JOURNAL_CONVERSATION_UPDATED)->erase_all =
	    ev->target;
}

static void plan_invite(struct world *w, struct pending *p, struct kit *k,
			const struct event *ev)
{
	struct effect *e = next(p, FX_SAVE_INVITE, JOURNAL_NONE);

	(void)w;
	(void)k;
	e->invite = kit_invite(1);
	e->invite.id = ev->invite_new.invite_id;
	e->invite.flags = 0;
	e->invite.state = INVITE_OPEN;
	e->invite.label = ev->invite_new.label;
	e->invite.created_ms = ev->wall_ms;
	e->invite.expires_ms = ev->wall_ms + ev->invite_new.lifetime_ms;
}

static void plan_connect(struct world *w, struct pending *p, struct kit *k,
			 const struct event *ev)
{
	struct effect *e = next(p, FX_SAVE_REQUEST, JOURNAL_REQUEST_STATE);

	(void)w;
	(void)k;
	e->request = (struct request_row){
	    .id = ev->connect.request_id,
	    .client_id = ev->connect.client_id,
	    .origin = REQUEST_BY_INVITE,
	    .state = REQUEST_QUEUED,
	    .alias = ev->connect.alias,
	    .greeting = ev->connect.greeting,
	    .created_ms = ev->wall_ms,
	};
	memcpy(e->request.invite, ev->connect.invite, INVITE_BYTES);
}

static void plan_knock(struct world *w, struct pending *p, struct kit *k,
		       const struct event *ev)
{
	struct effect *e = next(p, FX_SAVE_REQUEST, JOURNAL_REQUEST_STATE);

	(void)w;
	(void)k;
	e->request = (struct request_row){
	    .id = ev->knock.request_id,
	    .client_id = ev->knock.client_id,
	    .origin = REQUEST_BY_KNOCK,
	    .state = REQUEST_QUEUED,
	    .door = ev->knock.door,
	    .invite_id = ev->knock.invite_id,
	    .alias = ev->knock.alias,
	    .greeting = ev->knock.text,
	    .created_ms = ev->wall_ms,
	};
}

static void plan_accept(struct world *w, struct pending *p, struct kit *k,
			const struct event *ev)
{
	struct effect *e = next(p, FX_SAVE_REQUEST, JOURNAL_REQUEST_STATE);

	(void)w;
	assert_ok(query_request(k->store, ev->request_accept.request_id,
				&e->request));
	e->request.state = REQUEST_QUEUED;
	e->request.alias = ev->request_accept.alias;
}

static void plan_reject(struct world *w, struct pending *p, struct kit *k,
			const struct event *ev)
{
	struct effect *e = next(p, FX_SAVE_REQUEST, JOURNAL_REQUEST_STATE);

	(void)w;
	assert_ok(query_request(k->store, ev->target, &e->request));
	e->request.state = REQUEST_REJECTED;
}

static void set_contact(struct contact_row *row,
			const struct cmd_contact_set *set, uint64_t wall_ms)
{
	if (set->fields & CONTACT_ALIAS)
		row->alias = set->alias;
	if (set->fields & CONTACT_NOTE)
		row->note = set->note;
	if (set->fields & CONTACT_BLOCKED)
		row->blocked = set->blocked;
	if (set->fields & CONTACT_POLICY)
		row->policy = set->policy;
	if (set->fields & CONTACT_RECEIPTS)
		row->receipts = set->receipts;
	if (set->fields & CONTACT_TYPING)
		row->typing = set->typing;
	if (set->fields & CONTACT_COVER)
		row->cover = set->cover;
	if (set->fields & CONTACT_VERIFIED)
		row->verified = set->verified;
	if (set->fields & CONTACT_VERIFIED)
		row->verified_ms = wall_ms;
	if (set->fields & CONTACT_ALARM)
		row->alarm = false;
}

static void plan_contact(struct world *w, struct pending *p, struct kit *k,
			 const struct event *ev)
{
	struct effect *e = next(p, FX_SAVE_CONTACT, JOURNAL_CONTACT_UPDATED);

	(void)w;
	assert_ok(
	    query_contact(k->store, ev->contact_set.contact_id, &e->contact));
	set_contact(&e->contact, &ev->contact_set, ev->wall_ms);
}

static void plan_self(struct world *w, struct pending *p, struct kit *k,
		      const struct event *ev)
{
	struct effect *e = next(p, FX_SAVE_SELF, JOURNAL_PROFILE_UPDATED);
	const struct cmd_self_set *set = &ev->self_set;

	(void)w;
	if (query_self(k->store, &e->self) != OK)
		e->self = (struct self_row){.door_on = true,
					    .door = {{7}},
					    .door_created_ms = ev->wall_ms};
	if (set->fields & SELF_NAME)
		e->self.name = set->name;
	if (set->fields & SELF_STATUS)
		e->self.status = set->status;
	if (set->fields & SELF_MODE)
		e->self.mode = set->mode;
	if (set->fields & SELF_RECEIPTS)
		e->self.receipts = set->receipts;
	if (set->fields & SELF_TYPING)
		e->self.typing = set->typing;
	if (set->fields & SELF_DOOR_ON)
		e->self.door_on = set->door_on;
	if (set->fields & SELF_DOOR_NEW)
		e->self.door.b[1]++;
	if (set->fields & SELF_DIFFICULTY)
		e->self.difficulty = set->difficulty;
	if (set->fields & SELF_AUTO_BYTES)
		e->self.auto_accept_bytes = set->auto_accept_bytes;
	if (set->fields & SELF_AUTO_KINDS)
		e->self.auto_accept_kinds = set->auto_accept_kinds;
}

static void plan_gone(struct world *w, struct pending *p, struct kit *k,
		      const struct event *ev)
{
	static const struct {
		enum event_type from;
		enum effect_type to;
		enum journal_type journal;
	} kinds[] = {
	    {EV_CMD_INVITE_DELETE, FX_DELETE_INVITE, JOURNAL_NONE},
	    {EV_CMD_REQUEST_DELETE, FX_DELETE_REQUEST, JOURNAL_NONE},
	    {EV_CMD_CONTACT_DELETE, FX_DELETE_CONTACT, JOURNAL_CONTACT_REMOVED},
	    {EV_CMD_FILE_DELETE, FX_DELETE_FILE, JOURNAL_FILE_STATE},
	};
	size_t i = 0;

	(void)w;
	(void)k;
	while (kinds[i].from != ev->type)
		i++;
	next(p, kinds[i].to, kinds[i].journal)->target = ev->target;
}

static const struct {
	enum event_type type;
	void (*plan)(struct world *w, struct pending *p, struct kit *k,
		     const struct event *ev);
} plans[] = {
    {EV_CMD_SEND, plan_send},
    {EV_CMD_EDIT, plan_edit},
    {EV_CMD_DELETE, plan_delete},
    {EV_CMD_REACT, plan_react},
    {EV_CMD_READ, plan_read},
    {EV_CMD_TIMER, plan_timer},
    {EV_CMD_TYPING, plan_nothing},
    {EV_CMD_CONVERSATION_SET, plan_conversation},
    {EV_CMD_HISTORY_DELETE, plan_history},
    {EV_CMD_INVITE_NEW, plan_invite},
    {EV_CMD_INVITE_DELETE, plan_gone},
    {EV_CMD_CONNECT, plan_connect},
    {EV_CMD_KNOCK, plan_knock},
    {EV_CMD_REQUEST_ACCEPT, plan_accept},
    {EV_CMD_REQUEST_REJECT, plan_reject},
    {EV_CMD_REQUEST_DELETE, plan_gone},
    {EV_CMD_CONTACT_SET, plan_contact},
    {EV_CMD_CONTACT_DELETE, plan_gone},
    {EV_CMD_INTRODUCE, plan_nothing},
    {EV_CMD_SELF_SET, plan_self},
    {EV_CMD_FILE_SET, plan_nothing},
    {EV_CMD_FILE_DELETE, plan_gone},
    {EV_CMD_SELF_TEST, plan_nothing},
};

void plan_command(struct world *w, struct pending *p, struct kit *k,
		  const struct event *ev)
{
	size_t i = 0;

	while (plans[i].type != ev->type)
		i++;
	plans[i].plan(w, p, k, ev);
}
