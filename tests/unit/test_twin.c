/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The store, and the disk that the simulator has in its place, make the same
 * of the same effects.  SEEDS=n for more, SEED=n to begin elsewhere.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "store_kit.h"
#include "tests/sim/disk_changes.h"
#include "twin_draw.h"

enum { STEPS = 600, COMPARE_EVERY = 20 };

struct twin {
	struct kit *k;
	struct disk *d;
	struct draw draw;
	uint64_t seed;
	size_t step;
	/* While a list is compared. */
	size_t contact, next;
	uint64_t activity;
	uint64_t journal_seq;
	unsigned journal[JOURNAL_FILE_STATE + 1];
	bool removed; /* a contact, once */
};

static void differ(const struct twin *t, const char *what)
{
	fail_msg("%s; SEED=%llu SEEDS=1, step %zu", what,
		 (unsigned long long)t->seed, t->step);
}

#define SAME(t, a, b)                                                          \
	do {                                                                   \
		if ((a) != (b))                                                \
			differ((t), #a " is not " #b);                         \
	} while (0)

#define SAME_MEM(t, a, b)                                                      \
	do {                                                                   \
		if (memcmp(&(a), &(b), sizeof(a)) != 0)                        \
			differ((t), #a " is not " #b);                         \
	} while (0)

static void compare_rows(struct twin *t, const struct message_row *a,
			 const struct message_row *b)
{
	SAME_MEM(t, a->id, b->id);
	SAME_MEM(t, a->contact_id, b->contact_id);
	SAME_MEM(t, a->client_id, b->client_id);
	SAME(t, a->dir, b->dir);
	SAME(t, a->state, b->state);
	SAME(t, a->seq, b->seq);
	SAME(t, a->kind, b->kind);
	SAME(t, a->hidden, b->hidden);
	SAME(t, a->deleted, b->deleted);
	SAME(t, a->withdrawn, b->withdrawn);
	SAME_MEM(t, a->content, b->content);
	SAME(t, a->extra_bytes, b->extra_bytes);
	SAME_MEM(t, a->extra, b->extra);
	SAME(t, a->ttl_s, b->ttl_s);
	SAME(t, a->deadline_ms, b->deadline_ms);
	SAME(t, a->sent_ms, b->sent_ms);
	SAME(t, a->received_ms, b->received_ms);
}

/* The twin still knows the mid of a row that was erased; the store must
 * not. */
static void compare_mid(struct twin *t, const struct message_row *a,
			const struct message_row *b)
{
	const struct seen *s = disk_seen(t->d, b);
	bool erased = b->deleted || (b->hidden && b->withdrawn);

	SAME(t, memcmp(&a->mid, &s->mid, sizeof(s->mid)) != 0, erased);
}

/* What would be sent. */
static void compare_sent(struct twin *t, size_t contact)
{
	struct uid id = draw_contact_id(contact);
	const struct message_row *b;
	struct message_list l;
	size_t i;

	assert_ok(store_fetch(t->k->store, id, 1, 1 << 20, SIZE_MAX, &l));
	SAME(t, l.count, disk_count(t->d, &id, MESSAGE_OUT));
	for (i = 0; i < l.count; i++) {
		b = disk_message(t->d, &id, MESSAGE_OUT, i);
		compare_rows(t, &l.rows[i], b);
		compare_mid(t, &l.rows[i], b);
		SAME_MEM(t, l.rows[i].chain, b->chain);
		SAME(t, bytes_equal(l.rows[i].body, b->body), true);
	}
	message_list_clear(&l);
}

/* The twin's next message that the conversation shows. */
static const struct message_row *next_shown(struct twin *t)
{
	struct uid id = draw_contact_id(t->contact);
	const struct message_row *m;

	while (t->next < t->d->message_count) {
		m = &t->d->messages[t->next++];
		if (!m->hidden && uid_is_equal(&m->contact_id, &id))
			return m;
	}
	return NULL;
}

static void compare_reactions(struct twin *t, const struct message_info *a,
			      const struct seen *s)
{
	size_t i, n = 0;

	for (i = 0; i < 2; i++) {
		if (!s->emoji[i].s[0])
			continue;
		SAME(t, a->reactions[n].by, i);
		SAME(t, a->reactions[n].at_ms, s->emoji_ms[i]);
		SAME(t, strcmp(a->reactions[n].emoji.s, s->emoji[i].s), 0);
		n++;
	}
	SAME(t, a->reaction_count, n);
}

static void compare_reply(struct twin *t, const struct message_info *a,
			  const struct message_row *b)
{
	struct message_fields f = {.has_reply_to = false};
	const struct message_row *to = NULL;
	struct uid want = {{0}};
	int dir;

	if (message_kind_is_known(b->kind))
		message_fields_read(bytes_of(b->extra, b->extra_bytes), &f);
	SAME(t, a->is_reply, f.has_reply_to);
	for (dir = MESSAGE_IN; f.has_reply_to && dir <= MESSAGE_OUT; dir++) {
		to = disk_by_mid(t->d, &b->contact_id, (enum message_dir)dir,
				 &f.reply_to);
		if (to && !to->hidden && !to->deleted)
			break;
		to = NULL;
	}
	if (to)
		want = to->id;
	SAME_MEM(t, a->reply_to, want);
}

static bool compare_shown(void *ctx, const struct message_info *a)
{
	struct twin *t = ctx;
	const struct message_row *b = next_shown(t);
	const struct seen *s;

	if (!b)
		differ(t, "the store shows more");
	s = disk_seen(t->d, b);
	compare_rows(t, &a->row, b);
	compare_mid(t, &a->row, b);
	SAME(t, bytes_equal(a->row.body, disk_text(t->d, b)), true);
	SAME(t, a->delivered_ms, s->delivered_ms);
	SAME(t, a->read_ms, s->read_ms);
	SAME(t, a->edited_ms, s->edited_ms);
	SAME(t, a->expires_ms, s->expires_ms);
	SAME(t, a->problem, s->problem);
	compare_reactions(t, a, s);
	compare_reply(t, a, b);
	return true;
}

static void compare_conversation(struct twin *t, size_t contact)
{
	struct message_page page = {
	    draw_conversation_id(contact), PAGE_LATEST, {{0}}, 1 << 20};
	struct uid id = draw_contact_id(contact), none = {{0}};
	const struct thread *b = thread_find(&t->d->changes, &id);
	const struct message_row *last, *read;
	struct conversation_info a;

	t->contact = contact;
	t->next = 0;
	assert_ok(query_messages(t->k->store, &page, compare_shown, t));
	if (next_shown(t))
		differ(t, "the twin shows more");
	assert_ok(query_conversation(t->k->store, page.conversation_id, &a));
	last = disk_shown_up_to(t->d, &id, UINT64_MAX);
	read = disk_shown_up_to(t->d, &id, b->read_order);
	SAME(t, a.unread_count, disk_unread(t->d, &id));
	SAME_MEM(t, a.last_message, *(last ? &last->id : &none));
	SAME_MEM(t, a.read_up_to, *(read ? &read->id : &none));
	SAME(t, a.last_ms, b->last_ms);
	SAME(t, a.muted_until_ms, b->set.muted_until_ms);
	SAME(t, a.archived, b->set.archived);
	SAME(t, a.pinned, b->set.pinned);
	SAME(t, bytes_equal(bytes_of(a.draft, strlen(a.draft)), b->set.draft),
	     true);
	SAME(t, a.ttl_s, disk_contact(t->d, &id)->ttl_s);
}

static bool is_among(const struct due_row *rows, size_t n,
		     const struct due_row *want)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (uid_is_equal(&rows[i].message_id, &want->message_id))
			return uid_is_equal(&rows[i].contact_id,
					    &want->contact_id) &&
			       rows[i].is_deadline == want->is_deadline &&
			       rows[i].dir == want->dir &&
			       rows[i].seq == want->seq;
	return false;
}

static bool has_cleared(const struct twin *t)
{
	const struct changes *c = &t->d->changes;
	size_t i;

	for (i = 0; i < c->thread_count; i++)
		if (c->threads[i].cleared_order > 0)
			return true;
	return false;
}

/* A contact that is gone leaves the store more than messages. */
static void compare_work(struct twin *t, const struct due_list *l)
{
	if (t->removed)
		SAME(t, l->sweep || !changes_has_work(&t->d->changes), true);
	else
		SAME(t, l->sweep, has_cleared(t));
}

/* A time by which few are due, so that both give all of them. */
static void compare_due(struct twin *t)
{
	uint64_t at_ms = t->draw.wall_ms - 3600 * 1000;
	struct due_row rows[DUE_MAX];
	struct due_list l;
	uint64_t next_ms;
	size_t i, n;

	n = disk_due(t->d, at_ms, rows, &next_ms);
	assert_ok(store_due(t->k->store, at_ms, &l));
	SAME(t, l.count, n);
	compare_work(t, &l);
	if (n == DUE_MAX || l.sweep)
		return;
	SAME(t, l.next_ms, next_ms);
	for (i = 0; i < n; i++)
		SAME(t, is_among(rows, n, &l.rows[i]), true);
}

static bool count_line(void *ctx, const struct journal_info *j)
{
	struct twin *t = ctx;

	t->journal[j->type]++;
	t->journal_seq = j->seq;
	return true;
}

/* After each step, since lines go when they are old. */
static void read_lines(struct twin *t)
{
	assert_ok(
	    query_journal(t->k->store, t->journal_seq, 1 << 20, count_line, t));
}

static void compare_journal(struct twin *t)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(t->journal); i++)
		SAME(t, t->journal[i], t->d->journal[i]);
}

