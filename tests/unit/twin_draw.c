/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "twin_draw.h"

#include <stdio.h>
#include <string.h>

#include "store_kit.h"
#include "util/mem.h"

#define DAY_MS (24ULL * 3600 * 1000)

void draw_start(struct draw *d, uint64_t seed)
{
	uint8_t entropy[32] = {0};

	memset(d, 0, sizeof(*d));
	memcpy(entropy, &seed, sizeof(seed));
	rng_init(&d->rng, entropy);
	d->wall_ms = KIT_WALL;
}

uint64_t draw_below(struct draw *d, uint64_t n)
{
	uint64_t v;

	rng_bytes(&d->rng, &v, sizeof(v));
	return v % n;
}

static bool one_in(struct draw *d, uint64_t n)
{
	return draw_below(d, n) == 0;
}

struct uid draw_contact_id(size_t i)
{
	return kit_uid('c', (uint32_t)i);
}

struct uid draw_conversation_id(size_t i)
{
	return kit_uid('v', (uint32_t)i);
}

static struct bytes draw_body(struct draw *d, const char *what)
{
	int n = snprintf(d->body, sizeof(d->body), "%s %u", what,
			 (unsigned)draw_below(d, 1000000));

	return bytes_of(d->body, (size_t)n);
}

/* The n-th mid of a contact. */
static struct mid mid_of(size_t contact, uint32_t n)
{
	struct uid id = kit_uid((char)('A' + contact), n);
	struct mid mid;

	memcpy(mid.b, id.b, sizeof(mid.b));
	return mid;
}

/* Of a message that there was, is, or will be. */
static struct mid some_mid(struct draw *d, size_t contact)
{
	uint32_t n = d->contacts[contact].mids;
	uint32_t back = (uint32_t)draw_below(d, one_in(d, 3) ? n + 1 : 12);

	return mid_of(contact, n + 3 > back ? n + 3 - back : 1);
}

static struct uid some_message(struct draw *d, size_t contact)
{
	uint32_t first = d->contacts[contact].first_id;
	uint32_t count = d->ids - first + 1;
	uint32_t back = (uint32_t)draw_below(d, one_in(d, 3) ? count : 20);

	return kit_uid('m', d->ids > back ? d->ids - back : 1);
}

static void draw_contact(struct draw *d, size_t i, struct effect *e)
{
	struct draw_contact *c = &d->contacts[i];

	e->type = FX_SAVE_CONTACT;
	e->journal =
	    c->exists ? JOURNAL_CONTACT_UPDATED : JOURNAL_CONVERSATION_CREATED;
	e->contact = kit_contact((uint32_t)draw_below(d, 50));
	e->contact.id = draw_contact_id(i);
	e->contact.conversation_id = draw_conversation_id(i);
	e->contact.state = CONTACT_ACTIVE;
	if (!c->exists)
		*c = (struct draw_contact){
		    .exists = true, .mids = c->mids, .first_id = d->ids};
}

static void draw_extra(struct draw *d, size_t contact, struct message_row *m)
{
	bool introduces = m->kind == MESSAGE_INTRODUCTION;
	struct message_fields f = {.has_ref = m->hidden && !introduces,
				   .has_invite = introduces};

	f.ref = some_mid(d, contact);
	if (introduces)
		strcpy(f.name.s, "somebody");
	if (m->kind == MESSAGE_REACTION)
		strcpy(f.emoji.s, "+1");
	if (m->kind == MESSAGE_TEXT) {
		f.has_reply_to = one_in(d, 3);
		f.reply_to = some_mid(d, contact);
	}
	if (message_kind_is_known(m->kind))
		m->extra_bytes = message_fields_write(&f, m->extra);
}

static void draw_out(struct draw *d, size_t contact, struct message_row *m)
{
	static const uint16_t hidden[] = {MESSAGE_EDIT, MESSAGE_DELETE,
					  MESSAGE_REACTION, MESSAGE_READ_UP_TO,
					  MESSAGE_INTRODUCTION};

	m->dir = MESSAGE_OUT;
	m->state = one_in(d, 2) ? MESSAGE_QUEUED : MESSAGE_SENDING;
	m->seq = ++d->contacts[contact].sent;
	m->mid = mid_of(contact, ++d->contacts[contact].mids);
	rng_bytes(&d->rng, m->chain.b, sizeof(m->chain.b));
	m->sent_ms = d->wall_ms;
	if (one_in(d, 3)) {
		m->hidden = true;
		m->kind = hidden[draw_below(d, ARRAY_SIZE(hidden))];
	} else {
		m->client_id = kit_uid('k', d->ids);
		m->deadline_ms =
		    one_in(d, 4) ? d->wall_ms + draw_below(d, DAY_MS) : 0;
	}
}

static void draw_in(struct draw *d, size_t contact, struct message_row *m)
{
	m->dir = MESSAGE_IN;
	m->state = MESSAGE_RECEIVED;
	m->seq = ++d->contacts[contact].received;
	/* Or one that came already, or one like one of ours. */
	if (one_in(d, 4))
		m->mid = some_mid(d, contact);
	else
		m->mid = mid_of(contact, ++d->contacts[contact].mids);
	m->sent_ms = d->wall_ms - draw_below(d, 9 * DAY_MS);
	m->received_ms = d->wall_ms;
	if (one_in(d, 10))
		m->kind = 77;
}

