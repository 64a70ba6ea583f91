/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/asks.h"

#include <assert.h>
#include <string.h>

#include "core/bulk_frame.h"
#include "core/files.h"
#include "core/link.h"
#include "core/step.h"
#include "core/transfer.h"
#include "util/mem.h"

static bool is_for(const struct req *r, const struct fid *fid, uint32_t index)
{
	return r->index == index && memcmp(&r->fid, fid, sizeof(*fid)) == 0;
}

static void drop_piece(struct bulk_link *b)
{
	xfree(b->piece, b->piece_bytes);
	b->piece = NULL;
	b->piece_bytes = 0;
}

/* Of the i-th: what is still to come. */
static size_t to_come(const struct bulk_link *b, unsigned i)
{
	return b->asks[i].bytes - (i == 0 ? b->piece_have : 0);
}

static void remove_ask(struct bulk_link *b, unsigned i)
{
	b->ask_bytes -= to_come(b, i);
	if (i == 0) {
		drop_piece(b);
		b->piece_have = 0;
	}
	b->ask_count--;
	memmove(&b->asks[i], &b->asks[i + 1],
		(b->ask_count - i) * sizeof(b->asks[0]));
}

/* On how many links it is still to come. */
static unsigned count_asked(const struct contact *c, const struct fid *fid,
			    uint32_t index)
{
	unsigned k, n = 0;
	size_t i;

	for (i = 0; i < c->bulk.count; i++) {
		const struct bulk_link *b = c->bulk.links[i]->bulk;

		for (k = 0; k < b->ask_count; k++)
			n += !b->asks[k].is_back &&
			     is_for(&b->asks[k], fid, index);
	}
	return n;
}

/* --- asking --- */

static void put_ask(struct step *st, struct link *l, struct transfer *t,
		    uint32_t index)
{
	struct bulk_link *b = l->bulk;
	struct frame_chunk at = {.fid = t->row.fid, .index = index};
	struct req r = {.fid = t->row.fid,
			.index = index,
			.bytes = transfer_answer_bytes(t, index)};

	assert(b->ask_count < REQS_MAX);
	if (b->ask_count == 0)
		pick_meter_begin(&b->meter, st->now_ms);
	b->asks[b->ask_count++] = r;
	b->ask_bytes += r.bytes;
	frame_write_chunk(link_frame(st, l, FRAME_REQ_BYTES), FRAME_REQ, &at);
	transfer_asked(t, index);
}

static void put_cancel(struct step *st, struct link *l, struct req *r)
{
	struct frame_chunk at = {.fid = r->fid, .index = r->index};

	r->is_back = true;
	frame_write_chunk(link_frame(st, l, FRAME_REQ_BYTES), FRAME_CANCEL,
			  &at);
}

static bool is_usable(const struct link *l)
{
	return l->state == LINK_OPEN && l->bulk->is_proved &&
	       !l->bulk->is_spare && !l->bulk->is_full;
}

/* The last that link from is to bring and no other; ahead: what it is to
 * bring before.  NULL: there is none. */
static const struct req *last_of(const struct link *from, uint64_t *ahead)
{
	const struct bulk_link *b = from->bulk;
	uint64_t after = 0;
	unsigned i;

	for (i = b->ask_count; i-- > 0;) {
		const struct req *r = &b->asks[i];

		after += to_come(b, i);
		*ahead = b->ask_bytes - after;
		if (!r->is_back && r->index != BLOB_MANIFEST &&
		    count_asked(from->owner.contact, &r->fid, r->index) == 1)
			return r;
	}
	return NULL;
}

/* Of a link that has nothing to do: how fast it was. */
static uint64_t idle_rate(const struct step *st, const struct link *l)
{
	const struct pick_meter *m = &l->bulk->meter;

	return m->rate ? m->rate : pick_meter_rate(m, st->now_ms);
}

/* What link from is asked for, if it would come sooner on l. */
static struct transfer *worth_stealing(const struct step *st,
				       const struct link *from,
				       const struct link *l, uint32_t *index)
{
	uint64_t ours = idle_rate(st, l);
	uint64_t theirs = pick_meter_rate(&from->bulk->meter, st->now_ms);
	uint64_t ahead = 0;
	const struct req *r = last_of(from, &ahead);

	if (!r || !pick_steals(theirs, ahead, ours, r->bytes))
		return NULL;
	*index = r->index;
	return files_find_fid(l->owner.contact, MESSAGE_IN, &r->fid);
}

/* At the end, what a slow link has not brought yet is asked for once more
 * where there is nothing else to do. */
static bool steal(struct step *st, struct contact *c, struct link *l)
{
	uint32_t index = 0;
	size_t i;

	if (l->bulk->ask_count > 0)
		return false;
	for (i = 0; i < c->bulk.count; i++) {
		const struct link *from = c->bulk.links[i];
		struct transfer *t = NULL;

		if (from != l && from->bulk->ask_count > 0)
			t = worth_stealing(st, from, l, &index);
		if (!t)
			continue;
		put_ask(st, l, t, index);
		return true;
	}
	return false;
}

/* Files take turns. */
static bool ask_one(struct step *st, struct contact *c, struct link *l)
{
	struct bulk_link *b = l->bulk;
	struct list_node *i;

	list_for_each (i, &c->files) {
		struct transfer *t = transfer_at(i);
		uint32_t index;

		if (!transfer_next(st, t, &index))
			continue;
		if (!pick_has_room(pick_meter_rate(&b->meter, st->now_ms),
				   transfer_answer_bytes(t, index),
				   b->ask_count, b->ask_bytes))
			return false;
		put_ask(st, l, t, index);
		list_take(&t->in_contact);
		list_put_last(&c->files, &t->in_contact);
		return true;
	}
	return steal(st, c, l);
}

