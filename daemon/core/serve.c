/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/serve.h"

#include <string.h>

#include "core/fetch.h"
#include "core/files.h"
#include "core/intake.h"
#include "core/link.h"
#include "core/offer.h"
#include "core/step.h"
#include "util/mem.h"

enum {
	AHEAD_MAX = 8, /* records that tor has not taken */
	/* By the disk, for a contact: one a link, and a manifest. */
	READS_MAX = BULK_LINKS_MAX + 1,
};

static bool is_for(const struct req *r, const struct fid *fid, uint32_t index)
{
	return r->index == index && memcmp(&r->fid, fid, sizeof(*fid)) == 0;
}

static void drop_chunk(struct bulk_link *b)
{
	xfree(b->chunk, b->chunk_bytes);
	b->chunk = NULL;
	b->chunk_bytes = b->chunk_sent = 0;
	b->is_reading = false;
}

static void remove_want(struct bulk_link *b, unsigned i)
{
	if (i == 0)
		drop_chunk(b);
	b->want_count--;
	memmove(&b->wants[i], &b->wants[i + 1],
		(b->want_count - i) * sizeof(b->wants[0]));
}

/* What leads to no DATA costs its sender nothing: it counts as a message. */
static void put_nak(struct step *st, struct link *l,
		    const struct frame_chunk *at, enum nak_reason why)
{
	frame_write_nak(link_frame(st, l, FRAME_NAK_BYTES), at, why);
}

/* False: too much is being read, also of what was taken back. */
static bool put_read(struct step *st, struct transfer *t, uint32_t index)
{
	struct list_node *i;
	unsigned reads = 0;

	list_for_each (i, &t->contact->files)
		if (transfer_at(i)->row.dir == MESSAGE_OUT &&
		    !transfer_at(i)->is_over)
			reads += transfer_at(i)->reads;
	if (reads >= READS_MAX)
		return false;
	fetch_put_blob(st, t, BLOB_READ, index, bytes_of(NULL, 0));
	t->reads++;
	return true;
}

/* --- what goes --- */

/* Whether the answer to the first question is in memory. */
static bool read_first(struct step *st, struct link *l)
{
	struct bulk_link *b = l->bulk;
	const struct req *r = &b->wants[0];
	struct transfer *t =
	    files_find_fid(l->owner.contact, MESSAGE_OUT, &r->fid);
	struct chunk_plan plan;

	if (b->chunk || b->is_reading || !t)
		return b->chunk != NULL;
	if (!t->manifest) {
		if (!t->manifest_asked)
			t->manifest_asked = put_read(st, t, BLOB_MANIFEST);
		return false;
	}
	if (r->index != BLOB_MANIFEST) {
		b->is_reading = put_read(st, t, r->index);
		return false;
	}
	plan = transfer_plan(t);
	b->chunk_bytes = manifest_bytes(&plan);
	b->chunk = xmemdup(t->manifest, b->chunk_bytes);
	return true;
}

static void put_data(struct step *st, struct link *l)
{
	struct bulk_link *b = l->bulk;
	const struct req *r = &b->wants[0];
	struct frame_data d = {.at = {.fid = r->fid, .index = r->index},
			       .offset = (uint32_t)b->chunk_sent};
	size_t left = b->chunk_bytes - b->chunk_sent;
	struct transfer *t =
	    files_find_fid(l->owner.contact, MESSAGE_OUT, &r->fid);

	d.bytes = bytes_of(b->chunk + b->chunk_sent,
			   left < DATA_BYTES_MAX ? left : DATA_BYTES_MAX);
	frame_write_data(link_frame(st, l, FRAME_DATA_HEAD_BYTES + d.bytes.n),
			 &d);
	b->chunk_sent += d.bytes.n;
	b->ahead++;
	if (!t)
		return;
	t->served += d.bytes.n;
	t->has_news = true;
	pick_meter_add(&t->meter, d.bytes.n, st->now_ms);
}

static void pump(struct step *st, struct link *l)
{
	struct bulk_link *b = l->bulk;

	while (l->state == LINK_OPEN && b->want_count > 0 &&
	       b->ahead < AHEAD_MAX && read_first(st, l)) {
		put_data(st, l);
		if (b->chunk_sent < b->chunk_bytes)
			continue;
		remove_want(b, 0);
		backoff_reset(&l->owner.contact->bulk.backoff);
	}
	/* The disk may read while tor takes the end of the last one. */
	if (l->state == LINK_OPEN && b->want_count > 0 && !b->chunk)
		(void)read_first(st, l);
}

static void pump_all(struct step *st, const struct contact *c)
{
	size_t i;

	for (i = 0; i < c->bulk.count; i++)
		pump(st, c->bulk.links[i]);
}

void serve_drained(struct step *st, struct link *l)
{
	l->bulk->ahead = 0;
	pump(st, l);
}

/* --- questions --- */

/* PROTOCOL 12.5: A sender MUST answer only for a file that it offered to this
 * contact and that is live: not ended in any of the ways of 12.2, and not
 * expired. */
static enum err check_req(struct step *st, struct link *l,
			  const struct frame_chunk *at, enum nak_reason *why)
{
	struct transfer *t =
	    files_find_fid(l->owner.contact, MESSAGE_OUT, &at->fid);
	uint32_t n;

	*why = NAK_GONE;
	if (!t)
		return ERR_NOT_FOUND;
	n = transfer_chunk_count(t);
	if (n == 0 || (at->index >= n && at->index != BLOB_MANIFEST))
		return ERR_RANGE;
	files_accepted(st, t);
	*why = NAK_PAUSED;
	return t->row.state == FILE_PAUSED ? ERR_NOT_FOUND : OK;
}