static void draw_message(struct draw *d, size_t contact, struct effect *e)
{
	struct message_row *m = &e->message;

	e->type = FX_SAVE_MESSAGE;
	m->id = kit_uid('m', ++d->ids);
	m->contact_id = draw_contact_id(contact);
	m->kind = one_in(d, 10) ? MESSAGE_TIMER : MESSAGE_TEXT;
	m->ttl_s = one_in(d, 3) ? 5 + (uint32_t)draw_below(d, 100000) : 0;
	m->body = draw_body(d, "text");
	if (one_in(d, 2))
		draw_out(d, contact, m);
	else
		draw_in(d, contact, m);
	if (m->hidden)
		m->ttl_s = 0;
	else
		e->journal = m->dir == MESSAGE_IN ? JOURNAL_MESSAGE_RECEIVED
						  : JOURNAL_MESSAGE_SENT;
	draw_extra(d, contact, m);
}

static bool draw_state(struct draw *d, size_t contact, struct effect *e)
{
	static const enum message_state states[] = {
	    MESSAGE_QUEUED, MESSAGE_SENDING,   MESSAGE_SENT,
	    MESSAGE_FAILED, MESSAGE_DELIVERED, MESSAGE_DELIVERED};
	uint64_t sent = d->contacts[contact].sent;
	uint64_t back = 1 + draw_below(d, 8);

	if (sent == 0)
		return false;
	e->type = FX_SAVE_STATE;
	e->journal = JOURNAL_MESSAGE_STATE;
	e->state.contact_id = draw_contact_id(contact);
	e->state.to_seq = sent > back ? sent - back + 1 : sent;
	e->state.from_seq = 1 + draw_below(d, e->state.to_seq);
	e->state.state = states[draw_below(d, 6)];
	e->state.at_ms = d->wall_ms;
	return true;
}

static void draw_change(struct draw *d, size_t contact, struct effect *e)
{
	static const enum journal_type journal[] = {
	    JOURNAL_NONE, JOURNAL_MESSAGE_EDITED, JOURNAL_MESSAGE_DELETED,
	    JOURNAL_MESSAGE_REACTION, JOURNAL_MESSAGE_STATE};
	struct change_row *c = &e->change;

	e->type = FX_SAVE_CHANGE;
	c->contact_id = draw_contact_id(contact);
	c->kind = (enum change_kind)(1 + draw_below(d, 4));
	e->journal = journal[c->kind];
	c->by = one_in(d, 3) ? MESSAGE_OUT : MESSAGE_IN;
	c->ref = some_mid(d, contact);
	c->at_ms = d->wall_ms - draw_below(d, DAY_MS);
	if (c->kind == CHANGE_EDIT)
		c->body = draw_body(d, "edited");
	if (c->kind == CHANGE_REACTION && !one_in(d, 3))
		snprintf(c->emoji.s, sizeof(c->emoji.s), "%c",
			 (char)('a' + (int)draw_below(d, 4)));
}

static void draw_erase(struct draw *d, size_t contact, struct effect *e)
{
	e->type = FX_SAVE_ERASE;
	e->journal = JOURNAL_MESSAGE_DELETED;
	e->erase.contact_id = draw_contact_id(contact);
	e->erase.message_id = some_message(d, contact);
	e->erase.how = (enum erase_how)draw_below(d, 3);
	if (e->erase.how == ERASE_FAIL)
		e->erase.problem = PROBLEM_CANCELLED;
}

static void draw_read(struct draw *d, size_t contact, struct effect *e)
{
	e->type = FX_SAVE_READ;
	e->journal = JOURNAL_CONVERSATION_READ;
	e->read.contact_id = draw_contact_id(contact);
	e->read.message_id = some_message(d, contact);
}

static void draw_set(struct draw *d, size_t contact, struct effect *e)
{
	struct cmd_conversation_set *set = &e->conversation;

	e->type = FX_SAVE_CONVERSATION;
	e->journal = JOURNAL_CONVERSATION_UPDATED;
	set->contact_id = draw_contact_id(contact);
	set->fields = (unsigned)draw_below(d, 16);
	set->muted_until_ms = draw_below(d, 3);
	set->archived = one_in(d, 2);
	set->pinned = one_in(d, 2);
	set->draft = one_in(d, 2) ? draw_body(d, "draft") : bytes_of(NULL, 0);
}

static void draw_all(size_t contact, struct effect *e)
{
	e->type = FX_SAVE_ERASE_ALL;
	e->journal = JOURNAL_CONVERSATION_UPDATED;
	e->erase_all = draw_contact_id(contact);
}

static void draw_end(struct draw *d, size_t contact, struct effect *e)
{
	e->type = FX_DELETE_CONTACT;
	e->journal = JOURNAL_CONTACT_REMOVED;
	e->target = draw_contact_id(contact);
	d->contacts[contact].exists = false;
}

