/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Our door, and what strangers do in front of it.
 */
#include "tests/unit/door_kit.h"

#include <sodium.h>

#include "core/kdf.h"
#include "core/link.h"
#include "core/onion.h"
#include "core/state.h"

enum { LINK_COST_MAX = 4096 };

/* HOSTILE */
static void stored_then_answered(void **state)
{
	static const char
	    name[] = "alice",
	    text[] =
		"<b>\xe2\x80\xae http://x.onion\n\n%s {{7*7}} \xcc\x80\xcc\x80";
	struct rig *r = *state;
	struct puppet *p = door_arrive(r);
	struct knock k = door_fill(r, p);

	assert_int_equal(p->difficulty, DOOR_CHEAP);
	strcpy(k.name.s, name);
	strcpy(k.text.s, text);
	assert_int_equal(r->saves, 0);
	assert_true(door_say(r, p, &k));
	assert_int_equal(r->saves, 1);
	assert_int_equal(r->disk->journal[JOURNAL_REQUEST_RECEIVED], 1);
	assert_int_equal(door_count(r, REQUEST_PENDING), 1);
	assert_string_equal(door_newest(r)->name.s, name);
	assert_string_equal(door_newest(r)->greeting.s, text);
	assert_memory_equal(door_newest(r)->invite, k.invite, INVITE_BYTES);
	assert_int_equal(door_newest(r)->work,
			 knock_work(p->channel.h, k.counter));
	/* Whatever he calls himself: no contact is touched, nobody dialled. */
	assert_int_equal(r->disk->contact_count, 1);
	assert_int_equal(p->got_bytes, 2 * HANDSHAKE_BYTES);
}

/* What is wrong with the records that follow HELLO. */
enum wrong {
	WRONG_NOTHING_SAID,
	WRONG_WORK,
	WRONG_BODY,
	WRONG_FLAG,
	WRONG_FLAG_MORE,
	WRONG_EXPIRED,
	WRONG_KEY,
	WRONG_CHECKSUM,
	WRONG_COMPANY,
	WRONG_EMPTY_RECORD,
	WRONG_HELLO_AGAIN,
	WRONG_PING,
	WRONG_CLAIM,
	WRONG_LONG_RECORD,
	WRONG_LENGTH,
	WRONG_SEAL,
	WRONGS
};

static void spoil_invite(struct rig *r, struct knock *k, enum wrong what)
{
	struct invite inv;

	door_draw_invite(r, &inv);
	if (what == WRONG_FLAG)
		inv.flags = INVITE_ASKS;
	if (what == WRONG_FLAG_MORE)
		inv.flags = INVITE_REPLY | INVITE_MULTI_USE;
	if (what == WRONG_EXPIRED)
		inv.expiry_min = (uint32_t)((1000000000 + r->now_ms) / 60000);
	if (what == WRONG_KEY)
		memset(inv.onion.b, 0, sizeof(inv.onion.b));
	invite_pack(&inv, k->invite);
	if (what == WRONG_CHECKSUM)
		k->invite[INVITE_BYTES - 1] ^= 1;
}

static void say_wrong(struct rig *r, struct puppet *p, enum wrong what)
{
	static const uint8_t zeros[1000];
	struct frame_hello h = {.recv_next = 1, .window = 1};
	struct knock k = door_fill(r, p);

	spoil_invite(r, &k, what);
	switch (what) {
	case WRONG_NOTHING_SAID:
	case WRONGS: return;
	case WRONG_WORK: k.counter = door_stamp(p, DOOR_CHEAP - 1, true); break;
	case WRONG_BODY: k.name.s[0] = '\n'; break;
	case WRONG_FLAG:
	case WRONG_FLAG_MORE:
	case WRONG_EXPIRED:
	case WRONG_KEY:
	case WRONG_CHECKSUM: break;
	case WRONG_COMPANY:
		frame_write_ping(&p->builder.w, FRAME_PING, 1);
		break;
	case WRONG_EMPTY_RECORD: puppet_flush(r, p); return;
	case WRONG_HELLO_AGAIN: frame_write_hello(&p->builder.w, &h); break;
	case WRONG_PING:
		frame_write_ping(&p->builder.w, FRAME_PING, 1);
		puppet_flush(r, p);
		break;
	case WRONG_CLAIM:
		frame_write_empty(&p->builder.w, FRAME_CLAIM);
		puppet_flush(r, p);
		return;
	case WRONG_LONG_RECORD:
		frame_write(&p->builder.w, (enum frame_type)0x81,
			    bytes_of(zeros, sizeof(zeros)));
		break;
	case WRONG_LENGTH: puppet_bytes(r, p, bytes_of("\x01\xe5", 2)); return;
	case WRONG_SEAL: puppet_bytes(r, p, bytes_of("\x01\xe6", 2)); break;
	}
	door_put(p, &k);
	puppet_flush(r, p);
}

/* Not a byte, nothing on the disk, and the end when it comes for all.
 * HOSTILE N-02, N-05, R-02 */
