/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static bool same_uid(const struct uid *a, const struct uid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

struct disk *disk_new(void)
{
	return xcalloc(1, sizeof(struct disk));
}

struct disk *disk_clone(const struct disk *d)
{
	struct disk *c = xmemdup(d, sizeof(*d));
	size_t i;

	c->contacts =
	    xmemdup(d->contacts, d->contact_count * sizeof(*d->contacts));
	c->invites = xmemdup(d->invites, d->invite_count * sizeof(*d->invites));
	c->requests =
	    xmemdup(d->requests, d->request_count * sizeof(*d->requests));
	c->messages =
	    xmemdup(d->messages, d->message_count * sizeof(*d->messages));
	c->message_cap = d->message_count;
	for (i = 0; i < d->message_count; i++)
		c->messages[i].body.p =
		    xmemdup(d->messages[i].body.p, d->messages[i].body.n);
	changes_clone(&c->changes);
	return c;
}

static void free_body(struct message_row *m)
{
	free((void *)(uintptr_t)m->body.p);
}

void disk_free(struct disk *d)
{
	size_t i;

	if (!d)
		return;
	for (i = 0; i < d->message_count; i++)
		free_body(&d->messages[i]);
	changes_free(&d->changes);
	free(d->contacts);
	free(d->invites);
	free(d->requests);
	free(d->messages);
	free(d);
}

/* Rows of the three small tables all begin with their id. */
struct table {
	char **rows;
	size_t *count;
	size_t size;
};

static void *row_find(const struct table *t, const struct uid *id)
{
	size_t i;

	for (i = 0; i < *t->count; i++) {
		char *row = *t->rows + i * t->size;

		if (memcmp(row, id, sizeof(*id)) == 0)
			return row;
	}
	return NULL;
}

static void row_save(const struct table *t, const void *row)
{
	void *old = row_find(t, row);

	if (!old) {
		*t->rows = xrealloc(*t->rows, (*t->count + 1) * t->size);
		old = *t->rows + *t->count * t->size;
		(*t->count)++;
	}
	memcpy(old, row, t->size);
}

static void row_delete(const struct table *t, const struct uid *id)
{
	char *row = row_find(t, id);
	size_t after;

	if (!row)
		return;
	after = (size_t)(*t->rows + *t->count * t->size - row) - t->size;
	memmove(row, row + t->size, after);
	(*t->count)--;
}

#define TABLE(d, kind)                                                         \
	((struct table){(char **)(void *)&(d)->kind##s, &(d)->kind##_count,    \
			sizeof(*(d)->kind##s)})

struct contact_row *disk_contact(const struct disk *d, const struct uid *id)
{
	struct disk *w = (struct disk *)(uintptr_t)d;
	struct table t = TABLE(w, contact);

	return row_find(&t, id);
}

static bool is_of(const struct message_row *m, const struct uid *contact_id,
		  enum message_dir dir)
{
	return m->dir == dir && same_uid(&m->contact_id, contact_id);
}

const struct message_row *disk_message(const struct disk *d,
				       const struct uid *contact_id,
				       enum message_dir dir, size_t i)
{
	size_t k;

	for (k = 0; k < d->message_count; k++)
		if (is_of(&d->messages[k], contact_id, dir) && i-- == 0)
			return &d->messages[k];
	return NULL;
}

size_t disk_count(const struct disk *d, const struct uid *contact_id,
		  enum message_dir dir)
{
	size_t k, n = 0;

	for (k = 0; k < d->message_count; k++)
		n += is_of(&d->messages[k], contact_id, dir);
	return n;
}

const struct message_row *disk_by_mid(const struct disk *d,
				      const struct uid *contact_id,
				      enum message_dir dir,
				      const struct mid *mid)
{
	size_t k;

	for (k = 0; k < d->message_count; k++)
		if (is_of(&d->messages[k], contact_id, dir) &&
		    memcmp(&d->messages[k].mid, mid, sizeof(*mid)) == 0)
			return &d->messages[k];
	return NULL;
}

static bool save_message(struct disk *d, const struct message_row *row)
{
	struct message_row *m;
	size_t k;

	assert(disk_contact(d, &row->contact_id));
	if (disk_by_mid(d, &row->contact_id, row->dir, &row->mid)) {
		assert(row->dir == MESSAGE_IN);
		d->skipped++;
		return false;
	}
	for (k = 0; k < d->message_count; k++)
		assert(!is_of(&d->messages[k], &row->contact_id, row->dir) ||
		       d->messages[k].seq != row->seq);
	if (d->message_count == d->message_cap) {
		d->message_cap = 2 * d->message_cap + 16;
		d->messages = xrealloc(d->messages,
				       d->message_cap * sizeof(*d->messages));
	}
	m = &d->messages[d->message_count++];
	*m = *row;
	m->body.p = xmemdup(row->body.p, row->body.n);
	changes_arrived(d, m);
	return true;
}

/* How many messages changed. */
static unsigned save_state(struct disk *d, const struct effect *e)
{
	unsigned changed = 0;
	size_t k;

	assert(e->state.from_seq >= 1 && e->state.from_seq <= e->state.to_seq);
	for (k = 0; k < d->message_count; k++) {
		struct message_row *m = &d->messages[k];

		if (!is_of(m, &e->state.contact_id, MESSAGE_OUT) ||
		    m->seq < e->state.from_seq || m->seq > e->state.to_seq)
			continue;
		if (e->state.state <= m->state &&
		    !(e->state.state == MESSAGE_QUEUED &&
		      (m->state == MESSAGE_SENDING ||
		       m->state == MESSAGE_SENT)))
			continue;
		if (e->state.state == m->state)
			continue;
		m->state = e->state.state;
		if (m->state == MESSAGE_DELIVERED)
			changes_delivered(d, m, e->state.at_ms);
		changed++;
	}
	return changed;
}

static void delete_contact(struct disk *d, const struct uid *id)
{
	struct table t = TABLE(d, contact);
	size_t k, kept = 0;

	row_delete(&t, id);
	changes_forget(d, id);
	for (k = 0; k < d->message_count; k++) {
		if (same_uid(&d->messages[k].contact_id, id))
			free_body(&d->messages[k]);
		else
			d->messages[kept++] = d->messages[k];
	}
	d->message_count = kept;
}

void disk_apply(struct disk *d, const struct effect *e)
{
	struct table contacts = TABLE(d, contact);
	struct table invites = TABLE(d, invite);
	struct table requests = TABLE(d, request);
	unsigned changed = 1;

	switch (e->type) {
	case FX_SAVE_CONTACT: row_save(&contacts, &e->contact); break;
	case FX_DELETE_CONTACT: delete_contact(d, &e->target); break;
	case FX_SAVE_COUNTERS:
		assert(disk_contact(d, &e->counters.contact_id));
		disk_contact(d, &e->counters.contact_id)->n = e->counters.n;
		break;
	case FX_SAVE_INVITE: row_save(&invites, &e->invite); break;
	case FX_DELETE_INVITE: row_delete(&invites, &e->target); break;
	case FX_SAVE_REQUEST: row_save(&requests, &e->request); break;
	case FX_DELETE_REQUEST: row_delete(&requests, &e->target); break;
	case FX_SAVE_MESSAGE: changed = save_message(d, &e->message); break;
	case FX_SAVE_STATE: changed = save_state(d, e); break;
	case FX_SAVE_READ:
	case FX_SAVE_CHANGE:
	case FX_SAVE_ERASE: changed = changes_apply(d, e); break;
	case FX_SAVE_ERASE_ALL:
	case FX_SAVE_CONVERSATION: break;
	case FX_SAVE_SELF:
		d->has_self = true;
		d->self = e->self;
		break;
	case FX_SEND:
	case FX_DIAL:
	case FX_HANGUP:
	case FX_PUBLISH:
	case FX_UNPUBLISH:
	case FX_PAUSE:
	case FX_RESUME:
	case FX_FETCH:
	case FX_DUE:
	case FX_STAMP:
	case FX_REPLY:
	case FX_PRESENCE:
	case FX_TYPING: assert(false); break;
	}
	d->journal[e->journal] += changed;
}

void disk_load(const struct disk *d, struct node *n)
{
	size_t i;

	if (d->has_self)
		node_load_self(n, &d->self);
	for (i = 0; i < d->contact_count; i++)
		node_load_contact(n, &d->contacts[i]);
	for (i = 0; i < d->invite_count; i++)
		node_load_invite(n, &d->invites[i]);
	for (i = 0; i < d->request_count; i++)
		node_load_request(n, &d->requests[i]);
}

struct comparison {
	const struct disk *d;
	size_t contacts, invites, requests;
	bool same;
};

static void compare(struct comparison *c, const struct table *t,
		    const void *row)
{
	const void *mine = row_find(t, row);

	if (!mine || memcmp(mine, row, t->size) != 0)
		c->same = false;
}

static void on_contact(void *ctx, const struct contact_row *row)
{
	struct comparison *c = ctx;
	struct disk *d = (struct disk *)(uintptr_t)c->d;
	struct table t = TABLE(d, contact);

	compare(c, &t, row);
	c->contacts++;
}

static void on_invite(void *ctx, const struct invite_row *row)
{
	struct comparison *c = ctx;
	struct disk *d = (struct disk *)(uintptr_t)c->d;
	struct table t = TABLE(d, invite);

	compare(c, &t, row);
	c->invites++;
}

static void on_request(void *ctx, const struct request_row *row)
{
	struct comparison *c = ctx;
	struct disk *d = (struct disk *)(uintptr_t)c->d;
	struct table t = TABLE(d, request);

	compare(c, &t, row);
	c->requests++;
}

static void on_self(void *ctx, const struct self_row *row)
{
	struct comparison *c = ctx;

	if (!c->d->has_self || memcmp(row, &c->d->self, sizeof(*row)) != 0)
		c->same = false;
}

bool disk_equals(const struct disk *d, const struct node *n)
{
	struct comparison c = {.d = d, .same = true};
	struct node_sink sink = {&c, on_contact, on_invite, on_request,
				 on_self};
	size_t i, open = 0;

	for (i = 0; i < d->request_count; i++)
		open += d->requests[i].state < REQUEST_ACCEPTED;
	node_export(n, &sink);
	return c.same && c.contacts == d->contact_count &&
	       c.invites == d->invite_count && c.requests == open;
}