/* A contact's message that offers a file; the file is the next effect. */
static void draw_offer(struct draw *d, size_t contact, struct effect *e)
{
	struct message_row *m = &e->message;
	struct file_row *f = &d->offer;
	struct wire_writer w;
	struct file_desc desc;

	memset(f, 0, sizeof(*f));
	f->id = kit_uid('f', ++d->files);
	f->contact_id = draw_contact_id(contact);
	f->message_id = kit_uid('m', ++d->ids);
	f->mid = mid_of(contact, ++d->contacts[contact].mids);
	f->dir = MESSAGE_IN;
	f->state = FILE_OFFERED;
	f->size = draw_below(d, 300000);
	f->chunk_log2 = CHUNK_LOG2_MIN;
	/* Now and then one that he had before. */
	memcpy(f->fid.b, kit_uid('F', one_in(d, 6) ? d->files / 2 : d->files).b,
	       sizeof(f->fid.b));
	rng_bytes(&d->rng, f->key.b, sizeof(f->key.b));
	snprintf(f->name.s, sizeof(f->name.s), "file %u", d->files);
	f->created_ms = d->wall_ms;
	desc = (struct file_desc){.plan = {.fid = f->fid,
					   .size = f->size,
					   .chunk_log2 = f->chunk_log2},
				  .key = f->key,
				  .name = f->name};
	wire_write_init(&w, d->descriptor, sizeof(d->descriptor));
	file_desc_write(&w, &desc);
	e->type = FX_SAVE_MESSAGE;
	e->journal = JOURNAL_MESSAGE_RECEIVED;
	m->id = f->message_id;
	m->contact_id = f->contact_id;
	m->mid = f->mid;
	m->dir = MESSAGE_IN;
	m->state = MESSAGE_RECEIVED;
	m->seq = ++d->contacts[contact].received;
	m->kind = MESSAGE_FILE;
	m->body = wire_written(&w);
	m->sent_ms = m->received_ms = d->wall_ms;
	d->has_offer = true;
}

static void draw_file(struct draw *d, struct effect *e)
{
	e->type = FX_SAVE_FILE;
	e->journal = JOURNAL_FILE_STATE;
	e->file = d->offer;
	d->has_offer = false;
}

static void draw_file_end(struct draw *d, struct effect *e)
{
	e->type = FX_DELETE_FILE;
	e->journal = JOURNAL_FILE_STATE;
	e->target = kit_uid('f', 1 + (uint32_t)draw_below(d, d->files + 1));
}

void draw_file_change(struct draw *d, const struct file_row *row,
		      struct effect *e)
{
	memset(e, 0, sizeof(*e));
	e->type = FX_SAVE_FILE;
	e->journal = one_in(d, 2) ? JOURNAL_FILE_STATE : JOURNAL_NONE;
	e->file = *row;
	e->file.state = (enum file_state)(FILE_RUNNING +
					  draw_below(d, one_in(d, 4) ? 5 : 2));
	e->file.problem = e->file.state == FILE_PAUSED && one_in(d, 2)
			      ? FILE_NO_SPACE
			      : FILE_NO_PROBLEM;
	rng_bytes(&d->rng, d->have, sizeof(d->have));
	e->file.have_count = (uint32_t)draw_below(d, 4);
	e->file.have = row->size > 0 ? bytes_of(d->have, 1) : bytes_of(NULL, 0);
	e->file.expires_ms = draw_below(d, 3);
}

bool draw_effect(struct draw *d, struct effect *e)
{
	size_t contact = (size_t)draw_below(d, TWIN_CONTACTS);
	uint64_t n = draw_below(d, 1060);

	memset(e, 0, sizeof(*e));
	if (d->has_offer) {
		draw_file(d, e);
		return true;
	}
	/* A history now and then that goes in more than one lot. */
	if (d->burst == 0 && one_in(d, 100)) {
		d->burst = 2 * SWEEP_MAX;
		d->talker = contact;
	}
	if (d->burst > 0) {
		d->burst--;
		contact = d->talker;
		n = d->burst > 0 ? 100 : 990;
	}
	d->wall_ms += draw_below(d, one_in(d, 50) ? 20 * DAY_MS : 60000);
	if (!d->contacts[contact].exists || n < 20)
		draw_contact(d, contact, e);
	else if (n < 400)
		draw_message(d, contact, e);
	else if (n < 550)
		return draw_state(d, contact, e);
	else if (n < 800)
		draw_change(d, contact, e);
	else if (n < 880)
		draw_erase(d, contact, e);
	else if (n < 920)
		draw_read(d, contact, e);
	else if (n < 935)
		e->type = FX_SAVE_SWEEP;
	else if (n < 980)
		draw_set(d, contact, e);
	else if (n < 997)
		draw_all(contact, e);
	else if (n < 1000)
		draw_end(d, contact, e);
	else if (n < 1050)
		draw_offer(d, contact, e);
	else
		draw_file_end(d, e);
	return true;
}
