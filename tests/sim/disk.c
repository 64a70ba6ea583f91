/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/request.h"
#include "util/mem.h"

static bool same_uid(const struct uid *a, const struct uid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

struct disk *disk_new(void)
{
	struct disk *d = xcalloc(1, sizeof(*d));

	d->room = UINT64_MAX;
	return d;
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
	disk_files_clone(c);
	return c;
}

static void free_body(struct message_row *m)
{
	free((void *)(uintptr_t)m->body.p);
}

void disk_empty(struct disk *d)
{
	while (d->message_count > 0)
		free_body(&d->messages[--d->message_count]);
	while (d->changes.seen_count > 0)
		seen_drop(&d->changes.seen[--d->changes.seen_count].text);
}

void disk_free(struct disk *d)
{
	if (!d)
		return;
	disk_empty(d);
	disk_files_free(d);
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

static bool row_delete(const struct table *t, const struct uid *id)
{
	char *row = row_find(t, id);
	size_t after;

	if (!row)
		return false;
	after = (size_t)(*t->rows + *t->count * t->size - row) - t->size;
	memmove(row, row + t->size, after);
	(*t->count)--;
	return true;
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

static bool delete_contact(struct disk *d, const struct uid *id)
{
	struct table t = TABLE(d, contact);
	bool was_there = row_delete(&t, id);
	size_t k, kept = 0;

	for (k = 0; k < d->message_count; k++) {
		if (same_uid(&d->messages[k].contact_id, id))
			free_body(&d->messages[k]);
		else
			d->messages[kept++] = d->messages[k];
	}
	d->message_count = kept;
	disk_files_drop(d, id, NULL);
	return was_there;
}

bool disk_apply_row(struct disk *d, const struct effect *e)
{
	struct table contacts = TABLE(d, contact);
	struct table invites = TABLE(d, invite);
	struct table requests = TABLE(d, request);

	if (e->type == FX_SAVE_CONTACT) {
		row_save(&contacts, &e->contact);
	} else if (e->type == FX_DELETE_CONTACT) {
		return delete_contact(d, &e->target);
	} else if (e->type == FX_SAVE_COUNTERS) {
		assert(disk_contact(d, &e->counters.contact_id));
		disk_contact(d, &e->counters.contact_id)->n = e->counters.n;
	} else if (e->type == FX_SAVE_INVITE) {
		row_save(&invites, &e->invite);
	} else if (e->type == FX_DELETE_INVITE) {
		return row_delete(&invites, &e->target);
	} else if (e->type == FX_SAVE_REQUEST) {
		row_save(&requests, &e->request);
	} else if (e->type == FX_DELETE_REQUEST) {
		return row_delete(&requests, &e->target);
	} else {
		assert(e->type == FX_SAVE_SELF);
		d->has_self = true;
		d->self = e->self;
	}
	return true;
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
	for (i = 0; i < d->file_count; i++)
		node_load_file(n, &d->files[i]);
}

struct comparison {
	const struct disk *d;
	size_t contacts, invites, requests, files;
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

static void on_file(void *ctx, const struct file_row *row)
{
	struct comparison *c = ctx;

	/* One that the disk knew under another id was left out. */
	if (disk_file_is_skipped(c->d, row))
		return;
	if (!disk_file_equals(c->d, row))
		c->same = false;
	c->files++;
}

bool disk_equals(const struct disk *d, const struct node *n)
{
	struct comparison c = {.d = d, .same = true};
	struct node_sink sink = {&c,	     on_contact, on_invite,
				 on_request, on_self,	 on_file};
	size_t i, open = 0;

	for (i = 0; i < d->request_count; i++)
		open += request_is_open(&d->requests[i]);
	node_export(n, &sink);
	return c.same && c.contacts == d->contact_count &&
	       c.invites == d->invite_count && c.requests == open &&
	       c.files == disk_files_live(d);
}
