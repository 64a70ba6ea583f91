/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/offer.h"

#include <string.h>

#include <sodium.h>

#include "core/files.h"
#include "core/hidden.h"
#include "core/step.h"

enum { OFFER_DEFAULT_S = 30 * 24 * 3600 };

/* What descriptor and message say of a file; not its state. */
static void fill_row(struct file_row *row, const struct file_desc *d,
		     const struct message_row *m)
{
	uint64_t life_s = d->offer_s ? d->offer_s : OFFER_DEFAULT_S;

	row->fid = d->plan.fid;
	row->contact_id = m->contact_id;
	row->message_id = m->id;
	row->mid = m->mid;
	row->dir = m->dir;
	row->kind = d->kind;
	row->size = d->plan.size;
	row->key = d->key;
	row->chunk_log2 = d->plan.chunk_log2;
	row->root = d->root;
	row->name = d->name;
	row->media = d->media;
	row->expires_ms = m->sent_ms + life_s * 1000;
}

/* --- what comes --- */

/* PROTOCOL 12.1: Nothing MUST be fetched before the receiver's user accepted
 * it, for this file or beforehand for files of that size and kind.
 * HOSTILE F-07. */
static bool is_accepted(const struct step *st, const struct file_row *row)
{
	const struct self_row *self = &st->node->self;

	return row->expires_ms > st->wall_ms &&
	       row->size <= self->auto_accept_bytes &&
	       (self->auto_accept_kinds >> row->kind & 1);
}

void offer_received(struct step *st, struct contact *c,
		    const struct message_row *m)
{
	struct file_row row = {.state = FILE_OFFERED,
			       .created_ms = st->wall_ms};
	struct file_desc d;
	struct transfer *t;

	/* PROTOCOL 12.2: A fid that is known of a contact MUST NOT offer
	 * another file; one that does has no effect.  The message was read by
	 * message_read(), which looked into it. */
	if (file_desc_read(m->body, &d) != OK ||
	    files_find_fid(c, MESSAGE_IN, &d.plan.fid))
		return;
	fill_row(&row, &d, m);
	step_uid(st, &row.id);
	if (is_accepted(st, &row))
		row.state = FILE_RUNNING;
	if (files_has_room(c, MESSAGE_IN, &row.fid)) {
		files_add(st, c, &row);
	} else {
		/* HOSTILE F-08: so many at one time are not kept. */
		row.state = FILE_OFFERED;
		t = files_add(st, c, &row);
		offer_tell(st, t, OFFER_DECLINED);
		files_end(st, t, FILE_FAILED, FILE_QUOTA);
	}
	sodium_memzero(&row, sizeof(row));
	sodium_memzero(&d, sizeof(d));
}

/* PROTOCOL 12.2: Of a file of which nothing was asked for, code 3 has no effect
 * unless its size is 0. */
static bool may_be_there(const struct transfer *t)
{
	return !file_is_offer(&t->row) || t->row.size == 0;
}

/* PROTOCOL 12.2: A file state MUST have an effect only on a file between the
 * two, and only if it comes from the end that its code names.
 * PROTOCOL 12.2: A code that is not known MUST be ignored. */
void offer_state(struct step *st, struct contact *c,
		 const struct message_fields *f)
{
	bool is_senders =
	    f->file_state == OFFER_WITHDRAWN || f->file_state == OFFER_CHANGED;
	struct transfer *t =
	    files_find_mid(c, is_senders ? MESSAGE_IN : MESSAGE_OUT, &f->ref);

	if (!t)
		return;
	if (f->file_state == OFFER_WITHDRAWN)
		files_end(st, t, FILE_CANCELLED, FILE_WITHDRAWN);
	else if (f->file_state == OFFER_CHANGED)
		files_end(st, t, FILE_FAILED, FILE_CHANGED);
	else if (f->file_state == OFFER_DECLINED)
		files_end(st, t, FILE_CANCELLED, FILE_DECLINED);
	else if (f->file_state == OFFER_HAVE && may_be_there(t))
		files_end(st, t, FILE_DONE, FILE_NO_PROBLEM);
}

void offer_deleted(struct step *st, struct contact *c, const struct mid *mid)
{
	struct transfer *t = files_find_mid(c, MESSAGE_IN, mid);

	if (t)
		files_end(st, t, FILE_CANCELLED, FILE_WITHDRAWN);
}

/* --- what we do --- */

/* Whole here and offered to nobody; or it was, by the message that failed and
 * is now sent once more. */
