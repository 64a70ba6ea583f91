/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/disk_changes.h"

#include <stdlib.h>
#include <string.h>

#include "core/message.h"
#include "util/mem.h"

static bool same_mid(const struct mid *a, const struct mid *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct seen *find_seen(const struct disk *d, const struct message_row *m)
{
	size_t i;

	for (i = d->changes.seen_count; i-- > 0;)
		if (uid_is_equal(&d->changes.seen[i].message_id, &m->id) &&
		    uid_is_equal(&d->changes.seen[i].contact_id,
				 &m->contact_id))
			return &d->changes.seen[i];
	return NULL;
}

static struct seen *need_seen(struct disk *d, const struct message_row *m)
{
	struct changes *c = &d->changes;
	struct seen *s = find_seen(d, m);

	if (s)
		return s;
	c->seen = xrealloc(c->seen, (c->seen_count + 1) * sizeof(*c->seen));
	s = &c->seen[c->seen_count++];
	memset(s, 0, sizeof(*s));
	s->contact_id = m->contact_id;
	s->message_id = m->id;
	return s;
}

const struct seen *disk_seen(const struct disk *d, const struct message_row *m)
{
	static const struct seen nothing;
	const struct seen *s = find_seen(d, m);

	return s ? s : &nothing;
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

static void wipe(struct message_row *m)
{
	seen_drop(&m->body);
	memset(m->extra, 0, sizeof(m->extra));
	m->extra_bytes = 0;
}

/* An edit holds the text too. */
static void withdraw_edits(struct disk *d, const struct message_row *of)
{
	struct message_fields f;
	size_t i;

	for (i = 0; i < d->message_count; i++) {
		struct message_row *m = &d->messages[i];

		if (m->dir != MESSAGE_OUT || m->kind != MESSAGE_EDIT ||
		    m->withdrawn ||
		    !uid_is_equal(&m->contact_id, &of->contact_id))
			continue;
		message_fields_read(bytes_of(m->extra, m->extra_bytes), &f);
		if (!same_mid(&f.ref, &of->mid))
			continue;
		withdraw(m);
		wipe(m);
	}
}

static void unpark(struct changes *c, size_t i)
{
	seen_drop(&c->parked[i].change.body);
	c->parked_count--;
	memmove(&c->parked[i], &c->parked[i + 1],
		(c->parked_count - i) * sizeof(*c->parked));
}

static void erase(struct disk *d, struct message_row *m, enum erase_how how,
		  enum message_problem problem)
{
	struct seen *s = need_seen(d, m);
	bool was_withdrawn = m->withdrawn;

	if (m->dir == MESSAGE_OUT)
		withdraw_edits(d, m);
	withdraw(m);
	memset(s->emoji, 0, sizeof(s->emoji));
	s->expires_ms = 0;
	m->deadline_ms = 0;
	/* An incoming one that comes again must be known. */
	if (m->dir == MESSAGE_OUT && !was_withdrawn) {
		s->mark = m->mid;
		memset(&m->mid, 0, sizeof(m->mid));
	}
	if (how == ERASE_FAIL) {
		m->state = MESSAGE_FAILED;
		s->problem = problem;
		return;
	}
	wipe(m);
	seen_drop(&s->text);
	s->is_edited = false;
	m->deleted = how == ERASE_MARK;
	m->hidden = how == ERASE_HIDE;
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

static unsigned save_erase(struct disk *d, const struct effect *e)
{
	struct message_row *m =
	    by_id(d, &e->erase.contact_id, &e->erase.message_id);

	if (!m || m->hidden)
		return 0;
	if (e->erase.how == ERASE_FAIL && m->state >= MESSAGE_DELIVERED)
		return 0;
	erase(d, m, e->erase.how, e->erase.problem);
	return 1;
}

/* --- reading --- */

static void expire_after(struct disk *d, const struct message_row *m,
			 uint64_t at_ms)
{
	struct seen *s;

	if (m->ttl_s == 0 || m->hidden || m->deleted)
		return;
	s = need_seen(d, m);
	if (s->expires_ms == 0)
		s->expires_ms = at_ms + (uint64_t)m->ttl_s * 1000;
}

void changes_delivered(struct disk *d, const struct message_row *m,
		       uint64_t at_ms)
{
	expire_after(d, m, at_ms);
}

/* By our user: it and all before it. */
static unsigned save_read(struct disk *d, const struct effect *e)
{
	const struct message_row *last =
	    by_id(d, &e->read.contact_id, &e->read.message_id);
	unsigned changed = 0;
	size_t i;

	for (i = 0; last && i <= (size_t)(last - d->messages); i++) {
		const struct message_row *m = &d->messages[i];

		if (m->dir != MESSAGE_IN || m->hidden ||
		    !uid_is_equal(&m->contact_id, &e->read.contact_id) ||
		    disk_seen(d, m)->is_read)
			continue;
		need_seen(d, m)->is_read = true;
		expire_after(d, m, d->changes.wall_ms);
		changed = 1;
	}
	return changed;
}

/* By the contact. */
static unsigned mark_read(struct disk *d, const struct change_row *c,
			  const struct message_row *last)
{
	unsigned changed = 0;
	size_t i;

	for (i = 0; i < d->message_count; i++) {
		struct message_row *m = &d->messages[i];

		if (m->dir != MESSAGE_OUT || m->seq > last->seq ||
		    m->state != MESSAGE_DELIVERED || m->hidden ||
		    m->withdrawn ||
		    !uid_is_equal(&m->contact_id, &c->contact_id))
			continue;
		m->state = MESSAGE_READ;
		changed++;
	}
	return changed;
}

/* --- changes --- */

static bool is_young(const struct message_row *m, const struct change_row *c)
{
	return c->at_ms < m->sent_ms + CHANGE_AGE_MAX_MS;
}

static unsigned edit(struct disk *d, const struct message_row *m,
		     const struct change_row *c)
{
	struct seen *s;

	if (m->kind != MESSAGE_TEXT || m->deleted || m->hidden ||
	    !is_young(m, c))
		return 0;
	s = need_seen(d, m);
	seen_drop(&s->text);
	s->text = seen_keep(c->body);
	s->is_edited = true;
	return 1;
}

static unsigned react(struct disk *d, const struct message_row *m,
		      const struct change_row *c)
{
	struct emoji *e;

	if (m->deleted || m->hidden || m->withdrawn)
		return 0;
	e = &need_seen(d, m)->emoji[c->by];
	if (strcmp(e->s, c->emoji.s) == 0)
		return 0;
	*e = c->emoji;
	return 1;
}

static unsigned apply(struct disk *d, struct message_row *m,
		      const struct change_row *c)
{
	switch (c->kind) {
	case CHANGE_EDIT: return edit(d, m, c);
	case CHANGE_DELETE:
		if (m->deleted || m->hidden || !is_young(m, c))
			return 0;
		erase(d, m, ERASE_MARK, PROBLEM_NONE);
		return 1;
	case CHANGE_REACTION: return react(d, m, c);
	case CHANGE_READ: return mark_read(d, c, m);
	}
	return 0;
}

/* HOSTILE P-12: only on messages of the one who says so, but for reactions;
 * a "read" on those of the other. */
static bool may_be_of(const struct change_row *c, enum message_dir dir)
{
	switch (c->kind) {
	case CHANGE_EDIT:
	case CHANGE_DELETE: return dir == c->by;
	case CHANGE_REACTION: return true;
	case CHANGE_READ: return dir != c->by;
	}
	return false;
}

static struct message_row *target_of(struct disk *d, const struct change_row *c)
{
	size_t i;

	for (i = 0; i < d->message_count; i++) {
		struct message_row *m = &d->messages[i];
		const struct mid *mid =
		    m->withdrawn ? &disk_seen(d, m)->mark : &m->mid;

		if (uid_is_equal(&m->contact_id, &c->contact_id) &&
		    may_be_of(c, m->dir) && same_mid(mid, &c->ref))
			return m;
	}
	return NULL;
}

static void park(struct disk *d, const struct change_row *row)
{
	struct changes *c = &d->changes;
	size_t i, count = 0, oldest = SIZE_MAX;

	for (i = c->parked_count; i-- > 0;) {
		if (!uid_is_equal(&c->parked[i].change.contact_id,
				  &row->contact_id))
			continue;
		count++;
		oldest = i;
	}
	if (count >= PARKED_MAX)
		unpark(c, oldest);
	c->parked =
	    xrealloc(c->parked, (c->parked_count + 1) * sizeof(*c->parked));
	c->parked[c->parked_count].change = *row;
	c->parked[c->parked_count].change.body = seen_keep(row->body);
	c->parked[c->parked_count++].parked_ms = c->wall_ms;
}

static unsigned save_change(struct disk *d, const struct change_row *c)
{
	struct message_row *m = target_of(d, c);

	if (m)
		return apply(d, m, c);
	if (c->kind != CHANGE_READ)
		park(d, c);
	return 0;
}

void changes_arrived(struct disk *d, const struct message_row *arrived)
{
	struct message_row *m = (struct message_row *)(uintptr_t)arrived;
	struct changes *c = &d->changes;
	size_t i = 0;

	while (i < c->parked_count) {
		const struct change_row *row = &c->parked[i].change;
		bool is_old =
		    c->wall_ms > c->parked[i].parked_ms + PARKED_AGE_MAX_MS;

		if (!is_old &&
		    (!uid_is_equal(&row->contact_id, &m->contact_id) ||
		     !same_mid(&row->ref, &m->mid) ||
		     !may_be_of(row, m->dir))) {
			i++;
			continue;
		}
		if (!is_old)
			apply(d, m, row);
		unpark(c, i);
	}
}

unsigned changes_apply(struct disk *d, const struct effect *e)
{
	if (e->type == FX_SAVE_READ)
		return save_read(d, e);
	if (e->type == FX_SAVE_CHANGE)
		return save_change(d, &e->change);
	return save_erase(d, e);
}

void changes_forget(struct disk *d, const struct uid *contact_id)
{
	struct changes *c = &d->changes;
	size_t i, kept = 0;

	for (i = c->parked_count; i-- > 0;)
		if (uid_is_equal(&c->parked[i].change.contact_id, contact_id))
			unpark(c, i);
	for (i = 0; i < c->seen_count; i++) {
		if (uid_is_equal(&c->seen[i].contact_id, contact_id))
			seen_drop(&c->seen[i].text);
		else
			c->seen[kept++] = c->seen[i];
	}
	c->seen_count = kept;
}

/* --- what is due --- */

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

/* When something is to happen to m; UINT64_MAX: nothing. */
static uint64_t due_ms(const struct disk *d, const struct message_row *m,
		       bool *is_deadline)
{
	uint64_t at_ms = disk_seen(d, m)->expires_ms;

	*is_deadline = m->deadline_ms && m->state < MESSAGE_DELIVERED;
	if (*is_deadline)
		return m->deadline_ms;
	return at_ms ? at_ms : UINT64_MAX;
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
