/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <string.h>

#include "tests/sim/disk_changes.h"
#include "tests/sim/disk_files.h"
#include "util/mem.h"

static bool is_of(const struct message_row *m, const struct uid *contact_id,
		  enum message_dir dir)
{
	return m->dir == dir && uid_is_equal(&m->contact_id, contact_id);
}

/* Makes it when it is needed for the first time. */
static struct thread *need_thread(struct disk *d, const struct uid *contact_id)
{
	struct thread *t = thread_find(&d->changes, contact_id);

	if (t)
		return t;
	d->journal[JOURNAL_CONVERSATION_CREATED]++;
	return thread_add(&d->changes, contact_id);
}

static unsigned save_contact(struct disk *d, const struct effect *e)
{
	disk_apply_row(d, e);
	if (e->contact.state == CONTACT_ACTIVE)
		need_thread(d, &e->contact.id);
	/* Told when it is true. */
	return e->journal != JOURNAL_CONVERSATION_CREATED;
}

static struct message_row *add_message(struct disk *d,
				       const struct message_row *row)
{
	struct message_row *m;
	size_t k;

	/* Those of a contact begin anew with each relation. */
	for (k = 0; k < d->message_count && row->dir == MESSAGE_OUT; k++)
		assert(!is_of(&d->messages[k], &row->contact_id, row->dir) ||
		       d->messages[k].seq != row->seq);
	if (d->message_count == d->message_cap) {
		d->message_cap = 2 * d->message_cap + 16;
		d->messages = xrealloc(d->messages,
				       d->message_cap * sizeof(*d->messages));
	}
	m = &d->messages[d->message_count++];
	*m = *row;
	m->body = seen_keep(row->body);
	return m;
}

static void put_news(struct thread *t, const struct message_row *m,
		     uint64_t order)
{
	t->activity = t->last_order = order;
	t->last_ms = m->dir == MESSAGE_IN ? m->received_ms : m->sent_ms;
}

static unsigned save_message(struct disk *d, const struct effect *e)
{
	const struct message_row *row = &e->message;
	struct message_row *m;
	struct thread *t;

	assert(disk_contact(d, &row->contact_id));
	t = need_thread(d, &row->contact_id);
	if (disk_by_mid(d, &row->contact_id, row->dir, &row->mid)) {
		assert(row->dir == MESSAGE_IN);
		d->skipped++;
		return 0;
	}
	m = add_message(d, row);
	seen_add(&d->changes, m);
	if (m->hidden)
		return 0;
	put_news(t, m, d->changes.order);
	changes_arrived(d, m);
	return 1;
}

static bool may_follow(enum message_state from, enum message_state to)
{
	if (from == MESSAGE_FAILED)
		return to == MESSAGE_DELIVERED;
	if (from == MESSAGE_SENDING || from == MESSAGE_SENT)
		return to > from || to == MESSAGE_QUEUED;
	if (from == MESSAGE_DELIVERED)
		return to == MESSAGE_READ;
	return from == MESSAGE_QUEUED && to > from;
}

/* How many messages changed, of those that are shown. */
static unsigned save_state(struct disk *d, const struct effect *e)
{
	unsigned changed = 0;
	size_t k;

	for (k = 0; k < d->message_count; k++) {
		struct message_row *m = &d->messages[k];

		if (!is_of(m, &e->state.contact_id, MESSAGE_OUT) ||
		    m->seq < e->state.from_seq || m->seq > e->state.to_seq ||
		    !may_follow(m->state, e->state.state) ||
		    (m->withdrawn && m->state == MESSAGE_FAILED))
			continue;
		m->state = e->state.state;
		if (m->state == MESSAGE_FAILED)
			d->changes.seen[k].problem = PROBLEM_DETACHED;
		if (m->state == MESSAGE_DELIVERED)
			changes_delivered(d, m, e->state.at_ms);
		changed += !m->hidden;
	}
	return changed;
}

/* A store has no row of one that came and is erased. */
static size_t lots_after_first(const struct disk *d, const struct uid *id)
{
	size_t k, n = 0;

	for (k = 0; k < d->message_count; k++) {
		const struct message_row *m = &d->messages[k];

		n += uid_is_equal(&m->contact_id, id) &&
		     (m->dir == MESSAGE_OUT || !m->hidden ||
		      d->changes.seen[k].unswept);
	}
	return n / SWEEP_MAX;
}

void disk_apply(struct disk *d, const struct effect *e)
{
	unsigned changed = 1;

	switch (e->type) {
	case FX_SAVE_CONTACT: changed = save_contact(d, e); break;
	case FX_DELETE_CONTACT:
		d->changes.removed_lots += lots_after_first(d, &e->target);
		changes_forget(&d->changes, &e->target);
		changed = disk_apply_row(d, e);
		break;
	case FX_SAVE_COUNTERS:
	case FX_SAVE_INVITE:
	case FX_DELETE_INVITE:
	case FX_SAVE_REQUEST:
	case FX_DELETE_REQUEST:
	case FX_SAVE_SELF: changed = disk_apply_row(d, e); break;
	case FX_SAVE_MESSAGE: changed = save_message(d, e); break;
	case FX_SAVE_STATE: changed = save_state(d, e); break;
	case FX_SAVE_READ:
	case FX_SAVE_CHANGE:
	case FX_SAVE_ERASE:
	case FX_SAVE_ERASE_ALL:
	case FX_SAVE_SWEEP: changed = changes_apply(d, e); break;
	case FX_SAVE_FILE: changed = disk_files_save(d, &e->file); break;
	case FX_DELETE_FILE: changed = disk_files_delete(d, &e->target); break;
	case FX_SAVE_CONVERSATION:
		changed =
		    thread_set(need_thread(d, &e->conversation.contact_id),
			       &e->conversation);
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
	case FX_TYPING:
	case FX_BLOB:
	case FX_PROGRESS:
	case FX_NEW_CIRCUITS:
	case FX_SELF_TEST:
	case FX_REACH: assert(false); break;
	}
	d->journal[e->journal] += changed;
}