static bool may_be_offered(const struct cmd_send *cmd)
{
	enum file_state s = cmd->file->state;

	return cmd->file->dir == MESSAGE_OUT &&
	       (s == FILE_READY ||
		(s == FILE_CANCELLED && !uid_is_zero(&cmd->replaces)));
}

enum err offer_check(const struct node *n, const struct contact *c,
		     const struct cmd_send *cmd)
{
	const struct file_row *row = cmd->file;
	struct file_desc d;
	enum err err;

	/* Its row may be from before a command that is not saved yet. */
	if (!may_be_offered(cmd) || files_find(n, &row->id))
		return ERR_STATE;
	if (cmd->text.n > 0 || cmd->descriptor.n > DESCRIPTOR_MAX_BYTES)
		return ERR_RANGE;
	err = file_desc_read(cmd->descriptor, &d);
	if (err != OK)
		return err;
	if (memcmp(&d.plan.fid, &row->fid, sizeof(row->fid)) != 0 ||
	    memcmp(&d.root, &row->root, sizeof(row->root)) != 0 ||
	    d.plan.size != row->size || d.plan.chunk_log2 != row->chunk_log2)
		err = ERR_RANGE;
	else if (files_find_fid(c, MESSAGE_OUT, &row->fid))
		err = ERR_EXISTS;
	else if (!files_has_room(c, MESSAGE_OUT, &row->fid))
		err = ERR_FULL;
	sodium_memzero(&d, sizeof(d));
	return err;
}

void offer_sent(struct step *st, struct contact *c, const struct cmd_send *cmd,
		const struct message_row *m)
{
	struct file_row row = *cmd->file;
	struct file_desc d;

	/* offer_check() has read it. */
	if (file_desc_read(cmd->descriptor, &d) != OK)
		return;
	fill_row(&row, &d, m);
	row.state = FILE_OFFERED;
	row.problem = FILE_NO_PROBLEM;
	row.have = bytes_of(NULL, 0);
	files_add(st, c, &row);
	sodium_memzero(&row, sizeof(row));
	sodium_memzero(&d, sizeof(d));
}

void offer_tell(struct step *st, struct transfer *t, enum offer_code code)
{
	struct message_fields f = {.has_ref = true,
				   .ref = t->row.mid,
				   .has_file_state = true,
				   .file_state = (uint8_t)code};

	hidden_put(st, t->contact, MESSAGE_FILE_STATE, &f, bytes_of(NULL, 0));
}

static enum offer_code code_of(const struct transfer *t)
{
	return t->row.dir == MESSAGE_IN ? OFFER_DECLINED : OFFER_WITHDRAWN;
}

void offer_cancel(struct step *st, struct transfer *t)
{
	offer_tell(st, t, code_of(t));
	files_end(st, t, FILE_CANCELLED,
		  t->row.dir == MESSAGE_IN ? FILE_DECLINED : FILE_WITHDRAWN);
}

void offer_delete(struct step *st, struct transfer *t)
{
	offer_tell(st, t, code_of(t));
	files_delete(st, t);
}

/* Of a message of ours that the contact may not have yet, or not at all, its
 * deletion says enough. */
static bool must_tell(const struct contact *c, const struct target *tg,
		      enum erase_how how)
{
	return tg->dir == MESSAGE_IN ||
	       (how == ERASE_HIDE && tg->seq <= c->row.n.peer_acked);
}

/* PROTOCOL 12.2: A file ends with the message that offers it: where one end
 * deletes that message, or its time is over, or the contact is blocked, the
 * end that did so MUST say it to the other, by a file state or by the
 * deletion. */
void offer_erased(struct step *st, struct contact *c, const struct target *tg,
		  enum erase_how how)
{
	struct transfer *t = files_find_mid(c, tg->dir, &tg->mid);

	if (!t)
		return;
	if (how == ERASE_FAIL) {
		files_end(st, t, FILE_CANCELLED, FILE_WITHDRAWN);
		return;
	}
	if (must_tell(c, tg, how))
		offer_tell(st, t, code_of(t));
	files_delete(st, t);
}

void offer_erased_all(struct step *st, struct contact *c)
{
	struct list_node *i;

	list_for_each (i, &c->files)
		if (!transfer_at(i)->is_over)
			offer_delete(st, transfer_at(i));
}

void offer_blocked(struct step *st, struct contact *c)
{
	struct list_node *i;

	list_for_each (i, &c->files)
		if (!transfer_at(i)->is_over)
			offer_cancel(st, transfer_at(i));
}
