/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The exchange of keys, one end at a time: each frame in each state, what is
 * kept and what is wiped, and the bytes of the frames.
 */
#include "tests/unit/fixed.h"

#include "core/kdf.h"
#include "core/rekey.h"

enum { N = 7 }; /* the epoch in which everything begins */

struct pair {
	struct contact_row leader, follower;
	struct nonce32 r, s; /* of the leader, of the follower */
};

static void start(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	fixed_bytes(&p->leader.psk, sizeof(p->leader.psk), 1);
	p->follower.psk = p->leader.psk;
	p->leader.epoch = p->follower.epoch = N;
	fixed_bytes(&p->r, sizeof(p->r), 2);
	fixed_bytes(&p->s, sizeof(p->s), 3);
}

/* One step at one of the ends; what it says, if anything, is in todo. */
static enum err tell(struct pair *p, bool to_leader,
		     const struct rekey_frame *f, struct rekey_todo *todo)
{
	struct rekey_frame copy = *f;

	return rekey_on_frame(to_leader ? &p->leader : &p->follower, to_leader,
			      &copy, &p->s, todo);
}

static bool keeps_nothing(const struct contact_row *row)
{
	return row->rekey.state == REKEY_IDLE &&
	       sodium_is_zero(row->rekey.other.b, 32) &&
	       sodium_is_zero(row->rekey.my_r.b, 32) &&
	       sodium_is_zero(row->rekey.peer_r.b, 32);
}

static void expect_say(const struct rekey_todo *t, enum frame_type type,
		       uint64_t n)
{
	assert_true(t->has_say);
	assert_int_equal(t->say.type, type);
	assert_int_equal(t->say.n, n);
}

static void expect_keys(const struct contact_row *row, const struct psk *dial,
			const struct psk *other, uint64_t other_epoch)
{
	struct rekey_key keys[REKEY_KEYS_MAX];
	size_t n = rekey_keys(row, keys);

	assert_int_equal(n, other ? 2 : 1);
	assert_memory_equal(keys[0].psk, dial, sizeof(*dial));
	assert_int_equal(keys[0].epoch, row->epoch);
	assert_true(rekey_accepts(row, row->epoch));
	if (!other)
		return;
	assert_memory_equal(keys[1].psk, other, sizeof(*other));
	assert_int_equal(keys[1].epoch, other_epoch);
	assert_true(rekey_accepts(row, other_epoch));
}

static void in_order(void **state)
{
	struct rekey_todo t;
	struct psk old, new;
	struct pair p;

	(void)state;
	start(&p);
	old = p.leader.psk;
	kdf_epoch_next(&old, N, &p.r, &p.s, &new);
	rekey_propose(&p.leader, &p.r, &t);
	assert_true(t.save && !t.turned && !t.forked);
	expect_say(&t, FRAME_REKEY_PROP, N);
	expect_keys(&p.leader, &old, NULL, 0);
	assert_ok(tell(&p, false, &t.say, &t));
	assert_true(t.save && !t.turned && !t.forked);
	expect_say(&t, FRAME_REKEY_ACK, N);
	expect_keys(&p.follower, &old, &new, N + 1);
	assert_ok(tell(&p, true, &t.say, &t));
	assert_true(t.save && t.turned);
	expect_say(&t, FRAME_REKEY_COMMIT, N);
	expect_keys(&p.leader, &new, &old, N);
	assert_int_equal(p.leader.epoch, N + 1);
	assert_ok(tell(&p, false, &t.say, &t));
	assert_true(t.save && t.turned);
	expect_say(&t, FRAME_REKEY_DONE, N);
	expect_keys(&p.follower, &new, NULL, 0);
	assert_true(keeps_nothing(&p.follower));
	assert_false(rekey_accepts(&p.follower, N));
	assert_ok(tell(&p, true, &t.say, &t));
	assert_true(t.save && t.turned && !t.has_say);
	expect_keys(&p.leader, &new, NULL, 0);
	assert_true(keeps_nothing(&p.leader));
	assert_int_equal(p.follower.epoch, N + 1);
}

/* The ends after so many of the frames. */
static void go_to(struct pair *p, int frames)
{
	struct rekey_todo t;
	bool to_leader = false;

	start(p);
	if (frames-- > 0)
		rekey_propose(&p->leader, &p->r, &t);
	for (; frames > 0; frames--, to_leader = !to_leader)
		assert_ok(tell(p, to_leader, &t.say, &t));
}

enum fate { BREACH, SILENT, PROP, ACK, COMMIT, DONE };

static enum fate fate_of(struct contact_row *row, bool is_leader,
			 const struct rekey_frame *f, struct rekey_todo *t)
{
	struct contact_row before = *row;
	struct nonce32 fresh;

	fixed_bytes(&fresh, sizeof(fresh), 9);
	if (rekey_on_frame(row, is_leader, f, &fresh, t) != OK) {
		assert_memory_equal(&before, row, sizeof(before));
		assert_false(t->save || t->has_say);
		return BREACH;
	}
	if (!t->save)
		assert_memory_equal(&before, row, sizeof(before));
	if (!t->has_say)
		return SILENT;
	return (enum fate)(PROP + t->say.type - FRAME_REKEY_PROP);
}