static bool compare_next(void *ctx, const struct conversation_info *c)
{
	struct twin *t = ctx;
	const struct thread *b = thread_find(&t->d->changes, &c->contact_id);

	if (!b || b->activity > t->activity)
		differ(t, "conversations in another order");
	t->activity = b->activity;
	t->next++;
	return true;
}

static void compare_order(struct twin *t)
{
	t->next = 0;
	t->activity = UINT64_MAX;
	assert_ok(query_conversations(t->k->store, NULL, 99, compare_next, t));
	SAME(t, t->next, t->d->changes.thread_count);
}

static bool compare_file(void *ctx, const struct file_info *f)
{
	struct twin *t = ctx;

	if (!disk_file_equals(t->d, &f->row))
		differ(t, "a file is another one");
	t->next++;
	return true;
}

static void compare_files(struct twin *t)
{
	const struct file_page page = {.limit = 1 << 20};

	t->next = 0;
	assert_ok(query_files(t->k->store, &page, compare_file, t));
	SAME(t, t->next, t->d->file_count);
}

static void compare(struct twin *t)
{
	struct contact_row c;
	struct uid id;
	size_t i;

	for (i = 0; i < TWIN_CONTACTS; i++) {
		id = draw_contact_id(i);
		if (!disk_contact(t->d, &id)) {
			assert_err(query_contact(t->k->store, id, &c),
				   ERR_NOT_FOUND);
			continue;
		}
		compare_sent(t, i);
		compare_conversation(t, i);
	}
	compare_due(t);
	compare_journal(t);
	compare_order(t);
	compare_files(t);
}

