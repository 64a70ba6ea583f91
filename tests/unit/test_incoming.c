/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a contact may do with messages, and what it cannot.
 */
#include "tests/unit/check.h"

#include <sodium.h>
#include <stdlib.h>

#include "tests/sim/talk.h"

static int set_up(void **state)
{
	*state = rig_new(31);
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static size_t received(struct rig *r)
{
	return disk_count(r->disk, &r->contact.id, MESSAGE_IN);
}

static void assert_text(struct rig *r, const struct message_row *m,
			const char *text)
{
	struct bytes b = disk_text(r->disk, m);

	assert_int_equal(b.n, strlen(text));
	if (b.n)
		assert_memory_equal(b.p, text, b.n);
}

static struct message_fields about(struct mid ref)
{
	return (struct message_fields){.has_ref = true, .ref = ref};
}

static void puppet_edit(struct rig *r, struct puppet *p, struct mid ref,
			const char *text)
{
	struct message_fields f = about(ref);

	puppet_say(r, p, MESSAGE_EDIT, &f, text);
}

static void puppet_delete(struct rig *r, struct puppet *p, struct mid ref)
{
	struct message_fields f = about(ref);

	puppet_say(r, p, MESSAGE_DELETE, &f, NULL);
}

static void puppet_react(struct rig *r, struct puppet *p, struct mid ref,
			 const char *emoji)
{
	struct message_fields f = about(ref);

	strcpy(f.emoji.s, emoji);
	puppet_say(r, p, MESSAGE_REACTION, &f, NULL);
}

static const char *reaction(struct rig *r, enum message_dir dir, size_t i)
{
	return disk_seen(r->disk, rig_row(r, dir, i))->emoji[MESSAGE_IN].s;
}

/* PROTOCOL 6.1: A message of kind 2, 3, 4, 5, 7, 9, 10 or 14 is not shown
 * itself; it is numbered, acknowledged and sent again like any other. */
static void what_is_not_shown_is_numbered(void **state)
{
	static const uint16_t kinds[] = {2, 3, 4, 5, 7, 9, 10, 14};
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct message_fields f = {.has_invite = true, .name = {"Eve"}};
	struct puppet_frame frame;
	struct frame_ack ack;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct message_fields g = {0};
		const char *body = NULL;

		if (kinds[i] <= 7)
			g = about((struct mid){{7}});
		g.has_file_state = kinds[i] == 7;
		if (kinds[i] == 10)
			g = f;
		if (kinds[i] == 2)
			body = "x";
		if (kinds[i] == 14)
			body = "thirty-two bytes of what it says";
		puppet_say(r, p, kinds[i], &g, body);
		assert_false(p->is_ended);
		assert_int_equal(rig_counters(r)->recv_next, i + 2);
	}
	assert_int_equal(received(r), 0);
	rig_tick(r, 250);
	assert_true(puppet_find(p, FRAME_ACK, &frame));
	assert_ok(
	    frame_read_ack(&(struct frame){frame.type, frame.body}, &ack));
	assert_int_equal(ack.cum, ARRAY_SIZE(kinds) + 1);
	assert_memory_equal(&ack.chain, &rig_counters(r)->chain_in, 16);
	assert_false(disk_contact(r->disk, &r->contact.id)->alarm);
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_RECEIVED], 0);
}

static void edits_and_deletions(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct mid mid = puppet_say(r, p, MESSAGE_TEXT, NULL, "helo");

	puppet_edit(r, p, mid, "hello");
	assert_text(r, rig_row(r, MESSAGE_IN, 0), "hello");
	puppet_edit(r, p, mid, "hello!");
	assert_text(r, rig_row(r, MESSAGE_IN, 0), "hello!");
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_EDITED], 2);
	puppet_delete(r, p, mid);
	assert_text(r, rig_row(r, MESSAGE_IN, 0), "");
	assert_true(rig_row(r, MESSAGE_IN, 0)->deleted);
	/* PROTOCOL 6.5: An edit MUST NOT have an effect on a message that was
	 * deleted, and the last edit counts. */
	puppet_edit(r, p, mid, "hello?");
	assert_text(r, rig_row(r, MESSAGE_IN, 0), "");
	puppet_react(r, p, mid, "x");
	assert_string_equal(reaction(r, MESSAGE_IN, 0), "");
	puppet_delete(r, p, mid);
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_EDITED], 2);
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_DELETED], 1);
	assert_false(p->is_ended);
}

