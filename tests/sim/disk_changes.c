/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/disk_changes.h"

#include <assert.h>
#include <string.h>

#include "core/message.h"

enum { READ_MAX = 1000 }; /* messages that one receipt marks */

static bool same_mid(const struct mid *a, const struct mid *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct seen *seen_of(struct disk *d, const struct message_row *m)
{
	size_t i = (size_t)(m - d->messages);

	assert(i < d->message_count && d->changes.seen_count >= i);
	return &d->changes.seen[i];
}

const struct seen *disk_seen(const struct disk *d, const struct message_row *m)
{
	return seen_of((struct disk *)(uintptr_t)d, m);
}

bool disk_is_shown(const struct message_row *m)
{
	return !m->hidden;
}

struct bytes disk_text(const struct disk *d, const struct message_row *m)
{
	const struct seen *s = disk_seen(d, m);

	return s->is_edited ? s->text : m->body;
}

struct target disk_target(const struct message_row *m)
{
	return (struct target){.contact_id = m->contact_id,
			       .message_id = m->id,
			       .mid = m->mid,
			       .dir = m->dir,
			       .state = m->state,
			       .seq = m->seq,
			       .kind = m->kind,
			       .deleted = m->deleted,
			       .sent_ms = m->sent_ms};
}

/* --- conversations --- */

const struct message_row *disk_shown_up_to(const struct disk *d,
					   const struct uid *contact_id,
					   uint64_t order)
{
	size_t i;

	for (i = d->message_count; i-- > 0;)
		if (!d->messages[i].hidden &&
		    d->changes.seen[i].order <= order &&
		    uid_is_equal(&d->messages[i].contact_id, contact_id))
			return &d->messages[i];
	return NULL;
}

bool disk_is_read(const struct disk *d, const struct message_row *m)
{
	const struct thread *t = thread_find(&d->changes, &m->contact_id);

	return disk_seen(d, m)->order <= t->read_order;
}

size_t disk_unread(const struct disk *d, const struct uid *contact_id)
{
	const struct thread *t = thread_find(&d->changes, contact_id);
	size_t i, n = 0;

	for (i = 0; t && i < d->message_count; i++) {
		const struct message_row *m = &d->messages[i];

		n += m->dir == MESSAGE_IN && !m->hidden && !m->deleted &&
		     d->changes.seen[i].order > t->read_order &&
		     uid_is_equal(&m->contact_id, contact_id);
	}
	return n;
}

/* The last one may not be shown any more. */
static void find_last(struct disk *d, const struct message_row *gone)
{
	struct thread *t = thread_find(&d->changes, &gone->contact_id);
	const struct message_row *m;

	if (t->last_order != seen_of(d, gone)->order)
		return;
	m = disk_shown_up_to(d, &gone->contact_id, UINT64_MAX);
	t->last_order = m ? seen_of(d, m)->order : 0;
	if (m)
		t->last_ms = m->dir == MESSAGE_IN ? m->received_ms : m->sent_ms;
}

/* --- erasing --- */

static void withdraw(struct message_row *m)
{
	struct message msg = {.kind = m->kind,
			      .mid = m->mid,
			      .body = m->body,
			      .extra = bytes_of(m->extra, m->extra_bytes)};

	if (m->dir != MESSAGE_OUT || m->withdrawn)
		return;
	message_content_hash(&msg, &m->content);
	m->withdrawn = true;
}

static void wipe(struct disk *d, struct message_row *m)
{
	struct seen *s = seen_of(d, m);

	withdraw(m);
	seen_drop(&m->body);
	memset(m->extra, 0, sizeof(m->extra));
	m->extra_bytes = 0;
	m->deadline_ms = 0;
	/* An incoming one that comes again must be known. */
	if (m->dir == MESSAGE_OUT)
		memset(&m->mid, 0, sizeof(m->mid));
	seen_drop(&s->text);
	s->is_edited = false;
	s->edited_ms = 0;
	s->problem = PROBLEM_NONE;
	if (!m->hidden)
		return;
	m->ttl_s = 0;
	s->delivered_ms = s->read_ms = s->expires_ms = 0;
}

/* An edit holds the text too, and nobody reacts to nothing. */
static void withdraw_about(struct disk *d, const struct uid *contact_id,
			   const struct mid *mid)
{
	struct message_fields f;
	size_t i;

	for (i = 0; i < d->message_count; i++) {
		struct message_row *m = &d->messages[i];

		if (m->dir != MESSAGE_OUT || !m->hidden || m->withdrawn ||
		    (m->kind != MESSAGE_EDIT && m->kind != MESSAGE_REACTION) ||
		    !uid_is_equal(&m->contact_id, contact_id))
			continue;
		message_fields_read(bytes_of(m->extra, m->extra_bytes), &f);
		if (same_mid(&f.ref, mid))
			wipe(d, m);
	}
}

static void forget_parked(struct changes *c, const struct uid *contact_id,
			  const struct mid *mid)
{
	size_t i;

	for (i = c->parked_count; i-- > 0;)
		if (uid_is_equal(&c->parked[i].change.contact_id, contact_id) &&
		    same_mid(&c->parked[i].change.ref, mid))
			parked_take(c, i);
}

static void forget_about(struct disk *d, const struct uid *contact_id,
			 const struct mid *mid)
{
	withdraw_about(d, contact_id, mid);
	forget_parked(&d->changes, contact_id, mid);
}

static void erase(struct disk *d, struct message_row *m, enum erase_how how,
		  enum message_problem problem)
{
	struct seen *s = seen_of(d, m);

	/* By its mid, which a mark has no more. */
	if (!m->deleted)
		forget_about(d, &m->contact_id, &m->mid);
	memset(s->emoji, 0, sizeof(s->emoji));
	if (how == ERASE_FAIL) {
		withdraw(m);
		m->state = MESSAGE_FAILED;
		s->problem = problem;
		return;
	}
	disk_files_drop(d, &m->contact_id, &m->id);
	m->deleted = how == ERASE_MARK;
	m->hidden = how == ERASE_HIDE;
	wipe(d, m);
	if (m->hidden)
		find_last(d, m);
}

static struct message_row *by_id(struct disk *d, const struct uid *contact_id,
				 const struct uid *id)
{
	size_t i;

	for (i = 0; i < d->message_count; i++)
		if (uid_is_equal(&d->messages[i].contact_id, contact_id) &&
		    uid_is_equal(&d->messages[i].id, id))
			return &d->messages[i];
	return NULL;
}

static bool may_erase(const struct message_row *m, enum erase_how how)
{
	if (m->hidden)
		return false;
	switch (how) {
	case ERASE_HIDE: return true;
	case ERASE_MARK: return !m->deleted;
	case ERASE_FAIL: break;
	}
	return m->dir == MESSAGE_OUT && m->state < MESSAGE_DELIVERED &&
	       !m->withdrawn;
}

static unsigned save_erase(struct disk *d, const struct effect *e)
{
	struct message_row *m =
	    by_id(d, &e->erase.contact_id, &e->erase.message_id);

	if (!m || !may_erase(m, e->erase.how))
		return 0;
	erase(d, m, e->erase.how, e->erase.problem);
	return 1;
}

/* One of a history that is cleared. */
static void clear_row(struct disk *d, struct message_row *m)
{
	struct seen *s = seen_of(d, m);
	struct mid mid = s->mid;

	/* It is still there for what came since it was cleared. */
	if (s->unswept && !s->was_mark)
		forget_about(d, &m->contact_id, &mid);
	if (m->hidden)
		return;
	s->unswept = true;
	s->was_mark = m->deleted;
	erase(d, m, ERASE_HIDE, PROBLEM_NONE);
}

static unsigned save_erase_all(struct disk *d, const struct uid *contact_id)
{
	struct thread *t = thread_find(&d->changes, contact_id);
	size_t i;

	if (!disk_shown_up_to(d, contact_id, UINT64_MAX))
		return 0;
	for (i = 0; i < d->message_count; i++) {
		if (!uid_is_equal(&d->messages[i].contact_id, contact_id))
			continue;
		clear_row(d, &d->messages[i]);
		t->cleared_order = d->changes.seen[i].order;
	}
	changes_sweep_thread(&d->changes, t);
	return 1;
}

/* --- reading --- */

static void expire_after(struct disk *d, const struct message_row *m,
			 uint64_t at_ms)
{
	if (m->ttl_s > 0)
		seen_of(d, m)->expires_ms = at_ms + (uint64_t)m->ttl_s * 1000;
}

void changes_delivered(struct disk *d, struct message_row *m, uint64_t at_ms)
{
	seen_of(d, m)->delivered_ms = at_ms;
	expire_after(d, m, at_ms);
	/* PROTOCOL 11: The introducer MUST forget seed and secret when both
	 * introductions are acknowledged. */
	if (m->kind == MESSAGE_INTRODUCTION)
		wipe(d, m);
}

/* By our user: it and all before it. */
static unsigned save_read(struct disk *d, const struct effect *e)
{
	const struct message_row *last =
	    by_id(d, &e->read.contact_id, &e->read.message_id);
	struct thread *t = thread_find(&d->changes, &e->read.contact_id);
	size_t i;

	if (!last || last->hidden || seen_of(d, last)->order <= t->read_order)
		return 0;
	t->read_order = seen_of(d, last)->order;
	for (i = 0; i <= (size_t)(last - d->messages); i++) {
		const struct message_row *m = &d->messages[i];

		if (m->dir == MESSAGE_IN &&
		    d->changes.seen[i].expires_ms == 0 &&
		    uid_is_equal(&m->contact_id, &e->read.contact_id))
			expire_after(d, m, d->changes.wall_ms);
	}
	return 1;
}

/* By the contact: the newest of those that he has. */
static unsigned mark_read(struct disk *d, const struct change_row *c,
			  const struct message_row *last)
{
	unsigned changed = 0;
	size_t i;

	for (i = d->message_count; i-- > 0 && changed < READ_MAX;) {
		struct message_row *m = &d->messages[i];

		if (m->dir != MESSAGE_OUT || m->seq > last->seq ||
		    m->state != MESSAGE_DELIVERED || m->hidden ||
		    m->withdrawn ||
		    !uid_is_equal(&m->contact_id, &c->contact_id))
			continue;
		m->state = MESSAGE_READ;
		d->changes.seen[i].read_ms = c->at_ms;
		changed++;
	}
	return changed;
}

/* --- changes --- */

static bool may_change(const struct message_row *m, const struct change_row *c)
{
	return m->dir == c->by && c->at_ms < m->sent_ms + CHANGE_AGE_MAX_MS;
}

static unsigned edit(struct disk *d, const struct message_row *m,
		     const struct change_row *c)
{
	struct seen *s = seen_of(d, m);

	if (m->kind != MESSAGE_TEXT || m->withdrawn || !may_change(m, c))
		return 0;
	seen_drop(&s->text);
	s->text = seen_keep(c->body);
	s->is_edited = true;
	s->edited_ms = c->at_ms;
	return 1;
}

static unsigned react(struct disk *d, const struct message_row *m,
		      const struct change_row *c)
{
	struct seen *s = seen_of(d, m);

	if (m->withdrawn || strcmp(s->emoji[c->by].s, c->emoji.s) == 0)
		return 0;
	s->emoji[c->by] = c->emoji;
	s->emoji_ms[c->by] = c->at_ms;
	return 1;
}

static unsigned apply(struct disk *d, struct message_row *m,
		      const struct change_row *c)
{
	if (m->hidden || m->deleted)
		return 0;
	switch (c->kind) {
	case CHANGE_EDIT: return edit(d, m, c);
	case CHANGE_DELETE:
		if (!may_change(m, c))
			return 0;
		erase(d, m, ERASE_MARK, PROBLEM_NONE);
		return 1;
	case CHANGE_REACTION: return react(d, m, c);
	case CHANGE_READ: break;
	}
	return 0;
}

static struct message_row *find_mid(struct disk *d, const struct change_row *c,
				    enum message_dir dir, bool is_gone)
{
	size_t i;

	for (i = 0; i < d->message_count; i++) {
		struct message_row *m = &d->messages[i];

		if (m->dir == dir &&
		    uid_is_equal(&m->contact_id, &c->contact_id) &&
		    same_mid(&d->changes.seen[i].mid, &c->ref) &&
		    (dir == MESSAGE_IN && m->hidden) == is_gone)
			return m;
	}
	return NULL;
}

/* HOSTILE P-12: only on messages of the one who says so, but for reactions;
 * a "read" on those of the other. */
static struct message_row *target_of(struct disk *d, const struct change_row *c)
{
	enum message_dir other = c->by == MESSAGE_IN ? MESSAGE_OUT : MESSAGE_IN;
	struct message_row *m;

	switch (c->kind) {
	case CHANGE_EDIT:
	case CHANGE_DELETE: return find_mid(d, c, c->by, false);
	case CHANGE_REACTION:
		m = find_mid(d, c, c->by, false);
		return m ? m : find_mid(d, c, other, false);
	case CHANGE_READ: return find_mid(d, c, other, false);
	}
	return NULL;
}

static unsigned save_change(struct disk *d, const struct change_row *c)
{
	struct message_row *m = target_of(d, c);

	if (c->kind == CHANGE_READ)
		return m && m->dir == MESSAGE_OUT ? mark_read(d, c, m) : 0;
	if (m)
		return apply(d, m, c);
	if (c->by == MESSAGE_IN && !find_mid(d, c, MESSAGE_IN, true))
		parked_add(&d->changes, c);
	return 0;
}

static enum journal_type journal_of(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_EDIT: return JOURNAL_MESSAGE_EDITED;
	case CHANGE_DELETE: return JOURNAL_MESSAGE_DELETED;
	case CHANGE_REACTION: return JOURNAL_MESSAGE_REACTION;
	case CHANGE_READ: break;
	}
	return JOURNAL_NONE;
}