static void silence_whatever_is_wrong(void **state)
{
	struct rig *r = *state;
	int what;

	for (what = 0; what < WRONGS; what++) {
		struct puppet *p = door_arrive(r);

		rig_tick(r, (uint64_t)what * 1000);
		say_wrong(r, p, (enum wrong)what);
		assert_false(p->is_ended);
		rig_tick(r, 59 * 1000 - (uint64_t)what * 1000);
		assert_false(p->is_ended);
		/* Nothing that comes now is looked at. */
		say_wrong(r, p, WRONG_PING);
		assert_int_equal(p->got_bytes, HANDSHAKE_BYTES);
		rig_tick(r, 1001);
		assert_true(p->is_ended);
		assert_int_equal(p->got_bytes, HANDSHAKE_BYTES);
		rig_drop_ended(r);
	}
	assert_int_equal(r->saves, 0);
}

/* HOSTILE N-02, N-14 */
static void strange_words(void **state)
{
	static const char *words[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
				      "EHLO x\r\n",
				      "SSH-2.0-OpenSSH_9.2\r\n",
				      "\x16\x03\x01\x02",
				      "\xff\xff",
				      "\x7f\xff",
				      "\x80",
				      "\x01\xe7",
				      "\x01\xe5"};
	struct rig *r = *state;
	uint8_t bytes[600];
	struct puppet *p;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		rng_bytes(&r->rng, bytes, sizeof(bytes));
		memcpy(bytes, words[i], strlen(words[i]));
		for (n = strlen(words[i]); n <= sizeof(bytes); n += 487) {
			p = puppet_arrive(r, PUPPET_KNOCKER);
			puppet_bytes(r, p, bytes_of(bytes, n));
			rig_tick(r, SILENT_CLOSE_MIN_MS - 1000);
			assert_false(p->is_ended);
			rig_tick(r, SILENT_CLOSE_MAX_MS);
			assert_true(p->is_ended);
			assert_int_equal(p->got_bytes, 0);
		}
		rig_drop_ended(r);
	}
	assert_int_equal(r->saves, 0);
}

/* HOSTILE N-04 */
static void byte_by_byte(void **state)
{
	struct rig *r = *state;
	struct puppet *p = door_arrive(r);
	uint8_t wire[RECORD_WIRE_MAX];
	struct knock k = door_fill(r, p);
	struct puppet_frame f;
	size_t i, n;

	door_put(p, &k);
	n = record_seal(&p->builder, &p->channel, wire);
	for (i = 0; i < n; i++) {
		assert_false(puppet_next(p, &f));
		puppet_bytes(r, p, bytes_of(wire + i, 1));
	}
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_KNOCK_OK);
}

/* Stops there, or goes away there: the first n bytes of all that somebody
 * with a knock would send. */
static void say_up_to(struct rig *r, struct puppet *p, size_t n)
{
	uint8_t wire[RECORD_WIRE_MAX];
	struct frame_hello h = {.recv_next = 1, .window = 1};
	struct knock k;
	size_t size;

	puppet_open(r, p);
	assert_true(p->is_open);
	frame_write_hello(&p->builder.w, &h);
	size = record_seal(&p->builder, &p->channel, wire);
	puppet_bytes(r, p, bytes_of(wire, n < size ? n : size));
	if (n <= size)
		return;
	k = door_fill(r, p);
	door_put(p, &k);
	record_seal(&p->builder, &p->channel, wire);
	puppet_bytes(r, p, bytes_of(wire, n - size));
}

/* HOSTILE N-08, N-09 */
static void an_end_or_a_stall_at_every_byte(void **state)
{
	enum { TWO_RECORDS = 2 * HANDSHAKE_BYTES, STEP = 61 };
	struct rig *r = *state;
	uint8_t opening[HANDSHAKE_BYTES] = {1, 0xe6};
	struct puppet *p;
	size_t n;

	for (n = 0; n < 2 * HANDSHAKE_BYTES; n++) {
		p = puppet_arrive(r, PUPPET_KNOCKER);
		puppet_bytes(r, p, bytes_of(opening, n / 2));
		if (n % 2 == 0)
			puppet_down(r, p);
		rig_tick(r, n % 2 ? SILENT_CLOSE_MAX_MS + 1 : 1);
		assert_true(p->is_ended);
		assert_int_equal(p->got_bytes, 0);
		rig_drop_ended(r);
	}
	for (n = 0; n < TWO_RECORDS; n += STEP) {
		p = puppet_arrive(r, PUPPET_KNOCKER);
		say_up_to(r, p, n);
		assert_false(p->is_ended);
		if (n % 2 == 0)
			puppet_down(r, p);
		rig_tick(r, n % 2 ? SILENT_CLOSE_MAX_MS + 1 : 1);
		assert_true(p->is_ended);
		assert_int_equal(p->got_bytes, HANDSHAKE_BYTES);
		rig_drop_ended(r);
	}
	assert_int_equal(r->saves, 0);
	p = puppet_arrive(r, PUPPET_KNOCKER);
	say_up_to(r, p, TWO_RECORDS);
	assert_int_equal(r->saves, 1);
}