static void reactions_replace_each_other(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct mid mid = puppet_say(r, p, MESSAGE_TEXT, NULL, "theirs");

	assert_ok(rig_say(r, "ours"));
	puppet_react(r, p, rig_row(r, MESSAGE_OUT, 0)->mid, "a");
	puppet_react(r, p, mid, "b");
	puppet_react(r, p, mid, "c");
	puppet_react(r, p, mid, "c");
	assert_string_equal(reaction(r, MESSAGE_OUT, 0), "a");
	assert_string_equal(reaction(r, MESSAGE_IN, 0), "c");
	puppet_react(r, p, mid, "");
	assert_string_equal(reaction(r, MESSAGE_IN, 0), "");
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_REACTION], 4);
}

/* Another contact of the node, with one message of his; its mid. */
static struct mid somebody_else(struct rig *r)
{
	struct effect e = {.type = FX_SAVE_CONTACT};
	struct mid mid = {{0xab}};

	e.contact = r->contact;
	e.contact.id.b[0] ^= 1;
	e.contact.my_cell.b[0] ^= 1;
	disk_apply(r->disk, &e);
	memset(&e, 0, sizeof(e));
	e.type = FX_SAVE_MESSAGE;
	e.message.contact_id = r->contact.id;
	e.message.contact_id.b[0] ^= 1;
	e.message.kind = MESSAGE_TEXT;
	e.message.seq = 1;
	e.message.mid = mid;
	e.message.state = MESSAGE_RECEIVED;
	e.message.body = bytes_of("not yours", 9);
	e.message.sent_ms = rig_wall_ms(r);
	disk_apply(r->disk, &e);
	rig_reload(r);
	return mid;
}

/* HOSTILE P-12: edits, deletions, reactions to messages of ours, or of another
 * conversation. */
static void not_what_is_not_ones_own(void **state)
{
	struct rig *r = *state;
	struct mid other = somebody_else(r);
	struct uid other_id = r->contact.id;
	const struct message_row *row;
	struct puppet *p;
	struct mid ours;

	assert_ok(rig_say(r, "ours"));
	ours = rig_row(r, MESSAGE_OUT, 0)->mid;
	p = rig_session(r);
	while (r->fetching)
		rig_answer_fetch(r);
	puppet_edit(r, p, ours, "theirs");
	puppet_delete(r, p, ours);
	assert_text(r, rig_row(r, MESSAGE_OUT, 0), "ours");
	assert_false(rig_row(r, MESSAGE_OUT, 0)->deleted);
	puppet_edit(r, p, other, "mine");
	puppet_react(r, p, other, "x");
	puppet_delete(r, p, other);
	assert_false(p->is_ended);
	other_id.b[0] ^= 1;
	row = disk_message(r->disk, &other_id, MESSAGE_IN, 0);
	assert_text(r, row, "not yours");
	assert_false(row->deleted);
	assert_string_equal(disk_seen(r->disk, row)->emoji[MESSAGE_IN].s, "");
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_EDITED], 0);
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_DELETED], 0);
}

/* Too old by what the contact says himself, or by our clock. */
static void seven_days(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct mid mid = puppet_say(r, p, MESSAGE_TEXT, NULL, "old");

	r->skew_ms = CHANGE_AGE_MAX_MS + 1000;
	puppet_edit(r, p, mid, "new");
	puppet_delete(r, p, mid);
	assert_text(r, rig_row(r, MESSAGE_IN, 0), "old");
	puppet_react(r, p, mid, "x");
	assert_string_equal(reaction(r, MESSAGE_IN, 0), "x");
}

