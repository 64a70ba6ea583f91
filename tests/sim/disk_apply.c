/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <string.h>

#include "tests/sim/disk_changes.h"
#include "util/mem.h"

static bool is_of(const struct message_row *m, const struct uid *contact_id,
		  enum message_dir dir)
{
	return m->dir == dir && uid_is_equal(&m->contact_id, contact_id);
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

void disk_apply(struct disk *d, const struct effect *e)
{
	unsigned changed = 1;

	switch (e->type) {
	case FX_DELETE_CONTACT:
		changes_forget(d, &e->target);
		disk_apply_row(d, e);
		break;
	case FX_SAVE_CONTACT:
	case FX_SAVE_COUNTERS:
	case FX_SAVE_INVITE:
	case FX_DELETE_INVITE:
	case FX_SAVE_REQUEST:
	case FX_DELETE_REQUEST:
	case FX_SAVE_SELF: disk_apply_row(d, e); break;
	case FX_SAVE_MESSAGE: changed = save_message(d, &e->message); break;
	case FX_SAVE_STATE: changed = save_state(d, e); break;
	case FX_SAVE_READ:
	case FX_SAVE_CHANGE:
	case FX_SAVE_ERASE: changed = changes_apply(d, e); break;
	case FX_SAVE_ERASE_ALL:
	case FX_SAVE_CONVERSATION: break;
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
