/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Typing: what is said of our user, what he is told of the contact.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "tests/sim/talk.h"

static int set_up(void **state)
{
	struct effect e = {.type = FX_SAVE_CONTACT};
	struct rig *r = rig_new(41);

	e.contact = r->contact;
	e.contact.typing = CHOICE_ON;
	disk_apply(r->disk, &e);
	rig_reload(r);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static void type(struct rig *r, bool on)
{
	assert_ok(rig_cmd(r, talk_typing(&r->contact.id, on)));
}

/* How many EPH frames came since the last look; the last one's value. */
static unsigned heard(struct puppet *p, int *on)
{
	struct puppet_frame f;
	unsigned n = 0;

	while (puppet_find(p, FRAME_EPH, &f)) {
		assert_int_equal(f.body.n, 3);
		assert_int_equal(f.body.p[0], 1);
		assert_int_equal(f.body.p[1], 1);
		*on = f.body.p[2];
		n++;
	}
	return n;
}

/* PROTOCOL 5.6: A sender MUST NOT send more than 2 in a second. */
static void little_is_said_of_much_typing(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	unsigned i, n = 0, most = 0;
	int on = -1;

	type(r, true);
	assert_int_equal(heard(p, &on), 1);
	assert_int_equal(on, 1);
	for (i = 0; i < 100; i++) {
		type(r, true);
		rig_tick(r, 100);
	}
	/* In ten seconds: once more every four. */
	assert_in_range(heard(p, &on), 2, 3);
	for (i = 0; i < 1000; i++) {
		type(r, i % 2);
		rig_tick(r, 10);
		n += heard(p, &on);
		if (i % 100 == 99) {
			most = n > most ? n : most;
			n = 0;
		}
	}
	assert_in_range(most, 1, 2);
	type(r, false);
	rig_tick(r, 2000);
	heard(p, &on);
	assert_int_equal(on, 0);
	rig_tick(r, 60 * 1000);
	assert_int_equal(heard(p, &on), 0);
}

static void nothing_without_session_or_choice(void **state)
{
	struct effect e = {.type = FX_SAVE_CONTACT};
	struct rig *r = *state;
	struct puppet *p;
	unsigned saves = r->saves;
	struct event ev;
	int on;

	type(r, true);
	assert_int_equal(r->saves, saves);
	p = rig_session(r);
	rig_tick(r, 5000);
	assert_int_equal(heard(p, &on), 0);
	e.contact = *disk_contact(r->disk, &r->contact.id);
	e.contact.typing = CHOICE_OFF;
	disk_apply(r->disk, &e);
	rig_reload(r);
	p = rig_session(r);
	type(r, true);
	rig_tick(r, 5000);
	assert_int_equal(heard(p, &on), 0);
	/* By default it is as the user says for all, who says no. */
	e.contact = *disk_contact(r->disk, &r->contact.id);
	e.contact.typing = CHOICE_DEFAULT;
	disk_apply(r->disk, &e);
	rig_reload(r);
	p = rig_session(r);
	type(r, true);
	assert_int_equal(heard(p, &on), 0);
	memset(&e, 0, sizeof(e));
	e.type = FX_SAVE_SELF;
	e.self = r->disk->self;
	e.self.typing = true;
	disk_apply(r->disk, &e);
	rig_reload(r);
	p = rig_session(r);
	type(r, true);
	assert_int_equal(heard(p, &on), 1);
	ev = talk_typing(&r->contact.id, true);
	ev.typing.contact_id.b[0] ^= 1;
	assert_err(rig_cmd(r, ev), ERR_NOT_FOUND);
}

/* The contact takes it for over at our message, so it is said anew. */
static void a_message_ends_it(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	int on;

	type(r, true);
	assert_int_equal(heard(p, &on), 1);
	assert_ok(rig_say(r, "done"));
	type(r, false);
	rig_tick(r, 1000);
	assert_int_equal(heard(p, &on), 0);
	type(r, true);
	assert_int_equal(heard(p, &on), 1);
	assert_int_equal(on, 1);
}

static void puppet_types(struct rig *r, struct puppet *p, uint8_t value)
{
	uint8_t body[] = {1, 1, value};

	frame_write(&p->builder.w, FRAME_EPH, bytes_of(body, sizeof(body)));
	puppet_flush(r, p);
}

/* PROTOCOL 5.6: A receiver takes "typing" for over when a message that is
 * shown comes, when the session ends, and 10 seconds after it was last
 * said. */
static void it_is_over_by_itself(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct message_fields f = {.has_ref = true};

	puppet_types(r, p, 1);
	assert_true(r->typing);
	assert_int_equal(r->typings, 1);
	rig_tick(r, 9000);
	puppet_types(r, p, 1);
	rig_tick(r, 9999);
	assert_true(r->typing);
	rig_tick(r, 1);
	assert_false(r->typing);
	assert_int_equal(r->typings, 2);

	rig_tick(r, 1000);
	puppet_types(r, p, 1);
	rig_tick(r, 1000);
	puppet_say(r, p, MESSAGE_READ_UP_TO, &f, NULL);
	assert_true(r->typing);
	puppet_say(r, p, MESSAGE_TEXT, NULL, "said");
	assert_false(r->typing);

	rig_tick(r, 1000);
	puppet_types(r, p, 1);
	rig_tick(r, 1000);
	assert_true(r->typing);
	puppet_down(r, p);
	assert_false(r->typing);
	rig_tick(r, 1000);

	p = rig_session(r);
	puppet_types(r, p, 1);
	assert_true(r->typing);
	rig_tick(r, 1000);
	puppet_types(r, p, 0);
	assert_false(r->typing);
}

static void it_is_read_with_care(void **state)
{
	static const struct {
		uint8_t body[8];
		size_t n;
		bool ok, on;
	} table[] = {
	    {{0}, 0, true, false},
	    {{1, 1, 1}, 3, true, true},
	    {{1, 1, 0}, 3, true, false},
	    {{1, 1, 2}, 3, false, false},
	    {{1, 2, 1, 1}, 4, false, false},
	    {{1, 0}, 2, false, false},
	    {{1, 1}, 2, false, false},
	    /* what a later version may say beside it, odd or even */
	    {{1, 1, 1, 2, 0}, 5, true, true},
	    {{2, 1, 9}, 3, true, false},
	    {{5, 1, 9}, 3, true, false},
	    {{3, 1, 9}, 3, false, false},
	    {{5, 1, 9, 1, 1, 1}, 6, false, false},
	    {{0, 1, 1}, 3, false, false},
	};
	struct rig *r = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct puppet *p = rig_session(r);
		unsigned saves = r->saves;

		rig_tick(r, 1000);
		frame_write(&p->builder.w, FRAME_EPH,
			    bytes_of(table[i].body, table[i].n));
		puppet_flush(r, p);
		assert_int_equal(!p->is_ended, table[i].ok);
		assert_int_equal(r->typing, table[i].on);
		if (table[i].ok)
			assert_int_equal(r->saves, saves);
		puppet_down(r, p);
		rig_tick(r, 1000);
	}
}

/* HOSTILE P-06: a hundred thousand of them in five seconds. */
static void a_flood_is_nothing(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	unsigned saves = r->saves, typings = r->typings;
	size_t got = p->got_bytes;
	uint64_t start_ms = r->now_ms;
	unsigned i, k;

	for (i = 0; i < 1000; i++) {
		for (k = 0; k < 100; k++) {
			uint8_t body[] = {1, 1, (uint8_t)(k % 2)};

			if (record_room(&p->builder) < 6)
				puppet_flush(r, p);
			frame_write(&p->builder.w, FRAME_EPH,
				    bytes_of(body, sizeof(body)));
		}
		puppet_flush(r, p);
		rig_tick(r, 5);
	}
	assert_false(p->is_ended);
	assert_int_equal(r->saves, saves);
	assert_int_equal(p->got_bytes, got);
	assert_in_range(r->typings - typings, 0,
			2 + (r->now_ms - start_ms) / 1000);
	assert_ok(rig_say(r, "still here"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(little_is_said_of_much_typing),
	    TEST(nothing_without_session_or_choice),
	    TEST(a_message_ends_it),
	    TEST(it_is_over_by_itself),
	    TEST(it_is_read_with_care),
	    TEST(a_flood_is_nothing),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