void asks_fill(struct step *st, struct contact *c)
{
	bool more = true;
	size_t i;

	while (more) {
		more = false;
		for (i = 0; i < c->bulk.count; i++)
			if (is_usable(c->bulk.links[i]))
				more |= ask_one(st, c, c->bulk.links[i]);
	}
}

/* It came on another link. */
static void take_back_chunk(struct step *st, struct transfer *t, uint32_t index)
{
	const struct contact *c = t->contact;
	size_t i;
	unsigned k;

	for (i = 0; i < c->bulk.count; i++) {
		struct link *l = c->bulk.links[i];

		for (k = 0; k < l->bulk->ask_count; k++) {
			struct req *r = &l->bulk->asks[k];

			if (!r->is_back && l->state == LINK_OPEN &&
			    is_for(r, &t->row.fid, index))
				put_cancel(st, l, r);
		}
	}
}

void asks_take_back(struct step *st, struct transfer *t)
{
	const struct contact *c = t->contact;
	size_t i;
	unsigned k;

	if (t->row.dir != MESSAGE_IN)
		return;
	for (i = 0; i < c->bulk.count; i++) {
		struct link *l = c->bulk.links[i];

		for (k = 0; k < l->bulk->ask_count; k++) {
			struct req *r = &l->bulk->asks[k];

			if (r->is_back || l->state != LINK_OPEN ||
			    memcmp(&r->fid, &t->row.fid, sizeof(r->fid)))
				continue;
			put_cancel(st, l, r);
			transfer_unasked(t, r->index);
		}
	}
}

/* --- answers --- */

/* PROTOCOL 12.4: DATA that was not asked for, out of its order, or beyond what
 * was asked for MUST end the link. */
static enum err check_data(const struct bulk_link *b,
			   const struct frame_data *d)
{
	const struct req *r = &b->asks[0];

	if (b->ask_count == 0 || !is_for(r, &d->at.fid, d->at.index))
		return ERR_STATE;
	if (d->offset != b->piece_have || d->bytes.n > r->bytes - d->offset)
		return ERR_RANGE;
	return OK;
}

static void keep(struct bulk_link *b, struct bytes in)
{
	const struct req *r = &b->asks[0];

	if (r->is_back) {
		drop_piece(b);
	} else {
		if (!b->piece) {
			b->piece = xrealloc(NULL, r->bytes);
			b->piece_bytes = r->bytes;
		}
		memcpy(b->piece + b->piece_have, in.p, in.n);
	}
	b->piece_have += in.n;
	b->ask_bytes -= in.n;
}

/* The answer to the first is whole. */
static enum err on_whole(struct step *st, struct link *l)
{
	struct bulk_link *b = l->bulk;
	struct bytes whole = bytes_of(b->piece, b->piece_bytes);
	struct req r = b->asks[0];
	struct transfer *t =
	    files_find_fid(l->owner.contact, MESSAGE_IN, &r.fid);
	enum err err = OK;

	b->piece = NULL;
	b->piece_bytes = 0;
	remove_ask(b, 0);
	if (!r.is_back && t)
		err = transfer_got(st, t, r.index, whole);
	/* A link that brings something is worth another dial. */
	backoff_reset(&l->owner.contact->bulk.backoff);
	if (!r.is_back && t && err == OK)
		take_back_chunk(st, t, r.index);
	xfree((void *)(uintptr_t)whole.p, whole.n);
	return err;
}

enum err asks_data(struct step *st, struct link *l, const struct frame *f)
{
	struct contact *c = l->owner.contact;
	struct bulk_link *b = l->bulk;
	struct frame_data d;
	enum err err = frame_read_data(f, &d);

	if (err == OK)
		err = check_data(b, &d);
	if (err != OK)
		return err;
	keep(b, d.bytes);
	pick_meter_add(&b->meter, d.bytes.n, st->now_ms);
	c->bulk.moved += d.bytes.n;
	return b->piece_have == b->asks[0].bytes ? on_whole(st, l) : OK;
}

enum err asks_nak(struct step *st, struct link *l, const struct frame *f)
{
	struct contact *c = l->owner.contact;
	struct bulk_link *b = l->bulk;
	struct frame_chunk at;
	struct transfer *t;
	uint8_t reason;
	unsigned i = 0;
	bool was_back;
	enum err err = frame_read_nak(f, &at, &reason);

	if (err != OK)
		return err;
	while (i < b->ask_count && !is_for(&b->asks[i], &at.fid, at.index))
		i++;
	/* PROTOCOL 12.4: So MUST a NAK to nothing that was asked for, a NAK 5
	 * to what was not taken back, and a REQ for a chunk that a live file
	 * does not have. */
	if (i == b->ask_count)
		return ERR_STATE;
	was_back = b->asks[i].is_back;
	remove_ask(b, i);
	t = files_find_fid(c, MESSAGE_IN, &at.fid);
	if (was_back || !t)
		return OK;
	if (count_asked(c, &at.fid, at.index) == 0)
		transfer_unasked(t, at.index);
	return transfer_refused(st, t, reason);
}

void asks_lost(struct link *l)
{
	struct contact *c = l->owner.contact;
	struct bulk_link *b = l->bulk;

	while (b->ask_count > 0) {
		struct req r = b->asks[b->ask_count - 1];
		struct transfer *t = files_find_fid(c, MESSAGE_IN, &r.fid);

		remove_ask(b, b->ask_count - 1);
		if (!r.is_back && t && count_asked(c, &r.fid, r.index) == 0)
			transfer_unasked(t, r.index);
	}
}