static const struct position {
	bool to_leader;
	int frames; /* that went before */
	/* Of PROP, ACK, COMMIT, DONE: of the epoch two before, the
	 * one before, the present one, the next. */
	enum fate fate[4][4];
} positions[] = {
    {true,
     0,
     {{BREACH, BREACH, BREACH, BREACH},
      {BREACH, SILENT, BREACH, BREACH},
      {BREACH, BREACH, BREACH, BREACH},
      {BREACH, SILENT, BREACH, BREACH}}},
    {true,
     1,
     {{BREACH, BREACH, BREACH, BREACH},
      {BREACH, SILENT, COMMIT, BREACH},
      {BREACH, BREACH, BREACH, BREACH},
      {BREACH, SILENT, BREACH, BREACH}}},
    {true,
     3,
     {{BREACH, BREACH, BREACH, BREACH},
      {BREACH, COMMIT, BREACH, BREACH},
      {BREACH, BREACH, BREACH, BREACH},
      {BREACH, SILENT, BREACH, BREACH}}},
    {false,
     0,
     {{BREACH, SILENT, ACK, BREACH},
      {BREACH, BREACH, BREACH, BREACH},
      {BREACH, DONE, BREACH, BREACH},
      {BREACH, BREACH, BREACH, BREACH}}},
    {false,
     2,
     {{BREACH, SILENT, ACK, BREACH},
      {BREACH, BREACH, BREACH, BREACH},
      {BREACH, DONE, DONE, BREACH},
      {BREACH, BREACH, BREACH, BREACH}}},
};

/* Each frame of each epoch at that end.  HOSTILE P-03 */
static void every_frame(const struct position *at)
{
	struct rekey_frame f;
	struct rekey_todo t;
	size_t type, k;
	struct pair p;

	for (type = 0; type < 4; type++) {
		for (k = 0; k < 4; k++) {
			struct contact_row *row =
			    at->to_leader ? &p.leader : &p.follower;

			go_to(&p, at->frames);
			f.type = (enum frame_type)(FRAME_REKEY_PROP + type);
			f.n = row->epoch + k - 2;
			f.r = at->to_leader ? p.s : p.r;
			assert_int_equal(fate_of(row, at->to_leader, &f, &t),
					 at->fate[type][k]);
			assert_false(t.forked);
		}
	}
}

static void every_frame_in_every_state(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(positions); i++)
		every_frame(&positions[i]);
}

/* In the first epoch there is none before. */
static void no_epoch_before_the_first(void **state)
{
	struct contact_row row = {.epoch = 0};
	struct rekey_frame f = {.type = FRAME_REKEY_COMMIT, .n = UINT64_MAX};
	struct rekey_todo t;

	(void)state;
	assert_int_equal(fate_of(&row, false, &f, &t), BREACH);
	f.type = FRAME_REKEY_PROP;
	assert_int_equal(fate_of(&row, false, &f, &t), BREACH);
	f.type = FRAME_REKEY_DONE;
	assert_int_equal(fate_of(&row, true, &f, &t), BREACH);
}

static void same_answer_again(void **state)
{
	struct rekey_frame prop = {.type = FRAME_REKEY_PROP, .n = N};
	struct contact_row before;
	struct rekey_todo t;
	struct pair p;

	(void)state;
	go_to(&p, 2);
	before = p.follower;
	prop.r = p.r;
	assert_int_equal(fate_of(&p.follower, false, &prop, &t), ACK);
	assert_false(t.save);
	assert_memory_equal(&t.say.r, &p.s, sizeof(p.s));
	/* The leader's disk went back, and it proposes something else. */
	prop.r.b[0] ^= 1;
	assert_int_equal(fate_of(&p.follower, false, &prop, &t), ACK);
	assert_true(t.save && t.forked && t.turned);
	assert_memory_not_equal(&t.say.r, &p.s, sizeof(p.s));
	assert_memory_equal(&p.follower.psk, &before.psk, sizeof(before.psk));
	assert_memory_not_equal(&p.follower.rekey.other, &before.rekey.other,
				sizeof(before.rekey.other));
}

static void another_answer_is_a_breach(void **state)
{
	struct rekey_frame ack = {.type = FRAME_REKEY_ACK, .n = N};
	struct rekey_todo t;
	struct pair p;

	(void)state;
	go_to(&p, 3);
	ack.r = p.s;
	ack.r.b[31] ^= 1;
	assert_int_equal(fate_of(&p.leader, true, &ack, &t), BREACH);
	assert_int_equal(p.leader.rekey.state, REKEY_COMMITTED);
}