void changes_arrived(struct disk *d, struct message_row *m)
{
	struct changes *c = &d->changes;
	size_t i = 0;

	while (i < c->parked_count) {
		struct parked p = c->parked[i];

		if (!uid_is_equal(&p.change.contact_id, &m->contact_id) ||
		    !same_mid(&p.change.ref, &m->mid)) {
			i++;
			continue;
		}
		p.change.body = seen_keep(p.change.body);
		parked_take(c, i);
		if (c->wall_ms <= p.parked_ms + PARKED_AGE_MAX_MS)
			d->journal[journal_of(p.change.kind)] +=
			    apply(d, m, &p.change);
		seen_drop(&p.change.body);
	}
}

unsigned changes_apply(struct disk *d, const struct effect *e)
{
	if (e->type == FX_SAVE_READ)
		return save_read(d, e);
	if (e->type == FX_SAVE_CHANGE)
		return save_change(d, &e->change);
	if (e->type == FX_SAVE_ERASE_ALL)
		return save_erase_all(d, &e->erase_all);
	if (e->type == FX_SAVE_SWEEP) {
		changes_sweep(&d->changes);
		return 0;
	}
	return save_erase(d, e);
}

/* --- what is due --- */

/* When, and by what; UINT64_MAX: never. */
static uint64_t due_ms(const struct disk *d, const struct message_row *m,
		       bool *is_deadline)
{
	uint64_t at_ms = disk_seen(d, m)->expires_ms;

	*is_deadline =
	    at_ms == 0 && m->dir == MESSAGE_OUT && m->state < MESSAGE_DELIVERED;
	if (*is_deadline)
		at_ms = m->deadline_ms;
	if (m->hidden || at_ms == 0)
		return UINT64_MAX;
	return at_ms;
}

static void put_due(const struct message_row *m, bool is_deadline,
		    struct due_row *out)
{
	*out = (struct due_row){.contact_id = m->contact_id,
				.message_id = m->id,
				.mid = m->mid,
				.dir = m->dir,
				.seq = m->seq,
				.is_deadline = is_deadline};
}

size_t disk_due(const struct disk *d, uint64_t wall_ms,
		struct due_row rows[static DUE_MAX], uint64_t *next_ms)
{
	size_t i, n = 0;
	bool is_deadline;

	*next_ms = UINT64_MAX;
	for (i = 0; i < d->message_count; i++) {
		const struct message_row *m = &d->messages[i];
		uint64_t at_ms = due_ms(d, m, &is_deadline);

		if (at_ms <= wall_ms && n < DUE_MAX)
			put_due(m, is_deadline, &rows[n++]);
		else if (at_ms < *next_ms)
			*next_ms = at_ms;
	}
	return n;
}