/* Of the twin's files, one that is not over, or none. */
static const struct file_row *some_file(struct twin *t)
{
	const struct file_row *f;

	if (t->d->file_count == 0)
		return NULL;
	f = &t->d->files[draw_below(&t->draw, t->d->file_count)];
	return f->state <= FILE_PAUSED ? f : NULL;
}

/* Deleted before it came, or of a mid that was there: the store leaves its file
 * out, which the twin does not know of (test_files.c looks at that). */
static void forget_lost_offer(struct twin *t)
{
	const struct file_row *f = &t->draw.offer;
	const struct message_row *m;

	if (!t->draw.has_offer)
		return;
	m = disk_by_mid(t->d, &f->contact_id, MESSAGE_IN, &f->mid);
	t->draw.has_offer = m && !m->hidden && !m->deleted &&
			    uid_is_equal(&m->id, &f->message_id);
}

static void apply(struct twin *t, const struct effect *e)
{
	t->removed = t->removed || e->type == FX_DELETE_CONTACT;
	t->d->changes.wall_ms = t->draw.wall_ms;
	disk_apply(t->d, e);
	assert_ok(store_begin(t->k->store));
	if (store_apply(t->k->store, e, t->draw.wall_ms) != OK)
		differ(t, "the store refuses");
	assert_ok(store_commit(t->k->store));
	read_lines(t);
}

/* To its end, which must come. */
static void sweep(struct twin *t)
{
	struct effect e = {.type = FX_SAVE_SWEEP};
	struct due_list l;
	size_t i;

	for (i = 0; i < STEPS; i++) {
		assert_ok(store_due(t->k->store, t->draw.wall_ms, &l));
		if (!l.sweep)
			break;
		apply(t, &e);
	}
	SAME(t, l.sweep, false);
	SAME(t, changes_has_work(&t->d->changes), false);
}

static void one_step(struct twin *t)
{
	const struct file_row *f;
	struct effect e;

	t->step++;
	forget_lost_offer(t);
	f = !t->draw.has_offer && t->step % 8 == 0 ? some_file(t) : NULL;
	if (f)
		draw_file_change(&t->draw, f, &e);
	else if (!draw_effect(&t->draw, &e))
		return;
	apply(t, &e);
	if (t->step % COMPARE_EVERY == 0)
		compare(t);
}

/* Without one nothing of the file would be there after the next start. */
static bool make_blob(void *ctx, const struct file_info *f)
{
	struct twin *t = ctx;
	struct blob *b;

	assert_ok(blob_create(t->k->blobs, &f->blob, &b));
	blob_close(b);
	return true;
}

static void run_one(struct kit *k, uint64_t seed)
{
	const struct file_page page = {.limit = 1 << 20};
	struct twin t = {.k = k, .d = disk_new(), .seed = seed};
	struct disk *copy;

	draw_start(&t.draw, seed);
	while (t.step < STEPS)
		one_step(&t);
	assert_ok(query_files(k->store, &page, make_blob, &t));
	kit_close(k);
	kit_open(k);
	copy = disk_clone(t.d);
	disk_free(t.d);
	t.d = copy;
	compare(&t);
	sweep(&t);
	compare(&t);
	disk_free(t.d);
}

static uint64_t from_env(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 10) : otherwise;
}

static void both_make_the_same_of_it(void **state)
{
	uint64_t first = from_env("SEED", 1), count = from_env("SEEDS", 6), i;

	(void)state;
	for (i = 0; i < count; i++) {
		struct kit k;

		kit_start(&k);
		run_one(&k, first + i);
		kit_end(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_make_the_same_of_it),
	};

	return cmocka_run_group_tests_name("twin", tests, NULL, NULL);
}
