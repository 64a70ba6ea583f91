/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Read receipts, both ways.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "tests/sim/talk.h"

/* The rig's contact may know what was read. */
static void choose(struct rig *r, enum choice choice, bool by_default)
{
	struct effect e = {.type = FX_SAVE_CONTACT};

	e.contact = *disk_contact(r->disk, &r->contact.id);
	e.contact.receipts = choice;
	disk_apply(r->disk, &e);
	memset(&e, 0, sizeof(e));
	e.type = FX_SAVE_SELF;
	e.self = r->disk->self;
	e.self.receipts = by_default;
	disk_apply(r->disk, &e);
	rig_reload(r);
}

static int set_up(void **state)
{
	struct rig *r = rig_new(51);

	choose(r, CHOICE_ON, false);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static void read_up_to(struct rig *r, size_t i)
{
	assert_ok(rig_cmd(r, talk_read(r->disk, rig_row(r, MESSAGE_IN, i))));
}

/* How many receipts were heard; the last one's message. */
static unsigned heard(struct puppet *p, struct mid *ref)
{
	struct message_fields f;
	struct message m;
	unsigned n = 0;

	while (puppet_heard(p, &m)) {
		if (m.kind != MESSAGE_READ_UP_TO)
			continue;
		message_fields_read(m.extra, &f);
		*ref = f.ref;
		n++;
	}
	return n;
}

static void one_receipt_for_what_is_read_together(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct mid ref, last = {{0}};
	unsigned i;

	for (i = 0; i < 10; i++)
		last = puppet_say(r, p, MESSAGE_TEXT, NULL, "x");
	for (i = 0; i < 10; i++) {
		read_up_to(r, i);
		rig_tick(r, 50);
	}
	rig_tick(r, 400);
	assert_int_equal(heard(p, &ref), 0);
	rig_tick(r, 3000);
	assert_int_equal(heard(p, &ref), 1);
	assert_memory_equal(&ref, &last, sizeof(last));
	rig_tick(r, 60 * 1000);
	assert_int_equal(heard(p, &ref), 0);
	assert_true(rig_row(r, MESSAGE_OUT, 0)->hidden);
	assert_int_equal(r->disk->journal[JOURNAL_CONVERSATION_READ], 10);
}

static void jitter_is_there(void **state)
{
	uint64_t first = 0, t;
	bool differs = false;
	struct mid ref;
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++) {
		struct rig *r = rig_new(500 + i);
		struct puppet *p;

		choose(r, CHOICE_ON, false);
		p = rig_session(r);
		puppet_say(r, p, MESSAGE_TEXT, NULL, "x");
		read_up_to(r, 0);
		for (t = 0; heard(p, &ref) == 0; t++)
			rig_tick(r, 1);
		assert_in_range(t, 1000, 3000);
		differs = differs || (i > 0 && t != first);
		first = i == 0 ? t : first;
		rig_free(r);
	}
	assert_true(differs);
}

static void only_who_may_know(void **state)
{
	static const struct {
		enum choice choice;
		bool by_default, told;
	} table[] = {{CHOICE_OFF, true, false},
		     {CHOICE_DEFAULT, false, false},
		     {CHOICE_DEFAULT, true, true},
		     {CHOICE_ON, false, true}};
	struct rig *r = *state;
	struct mid ref;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct puppet *p;

		choose(r, table[i].choice, table[i].by_default);
		p = rig_session(r);
		puppet_say(r, p, MESSAGE_TEXT, NULL, "x");
		read_up_to(r, i);
		rig_tick(r, 4000);
		assert_int_equal(heard(p, &ref), table[i].told);
		puppet_ack_all(r, p);
		puppet_down(r, p);
	}
	assert_int_equal(r->disk->journal[JOURNAL_CONVERSATION_READ],
			 ARRAY_SIZE(table));
}

static void marks_need_a_contact(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct event ev;
	struct mid ref;

	puppet_say(r, p, MESSAGE_TEXT, NULL, "x");
	ev = talk_read(r->disk, rig_row(r, MESSAGE_IN, 0));
	assert_ok(rig_cmd(r, ev));
	assert_ok(rig_cmd(r, ev));
	assert_int_equal(r->disk->journal[JOURNAL_CONVERSATION_READ], 1);
	ev.read.contact_id.b[0] ^= 1;
	assert_err(rig_cmd(r, ev), ERR_NOT_FOUND);
	rig_tick(r, 4000);
	assert_int_equal(heard(p, &ref), 1);
	/* Nothing of the contact's is among what was read. */
	assert_ok(rig_say(r, "ours"));
	ev = talk_read(r->disk, rig_row(r, MESSAGE_OUT, 1));
	ev.read.has_mid = false;
	assert_ok(rig_cmd(r, ev));
	rig_tick(r, 4000);
	assert_int_equal(heard(p, &ref), 0);
}

/* What is read while nobody is there is told when somebody is. */
static void receipts_are_kept_like_messages(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct mid ref, mid = puppet_say(r, p, MESSAGE_TEXT, NULL, "x");

	puppet_down(r, p);
	read_up_to(r, 0);
	rig_tick(r, 4000);
	rig_reload(r);
	p = rig_session(r);
	while (r->fetching)
		rig_answer_fetch(r);
	assert_int_equal(heard(p, &ref), 1);
	assert_memory_equal(&ref, &mid, sizeof(mid));
}

static void puppet_reads(struct rig *r, struct puppet *p, struct mid ref)
{
	struct message_fields f = {.has_ref = true, .ref = ref};

	puppet_say(r, p, MESSAGE_READ_UP_TO, &f, NULL);
}

static enum message_state state_of(struct rig *r, size_t i)
{
	return rig_row(r, MESSAGE_OUT, i)->state;
}

/* PROTOCOL 6.5: A "read" MUST NOT have an effect on messages that its sender
 * has not acknowledged. */
static void read_is_what_was_delivered(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);

	assert_ok(rig_say(r, "one"));
	assert_ok(rig_say(r, "two"));
	puppet_ack_all(r, p);
	assert_ok(rig_say(r, "three"));
	puppet_reads(r, p, rig_row(r, MESSAGE_OUT, 1)->mid);
	assert_int_equal(state_of(r, 0), MESSAGE_READ);
	assert_int_equal(state_of(r, 1), MESSAGE_READ);
	assert_int_equal(state_of(r, 2), MESSAGE_SENDING);
	puppet_reads(r, p, rig_row(r, MESSAGE_OUT, 2)->mid);
	assert_int_equal(state_of(r, 2), MESSAGE_SENDING);
	/* The acknowledgement took another way. */
	puppet_ack_all(r, p);
	assert_int_equal(state_of(r, 2), MESSAGE_READ);
	/* Once: what is delivered later was not read by that. */
	assert_ok(rig_say(r, "four"));
	puppet_ack_all(r, p);
	assert_int_equal(state_of(r, 3), MESSAGE_DELIVERED);
	/* Not by a message of his own, nor by one that never was. */
	puppet_reads(r, p, puppet_say(r, p, MESSAGE_TEXT, NULL, "x"));
	puppet_reads(r, p, (struct mid){{0}});
	assert_int_equal(state_of(r, 3), MESSAGE_DELIVERED);
	assert_false(p->is_ended);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(one_receipt_for_what_is_read_together),
	    TEST(jitter_is_there),
	    TEST(only_who_may_know),
	    TEST(marks_need_a_contact),
	    TEST(receipts_are_kept_like_messages),
	    TEST(read_is_what_was_delivered),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