static void changes_wait_for_their_message(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	uint64_t calls = r->rng.calls;
	struct mid mid;
	size_t i;

	/* The mid of a message that is still to come. */
	rng_bytes(&r->rng, mid.b, sizeof(mid.b));
	puppet_edit(r, p, mid, "hello");
	puppet_react(r, p, mid, "x");
	assert_int_equal(r->disk->changes.parked_count, 2);
	rig_reload(r);
	p = rig_session(r);
	r->rng.calls = calls;
	mid = puppet_say(r, p, MESSAGE_TEXT, NULL, "helo");
	assert_text(r, rig_row(r, MESSAGE_IN, 0), "hello");
	assert_string_equal(reaction(r, MESSAGE_IN, 0), "x");
	assert_int_equal(r->disk->changes.parked_count, 0);
	/* However many come, not more are kept.  HOSTILE X-05 */
	for (i = 0; i < PARKED_MAX + 50; i++) {
		rng_bytes(&r->rng, mid.b, sizeof(mid.b));
		puppet_edit(r, p, mid, "x");
	}
	assert_int_equal(r->disk->changes.parked_count, PARKED_MAX);
	assert_false(p->is_ended);
}

static void timer_is_for_both(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct message_fields f = {.has_ttl = true, .ttl_s = 60};

	puppet_say(r, p, MESSAGE_TIMER, &f, NULL);
	assert_int_equal(disk_contact(r->disk, &r->contact.id)->ttl_s, 60);
	assert_int_equal(received(r), 1);
	assert_int_equal(rig_row(r, MESSAGE_IN, 0)->kind, MESSAGE_TIMER);
	assert_int_equal(rig_row(r, MESSAGE_IN, 0)->ttl_s, 0);
	assert_int_equal(rig_row(r, MESSAGE_IN, 0)->extra_bytes, 6);
	puppet_say(r, p, MESSAGE_TEXT, &f, "going");
	assert_int_equal(rig_row(r, MESSAGE_IN, 1)->ttl_s, 60);
	assert_ok(rig_say(r, "going too"));
	assert_int_equal(rig_row(r, MESSAGE_OUT, 0)->ttl_s, 60);
	puppet_say(r, p, MESSAGE_TIMER, &f, NULL);
	assert_int_equal(r->disk->journal[JOURNAL_CONVERSATION_UPDATED], 1);
}

/* An alarm is told whatever the message that raised it does. */
static void one_change_does_not_hide_another(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct message_fields f = {.has_ttl = true, .ttl_s = 60};
	uint8_t extra[MESSAGE_EXTRA_MAX], record[MESSAGE_WRITE_MAX];
	struct message m = {
	    .kind = MESSAGE_TIMER, .mid = {{1}}, .chain = {{0xbd}}};
	struct wire_writer w;

	m.extra = bytes_of(extra, message_fields_write(&f, extra));
	wire_write_init(&w, record, sizeof(record));
	message_write(&w, &m);
	puppet_record(r, p, 1, wire_written(&w));
	assert_false(p->is_ended);
	assert_true(disk_contact(r->disk, &r->contact.id)->alarm);
	assert_int_equal(disk_contact(r->disk, &r->contact.id)->ttl_s, 60);
	assert_int_equal(r->disk->journal[JOURNAL_CONTACT_UPDATED], 1);
	assert_int_equal(r->disk->journal[JOURNAL_CONVERSATION_UPDATED], 1);
}

/* HOSTILE C-06: another name is told, and the alias stays. */
static void profile_changes_the_contact(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct message_fields f = {.name = {"Robert"}, .status = {"here"}};
	const struct contact_row *c = disk_contact(r->disk, &r->contact.id);

	puppet_say(r, p, MESSAGE_PROFILE, &f, NULL);
	puppet_say(r, p, MESSAGE_PROFILE, &f, NULL);
	c = disk_contact(r->disk, &r->contact.id);
	assert_string_equal(c->name.s, "Robert");
	assert_string_equal(c->status.s, "here");
	assert_string_equal(c->alias.s, r->contact.alias.s);
	assert_int_equal(r->disk->journal[JOURNAL_CONTACT_UPDATED], 1);
	memset(&f, 0, sizeof(f));
	puppet_say(r, p, MESSAGE_PROFILE, &f, NULL);
	c = disk_contact(r->disk, &r->contact.id);
	assert_string_equal(c->name.s, "");
	assert_string_equal(c->status.s, "");
	assert_int_equal(received(r), 0);
}