static void what_is_said_again(void **state)
{
	static const struct {
		bool is_leader;
		int frames;
		enum frame_type type; /* PAD: nothing */
	} v[] = {
	    {true, 0, FRAME_PAD},	   {true, 1, FRAME_REKEY_PROP},
	    {true, 3, FRAME_REKEY_COMMIT}, {true, 5, FRAME_PAD},
	    {false, 0, FRAME_PAD},	   {false, 2, FRAME_PAD},
	    {false, 4, FRAME_PAD},
	};
	struct rekey_todo t;
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		go_to(&p, v[i].frames);
		rekey_again(v[i].is_leader ? &p.leader : &p.follower, &t);
		assert_false(t.save || t.turned);
		assert_int_equal(t.has_say, v[i].type != FRAME_PAD);
		if (t.has_say)
			expect_say(&t, v[i].type, N);
	}
}

static void links_count_as_frames(void **state)
{
	struct rekey_todo t;
	struct pair p;

	(void)state;
	go_to(&p, 3);
	rekey_opened_by(&p.follower, N, &t);
	assert_false(t.save);
	rekey_opened_by(&p.leader, N, &t);
	assert_false(t.save);
	rekey_opened_by(&p.follower, N + 1, &t);
	assert_true(t.save && t.turned && !t.has_say);
	assert_true(keeps_nothing(&p.follower));
	rekey_opened_by(&p.leader, N + 1, &t);
	assert_true(t.save && t.turned && !t.has_say);
	assert_true(keeps_nothing(&p.leader));
	assert_memory_equal(&p.leader.psk, &p.follower.psk, 32);
	rekey_opened_by(&p.leader, N + 1, &t);
	assert_false(t.save);
}

static void frames_travel(void **state)
{
	static const enum frame_type types[] = {
	    FRAME_REKEY_PROP, FRAME_REKEY_ACK, FRAME_REKEY_COMMIT,
	    FRAME_REKEY_DONE};
	uint8_t mem[REKEY_FRAME_BYTES_MAX];
	struct rekey_frame f, got;
	struct wire_writer w;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct frame frame = {.type = types[i]};

		memset(&f, 0, sizeof(f));
		f.type = types[i];
		f.n = UINT64_MAX - i;
		if (i < 2)
			fixed_bytes(&f.r, sizeof(f.r), i);
		wire_write_init(&w, mem, sizeof(mem));
		rekey_frame_write(&w, &f);
		assert_int_equal(w.len, i < 2 ? sizeof(mem) : 11);
		frame.body = bytes_of(mem + 3, w.len - 3);
		assert_ok(rekey_frame_read(&frame, &got));
		assert_memory_equal(&got, &f, sizeof(f));
	}
}

static void frames_are_strict(void **state)
{
	static const char r[] =
	    "0220"
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	static const struct {
		enum frame_type type;
		const char *n, *more;
		bool has_r;
		enum err want;
	} v[] = {
	    {FRAME_REKEY_PROP, "01080000000000000005", "", true, OK},
	    {FRAME_REKEY_ACK, "01080000000000000005", "0300", true, OK},
	    {FRAME_REKEY_PROP, "01080000000000000005", "0400", true,
	     ERR_SYNTAX},
	    {FRAME_REKEY_PROP, "01080000000000000005", "", false,
	     ERR_NOT_FOUND},
	    {FRAME_REKEY_PROP, "", "", true, ERR_NOT_FOUND},
	    {FRAME_REKEY_PROP, "010700000000000005", "", true, ERR_RANGE},
	    {FRAME_REKEY_PROP, "01080000000000000005", "00", true, ERR_SHORT},
	    {FRAME_REKEY_COMMIT, "0000000000000005", "", false, OK},
	    {FRAME_REKEY_DONE, "0000000000000005", "00", false, ERR_SYNTAX},
	    {FRAME_REKEY_DONE, "00000000000005", "", false, ERR_SYNTAX},
	    {FRAME_REKEY_COMMIT, "", "", false, ERR_SYNTAX},
	};
	char hex[200];
	uint8_t mem[100];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		struct frame f = {.type = v[i].type};
		struct rekey_frame got = {.n = 99};

		strcpy(hex, v[i].n);
		strcat(hex, v[i].has_r ? r : "");
		strcat(hex, v[i].more);
		f.body = fixed_unhex(hex, mem, sizeof(mem));
		assert_err(rekey_frame_read(&f, &got), v[i].want);
		assert_int_equal(got.n, v[i].want == OK ? 5 : 99);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_order),
	    cmocka_unit_test(every_frame_in_every_state),
	    cmocka_unit_test(no_epoch_before_the_first),
	    cmocka_unit_test(same_answer_again),
	    cmocka_unit_test(another_answer_is_a_breach),
	    cmocka_unit_test(what_is_said_again),
	    cmocka_unit_test(links_count_as_frames),
	    cmocka_unit_test(frames_travel),
	    cmocka_unit_test(frames_are_strict),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