enum err serve_req(struct step *st, struct link *l, const struct frame *f)
{
	struct bulk_link *b = l->bulk;
	struct frame_chunk at;
	enum nak_reason why;
	enum err err = frame_read_chunk(f, &at);

	if (err != OK)
		return err;
	/* PROTOCOL 12.4: A receiver MUST NOT have more than 16 requests on one
	 * link that are not answered. */
	if (b->want_count == REQS_MAX)
		return ERR_RANGE;
	err = check_req(st, l, &at, &why);
	if (err == ERR_NOT_FOUND) {
		put_nak(st, l, &at, why);
		intake_frame(st, l->owner.contact, FRAME_REQ);
		return OK;
	}
	if (err != OK)
		return err;
	b->wants[b->want_count++] =
	    (struct req){.fid = at.fid, .index = at.index};
	pump(st, l);
	return OK;
}

enum err serve_cancel(struct step *st, struct link *l, const struct frame *f)
{
	struct bulk_link *b = l->bulk;
	struct frame_chunk at;
	unsigned i = 0;
	enum err err = frame_read_chunk(f, &at);

	if (err != OK)
		return err;
	while (i < b->want_count && !is_for(&b->wants[i], &at.fid, at.index))
		i++;
	/* It crossed the end of the answer. */
	if (i == b->want_count)
		return OK;
	remove_want(b, i);
	put_nak(st, l, &at, NAK_TAKEN_BACK);
	pump(st, l);
	return OK;
}

void serve_refuse(struct step *st, struct transfer *t, enum nak_reason why)
{
	const struct contact *c = t->contact;
	size_t i;
	unsigned k;

	if (t->row.dir != MESSAGE_OUT)
		return;
	for (i = 0; i < c->bulk.count; i++) {
		struct link *l = c->bulk.links[i];

		for (k = l->bulk->want_count; k-- > 0;) {
			struct frame_chunk at = {.fid = t->row.fid,
						 .index =
						     l->bulk->wants[k].index};

			if (memcmp(&l->bulk->wants[k].fid, &at.fid,
				   sizeof(at.fid)) != 0)
				continue;
			remove_want(l->bulk, k);
			if (l->state == LINK_OPEN)
				put_nak(st, l, &at, why);
		}
	}
	pump_all(st, c);
}

/* --- answers of the disk --- */

/* PROTOCOL 12.5: A chunk that is not what was offered any more MUST NOT be
 * sent; the file has failed. */
static void spoil(struct step *st, struct transfer *t, enum err err)
{
	offer_tell(st, t, OFFER_CHANGED);
	files_end(st, t, FILE_FAILED, err == ERR_IO ? FILE_IO : FILE_CHANGED);
}

static void on_manifest(struct step *st, struct transfer *t, struct bytes b)
{
	struct chunk_plan plan = transfer_plan(t);
	struct hash32 root;

	t->manifest_asked = false;
	if (t->manifest)
		return;
	if (b.n == manifest_bytes(&plan))
		manifest_root(&plan, b.p, &root);
	if (b.n != manifest_bytes(&plan) ||
	    memcmp(&root, &t->row.root, sizeof(root)) != 0) {
		spoil(st, t, ERR_CORRUPT);
		return;
	}
	t->manifest = xmemdup(b.p, b.n);
}

static bool is_right(const struct transfer *t, uint32_t index, struct bytes b)
{
	struct chunk_plan plan = transfer_plan(t);
	uint8_t leaf[LEAF_BYTES];

	if (b.n != chunk_sealed_bytes(&plan, index))
		return false;
	chunk_leaf(index, b, leaf);
	return t->manifest &&
	       memcmp(leaf, t->manifest + (size_t)index * LEAF_BYTES,
		      sizeof(leaf)) == 0;
}

/* Whoever waits for it first. */
static struct link *who_waits(const struct transfer *t, uint32_t index)
{
	const struct contact *c = t->contact;
	size_t i;

	for (i = 0; i < c->bulk.count; i++) {
		struct link *l = c->bulk.links[i];

		if (l->state == LINK_OPEN && l->bulk->is_reading &&
		    is_for(&l->bulk->wants[0], &t->row.fid, index))
			return l;
	}
	return NULL;
}

static void on_chunk(struct step *st, struct transfer *t, uint32_t index,
		     struct bytes b)
{
	struct link *l = who_waits(t, index);

	if (!l)
		return;
	if (!is_right(t, index, b)) {
		spoil(st, t, ERR_CORRUPT);
		return;
	}
	l->bulk->is_reading = false;
	l->bulk->chunk = xmemdup(b.p, b.n);
	l->bulk->chunk_bytes = b.n;
}

void serve_blob(struct step *st, struct transfer *t, const struct event *ev)
{
	if (ev->blob.op != BLOB_READ)
		return;
	if (t->reads > 0) /* not asked for in an earlier life */
		t->reads--;
	if (ev->blob.err != OK)
		spoil(st, t, ev->blob.err);
	else if (ev->blob.index == BLOB_MANIFEST)
		on_manifest(st, t, ev->blob.bytes);
	else
		on_chunk(st, t, ev->blob.index, ev->blob.bytes);
	/* Another link may have waited for its turn to read. */
	pump_all(st, t->contact);
}

/* --- ends --- */

void serve_lost(struct link *l)
{
	struct contact *c = l->owner.contact;
	struct list_node *i;

	while (l->bulk->want_count > 0)
		remove_want(l->bulk, l->bulk->want_count - 1);
	drop_chunk(l->bulk);
	if (c->bulk.count > 0)
		return;
	list_for_each (i, &c->files)
		files_drop_manifest(transfer_at(i));
}