/* A text of n bytes, well formed or not; whether the link lived. */
static bool takes(struct rig *r, size_t n)
{
	struct puppet *p = rig_session(r);
	uint8_t *mem = xcalloc(1, 5 * TEXT_MAX);
	struct message m = {.kind = MESSAGE_TEXT, .mid = {{(uint8_t)n}}};
	struct wire_writer w;
	struct hash32 content;
	struct bytes body;
	bool lives;

	memset(mem, 'x', n);
	body = bytes_of(mem, n);
	if (n <= TEXT_MAX) {
		m.body = body;
		message_content_hash(&m, &content);
		message_chain(&rig_counters(r)->chain_in, &content, &m.chain);
	}
	wire_write_init(&w, mem + n, 5 * TEXT_MAX - n);
	m.body = bytes_of(NULL, 0);
	message_write(&w, &m);
	tlv_write(&w, 5, body);
	/* No record holds more; its length still says what it was. */
	if (w.len > MESSAGE_BYTES_MAX)
		w.len = MESSAGE_BYTES_MAX;
	puppet_record(r, p, rig_counters(r)->recv_next, wire_written(&w));
	lives = !p->is_ended;
	puppet_down(r, p);
	free(mem);
	return lives;
}

/* HOSTILE P-01: messages of the largest size, one more, twice as much. */
static void too_long_ends_the_link_and_no_more(void **state)
{
	struct rig *r = *state;
	struct puppet *p;

	assert_true(takes(r, TEXT_MAX));
	assert_int_equal(received(r), 1);
	assert_false(takes(r, TEXT_MAX + 1));
	assert_false(takes(r, MESSAGE_BYTES_MAX - 50));
	assert_false(takes(r, 2 * TEXT_MAX));
	assert_false(takes(r, 0));
	assert_int_equal(received(r), 1);
	p = rig_session(r);
	puppet_say(r, p, MESSAGE_TEXT, NULL, "short");
	assert_int_equal(received(r), 2);
}

/* A text of that age with the mid and body given, as the next one. */
static void puppet_word(struct rig *r, struct puppet *p, struct mid mid,
			uint32_t age_s, const char *body)
{
	struct message m = {.kind = MESSAGE_TEXT,
			    .mid = mid,
			    .age_s = age_s,
			    .body = bytes_of(body, strlen(body))};
	uint8_t mem[MESSAGE_WRITE_MAX];
	struct hash32 content;
	struct wire_writer w;

	message_content_hash(&m, &content);
	message_chain(&rig_counters(r)->chain_in, &content, &m.chain);
	wire_write_init(&w, mem, sizeof(mem));
	message_write(&w, &m);
	puppet_record(r, p, rig_counters(r)->recv_next, wire_written(&w));
}

/* HOSTILE P-07: ages of nothing, of 68 and 136 years, going backwards: order
 * is that of arrival, and no time is in the future. */
static void times_that_cannot_be(void **state)
{
	static const uint32_t ages[] = {
	    0, UINT32_MAX, 0x80000000, 0x7fffffff, 1, 86400, 10, 0, 999999};
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ages); i++) {
		const struct message_row *row;
		uint64_t wall_ms = rig_wall_ms(r);

		puppet_word(r, p, (struct mid){{(uint8_t)(i + 1)}}, ages[i],
			    "when?");
		assert_false(p->is_ended);
		row = rig_row(r, MESSAGE_IN, i);
		assert_non_null(row);
		assert_int_equal(row->seq, i + 1);
		assert_int_equal(row->received_ms, wall_ms);
		assert_true(row->sent_ms <= wall_ms);
		if ((uint64_t)ages[i] * 1000 <= wall_ms)
			assert_int_equal(row->sent_ms,
					 wall_ms - (uint64_t)ages[i] * 1000);
		else
			assert_int_equal(row->sent_ms, 0);
		rig_tick(r, 1000);
	}
}