/* A recorded opening: answered each time, to no avail.  HOSTILE N-07 */
static void replays_are_worthless(void **state)
{
	struct rig *r = *state;
	struct puppet *first = puppet_arrive(r, PUPPET_KNOCKER), *p;
	struct handshake_offer offer = {.versions_count = 1, .versions = {1}};
	struct handshake_who who = {.kind = HANDSHAKE_DOOR};
	uint8_t m[HANDSHAKE_BYTES], junk[HANDSHAKE_BYTES];
	struct secret e;
	struct psk psk;
	int i;

	onion_public(&r->disk->self.door, &who.onion);
	kdf_door_psk(&who.onion, &psk);
	who.psk = &psk;
	rng_bytes(&r->rng, e.b, sizeof(e.b));
	assert_ok(handshake_start(&first->hs, &who, &offer, &e, m));
	rng_bytes(&r->rng, junk, sizeof(junk));
	puppet_bytes(r, first, bytes_of(m, sizeof(m)));
	for (i = 0; i < 50; i++) {
		p = puppet_arrive(r, PUPPET_KNOCKER);
		puppet_bytes(r, p, bytes_of(m, sizeof(m)));
		assert_int_equal(p->in.len, HANDSHAKE_BYTES);
		if (!first->is_ended)
			assert_memory_not_equal(p->in.data, first->in.data,
						HANDSHAKE_BYTES);
		puppet_bytes(r, p, bytes_of(junk, sizeof(junk)));
		assert_int_equal(p->got_bytes, HANDSHAKE_BYTES);
		/* The answer, sent back. */
		puppet_bytes(r, p, bytes_of(p->in.data, HANDSHAKE_BYTES));
		assert_int_equal(p->got_bytes, HANDSHAKE_BYTES);
	}
	assert_int_equal(r->saves, 0);
}

/* With all that it has sent, and a record that is not whole.  HOSTILE
 * N-03 */
static void a_stranger_costs_little(void **state)
{
	struct rig *r = *state;
	struct puppet *p = door_arrive(r);
	uint8_t wire[RECORD_WIRE_MAX];
	struct knock k = door_fill(r, p);
	const struct link *l;
	size_t n, cost;

	memset(k.text.s, 'x', GREETING_MAX_BYTES);
	door_put(p, &k);
	n = record_seal(&p->builder, &p->channel, wire);
	assert_int_equal(n, 976);
	puppet_bytes(r, p, bytes_of(wire, n - 1));
	l = link_find(r->node, p->link);
	assert_non_null(l);
	assert_null(l->handshake);
	cost = sizeof(*l) + l->record.cap;
	print_message("a stranger at the door: %zu + %zu = %zu bytes\n",
		      sizeof(*l), l->record.cap, cost);
	assert_true(cost <= LINK_COST_MAX);
	/* Muted, he keeps less. */
	puppet_bytes(r, p, bytes_of("x", 1));
	assert_int_equal(l->state, LINK_MUTE);
	assert_int_equal(l->record.cap, 0);
}

static size_t open_count(const struct rig *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->puppet_count; i++)
		n += !r->puppets[i]->is_ended && !r->puppets[i]->dialled;
	return n;
}

/* HOSTILE N-12 */
static void one_goes_for_one_who_comes(void **state)
{
	struct rig *r = *state;
	unsigned first_left = 0;
	int i, round;

	for (round = 0; round < 12; round++) {
		struct puppet *first = door_arrive(r), *p;

		for (i = 0; i < STRANGERS_DOOR; i++) {
			p = puppet_arrive(r, PUPPET_KNOCKER);
			if (i % 3 == 0)
				puppet_open(r, p);
			assert_false(p->is_ended);
			assert_in_range(open_count(r), 1, STRANGERS_DOOR);
		}
		first_left += !first->is_ended;
		rig_drop_ended(r);
	}
	/* At random: neither always the oldest nor never. */
	assert_in_range(first_left, 1, 11);
	/* A cell has places of its own. */
	for (i = 0; i < 10; i++)
		puppet_arrive(r, PUPPET_CONTACT);
	assert_int_equal(open_count(r), STRANGERS_DOOR + STRANGERS_MAX);
}

static void shut_it_is_nobodys(void **state)
{
	struct rig *r = *state;
	struct event ev = {.type = EV_CMD_SELF_SET};
	struct puppet *p = door_arrive(r);
	unsigned before = r->unpublishes;

	ev.self_set.fields = SELF_DOOR_ON;
	rig_event(r, &ev);
	assert_ok(r->reply);
	assert_true(p->is_ended);
	assert_int_equal(r->unpublishes, before + 1);
	/* On its way when it was shut. */
	p = puppet_arrive(r, PUPPET_KNOCKER);
	assert_true(p->is_ended);
	rig_event(r, &ev);
	assert_int_equal(r->unpublishes, before + 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, door_set_up, door_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(stored_then_answered),
	    TEST(silence_whatever_is_wrong),
	    TEST(strange_words),
	    TEST(byte_by_byte),
	    TEST(an_end_or_a_stall_at_every_byte),
	    TEST(replays_are_worthless),
	    TEST(a_stranger_costs_little),
	    TEST(one_goes_for_one_who_comes),
	    TEST(shut_it_is_nobodys),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
