/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/contact.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/files.h"
#include "core/intake.h"
#include "core/noise.h"
#include "core/onion.h"
#include "core/step.h"
#include "util/mem.h"

static bool is_leader(const struct contact_row *row)
{
	struct pubkey mine;

	noise_public(&row->my_static, &mine);
	return memcmp(mine.b, row->peer_static.b, sizeof(mine.b)) < 0;
}

/* The only place that changes a contact's state. */
static void set_state(struct contact *c, enum contact_state s)
{
	assert(c->row.state == CONTACT_PAIRING && s == CONTACT_ACTIVE);
	c->row.state = s;
}

/* PROTOCOL 6.3: Every key in a card, and r, MUST be random, fresh, and used
 * for this pair alone. */
void contact_row_new(struct step *st, struct contact_row *out)
{
	memset(out, 0, sizeof(*out));
	step_uid(st, &out->id);
	step_uid(st, &out->conversation_id);
	out->state = CONTACT_PAIRING;
	step_random(st, out->my_static.b, sizeof(out->my_static.b));
	step_random(st, out->my_cell.b, sizeof(out->my_cell.b));
	step_random(st, out->my_auth.b, sizeof(out->my_auth.b));
	step_random(st, out->my_r.b, sizeof(out->my_r.b));
	out->n.send_next = 1;
	out->n.recv_next = 1;
	out->rekey.since_ms = st->wall_ms;
	out->created_ms = st->wall_ms;
}

void contact_rekeyed(struct contact *c)
{
	c->is_leader = is_leader(&c->row);
	onion_public(&c->row.my_cell, &c->onion);
	c->surplus_ms = NEVER;
	c->rekey_ms = NEVER;
	c->redial_ms = NEVER;
	c->calm_ms = 0;
	c->dialled_ms = 0;
}

void contact_renumbered(struct contact *c)
{
	uint64_t acked = c->row.n.peer_acked;

	c->out.next = acked + 1;
	c->out.sent_high = acked;
	c->out.marked = acked;
	c->out.sent = acked;
	c->out.sent_ms = NEVER;
}

struct contact *contact_new(struct node *n, const struct contact_row *row)
{
	struct contact *c = xcalloc(1, sizeof(*c));

	c->row = *row;
	contact_rekeyed(c);
	c->publish_ms = NEVER;
	c->rest_ms = NEVER;
	c->dial_ms = NEVER;
	intake_init(n, c);
	contact_renumbered(c);
	c->typing_out.say_ms = NEVER;
	c->receipt_out.at_ms = NEVER;
	list_init(&c->files);
	list_put_last(&n->contacts, &c->in_node);
	n->contact_count++;
	return c;
}

void contact_free(struct node *n, struct contact *c)
{
	list_take(&c->in_node);
	n->contact_count--;
	files_free_all(c);
	xfree(c->out.flight, WINDOW * sizeof(*c->out.flight));
	xfree(c, sizeof(*c));
}

struct contact *contact_find(const struct node *n, const struct uid *id)
{
	struct list_node *i;

	list_for_each (i, &n->contacts) {
		struct contact *c = contact_at(i);

		if (uid_is_equal(&c->row.id, id))
			return c;
	}
	return NULL;
}

void contact_touch(struct contact *c, enum journal_type journal)
{
	c->row_changed = true;
	if (journal != JOURNAL_NONE)
		c->journal |= 1u << journal;
}

void contact_touch_counters(struct contact *c)
{
	c->counters_changed = true;
}

static void put_row(struct step *st, struct contact *c,
		    enum journal_type journal)
{
	struct effect e = {.type = FX_SAVE_CONTACT, .journal = journal};

	e.contact = c->row;
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
	c->row_changed = false;
	c->counters_changed = false;
	c->journal = 0;
}

/* One line of the journal goes with each row: as many rows as there are
 * things to tell, for none of them makes up for another. */
static void put_rows(struct step *st, struct contact *c)
{
	unsigned left = c->journal;
	enum journal_type type;

	if (left == 0)
		put_row(st, c, JOURNAL_NONE);
	for (type = JOURNAL_NONE; left >> type; type++)
		if (left >> type & 1)
			put_row(st, c, type);
}

void contact_load_file(struct node *n, const struct file_row *row)
{
	struct contact *c = contact_find(n, &row->contact_id);

	if (c)
		files_load(c, row);
}

void contact_save(struct step *st, struct contact *c)
{
	struct effect e = {.type = FX_SAVE_COUNTERS};

	if (c->row_changed) {
		put_rows(st, c);
	} else if (c->counters_changed) {
		e.counters.contact_id = c->row.id;
		e.counters.n = c->row.n;
		step_put(st, &e);
		c->counters_changed = false;
	}
}

void contact_finish(struct step *st, struct contact *c)
{
	files_sweep(c);
	contact_save(st, c);
}

void contact_activate(struct step *st, struct contact *c)
{
	set_state(c, CONTACT_ACTIVE);
	memset(&c->row.invite_id, 0, sizeof(c->row.invite_id));
	sodium_memzero(&c->row.my_r, sizeof(c->row.my_r));
	put_row(st, c, JOURNAL_CONTACT_ADDED);
	c->is_new = true;
}

void contact_alarm(struct contact *c)
{
	if (c->row.alarm)
		return;
	c->row.alarm = true;
	contact_touch(c, JOURNAL_CONTACT_UPDATED);
}