/* HOSTILE P-08: the same message twice in every way; the first wins, once. */
static void the_same_again(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct mid one = {{1}}, two = {{2}};

	puppet_word(r, p, one, 0, "first");
	puppet_word(r, p, one, 0, "first");
	puppet_word(r, p, one, 0, "another text");
	assert_int_equal(received(r), 1);
	puppet_word(r, p, two, 0, "first");
	assert_int_equal(received(r), 2);
	assert_int_equal(rig_counters(r)->recv_next, 5);
	rig_reload(r);
	p = rig_session(r);
	puppet_word(r, p, one, 0, "first");
	r->skew_ms = (uint64_t)31 * 24 * 3600 * 1000;
	puppet_word(r, p, one, 31 * 24 * 3600, "first");
	assert_int_equal(received(r), 2);
	assert_text(r, rig_row(r, MESSAGE_IN, 0), "first");
	/* What was deleted does not come back. */
	puppet_delete(r, p, two);
	puppet_word(r, p, two, 0, "first");
	assert_ok(
	    rig_cmd(r, talk_delete(rig_row(r, MESSAGE_IN, 0), DELETE_FOR_ME)));
	puppet_word(r, p, one, 0, "first");
	assert_int_equal(received(r), 2);
	assert_true(rig_row(r, MESSAGE_IN, 0)->hidden);
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_RECEIVED], 2);
	assert_false(p->is_ended);
}

/* HOSTILE K-07: numbers that skip, by one, by much, to the end: the link ends,
 * nothing is kept, and the next one is expected as before. */
static void numbers_that_skip(void **state)
{
	static const uint64_t numbers[] = {
	    0,		 2,	  3,	       257,	  (uint64_t)1 << 32,
	    SEQ_MAX - 1, SEQ_MAX, SEQ_MAX + 1, UINT64_MAX};
	struct rig *r = *state;
	struct message m = {.kind = MESSAGE_TEXT, .body = bytes_of("x", 1)};
	uint8_t mem[64];
	struct wire_writer w;
	struct hash32 content;
	struct puppet *p;
	size_t i;

	message_content_hash(&m, &content);
	message_chain(&(struct chain){{0}}, &content, &m.chain);
	wire_write_init(&w, mem, sizeof(mem));
	message_write(&w, &m);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		unsigned saves;

		p = rig_session(r);
		saves = r->saves;
		puppet_record(r, p, numbers[i], wire_written(&w));
		assert_true(p->is_ended);
		assert_int_equal(received(r), 0);
		assert_int_equal(rig_counters(r)->recv_next, 1);
		assert_in_range(r->saves - saves, 0, 1);
	}
	p = rig_session(r);
	puppet_record(r, p, 1, wire_written(&w));
	assert_int_equal(received(r), 1);
	assert_false(p->is_ended);
}

/* What was withdrawn comes as a hash, and the rest follows it. */
static void the_chain_goes_over_what_was_withdrawn(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct mid mid;

	puppet_say(r, p, MESSAGE_TEXT, NULL, "one");
	puppet_say(r, p, MESSAGE_WITHDRAWN, NULL,
		   "thirty-two bytes of what it says");
	mid = puppet_say(r, p, MESSAGE_TEXT, NULL, "three");
	assert_int_equal(received(r), 2);
	assert_memory_equal(&rig_row(r, MESSAGE_IN, 1)->mid, &mid, 16);
	assert_int_equal(rig_row(r, MESSAGE_IN, 1)->seq, 3);
	assert_false(disk_contact(r->disk, &r->contact.id)->alarm);
	assert_false(p->is_ended);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(what_is_not_shown_is_numbered),
	    TEST(edits_and_deletions),
	    TEST(reactions_replace_each_other),
	    TEST(not_what_is_not_ones_own),
	    TEST(seven_days),
	    TEST(changes_wait_for_their_message),
	    TEST(timer_is_for_both),
	    TEST(one_change_does_not_hide_another),
	    TEST(profile_changes_the_contact),
	    TEST(too_long_ends_the_link_and_no_more),
	    TEST(times_that_cannot_be),
	    TEST(the_same_again),
	    TEST(numbers_that_skip),
	    TEST(the_chain_goes_over_what_was_withdrawn),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
