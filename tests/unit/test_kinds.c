/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every kind of message: what it has, what it may have, and nothing else.
 */
#include "tests/unit/fixed.h"

#include "core/message.h"

/* The fields of PROTOCOL 6.1 behind the head, in order. */
enum {
	BODY,
	REF,
	TTL,
	REPLY_TO,
	EMOJI,
	FILE_STATE,
	INVITE,
	NAME,
	SEED,
	STATUS,
	FIELDS
};

#define BIT(f) (1u << (f))

static const struct {
	uint64_t type;
	size_t min, max;
} fields[FIELDS] = {
    [BODY] = {5, 1, TEXT_MAX}, [REF] = {6, 16, 16},   [TTL] = {7, 4, 4},
    [REPLY_TO] = {9, 16, 16},  [EMOJI] = {10, 1, 32}, [FILE_STATE] = {11, 1, 1},
    [INVITE] = {12, 74, 74},   [NAME] = {13, 1, 64},  [SEED] = {14, 32, 32},
    [STATUS] = {15, 1, 200},
};

static const struct {
	uint16_t kind;
	unsigned required, optional;
} kinds[] = {
    {1, BIT(BODY), BIT(TTL) | BIT(REPLY_TO)},
    {2, BIT(BODY) | BIT(REF), 0},
    {3, BIT(REF), 0},
    {4, BIT(REF), BIT(EMOJI)},
    {5, BIT(REF), 0},
    {7, BIT(REF) | BIT(FILE_STATE), 0},
    {8, BIT(TTL), 0},
    {9, 0, BIT(NAME) | BIT(STATUS)},
    {10, BIT(INVITE) | BIT(NAME), BIT(SEED)},
    {14, BIT(BODY), 0},
};

/* A record under construction: some fields, and how long they are; 0: the
 * longest that is right. */
struct draft {
	uint16_t kind;
	unsigned has;
	size_t length[FIELDS];
	uint32_t ttl_s;
	const uint8_t *value; /* of the label that is there */
	uint64_t stray;	      /* type of an empty field more; 0: none */
	size_t stray_bytes;
};

static size_t length_of(const struct draft *d, unsigned f)
{
	if (d->length[f])
		return d->length[f];
	if (f == BODY && d->kind == MESSAGE_WITHDRAWN)
		return 32;
	return fields[f].max;
}

static void put_field(struct wire_writer *w, const struct draft *d, unsigned f)
{
	static uint8_t value[2 * TEXT_MAX];
	size_t n = length_of(d, f);

	memset(value, 'x', sizeof(value));
	if (f == TTL)
		be32_put(value, d->ttl_s ? d->ttl_s : 60);
	tlv_write(w, fields[f].type,
		  bytes_of(d->value && f >= EMOJI ? d->value : value, n));
}

static struct bytes record(const struct draft *d)
{
	static uint8_t mem[MESSAGE_BYTES_MAX + TEXT_MAX];
	static const uint8_t zeros[2 * MESSAGE_EXTRA_MAX];
	struct bytes stray = bytes_of(zeros, d->stray_bytes);
	struct wire_writer w;
	uint64_t stray_type = d->stray;
	unsigned f;

	wire_write_init(&w, mem, sizeof(mem));
	tlv_write_u16(&w, 1, d->kind);
	tlv_write(&w, 2, bytes_of(zeros, 16));
	tlv_write(&w, 3, bytes_of(zeros, 16));
	tlv_write_u32(&w, 4, 7);
	for (f = 0; f < FIELDS; f++) {
		if (stray_type && stray_type < fields[f].type) {
			tlv_write(&w, stray_type, stray);
			stray_type = 0;
		}
		if (d->has & BIT(f))
			put_field(&w, d, f);
	}
	if (stray_type)
		tlv_write(&w, stray_type, stray);
	return wire_written(&w);
}

static bool is_read(const struct draft *d)
{
	struct message m;

	return message_read(record(d), &m) == OK;
}

static void each_has_what_it_lists(void **state)
{
	unsigned has;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned all = kinds[i].required | kinds[i].optional;

		/* Every choice of fields there is. */
		for (has = 0; has < BIT(FIELDS); has++) {
			struct draft d = {.kind = kinds[i].kind, .has = has};

			assert_int_equal(is_read(&d),
					 (has & kinds[i].required) ==
						 kinds[i].required &&
					     (has & ~all) == 0);
		}
	}
}

/* HOSTILE P-01, C-10: texts of the largest size, one more, twice as much; and
 * the other fields alike. */
static void lengths_are_held(void **state)
{
	size_t i, f;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (f = 0; f < FIELDS; f++) {
			bool hash = f == BODY && kinds[i].kind == 14;
			size_t min = hash ? 32 : fields[f].min;
			size_t max = hash ? 32 : fields[f].max;
			struct draft d = {.kind = kinds[i].kind,
					  .has = kinds[i].required |
						 kinds[i].optional};

			if (!(d.has & BIT(f)))
				continue;
			d.length[f] = max;
			assert_true(is_read(&d));
			d.length[f] = min;
			assert_true(is_read(&d));
			d.length[f] = max + 1;
			assert_false(is_read(&d));
			d.length[f] = 2 * max;
			assert_false(is_read(&d));
			d.length[f] = min - 1 ? min - 1 : max + 2;
			assert_false(is_read(&d));
		}
	}
}

static void no_field_is_empty(void **state)
{
	size_t i, f;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (f = 0; f < FIELDS; f++) {
			unsigned all = kinds[i].required | kinds[i].optional;
			struct draft d = {.kind = kinds[i].kind,
					  .has = all & ~BIT(f),
					  .stray = fields[f].type};

			if (all & BIT(f))
				assert_false(is_read(&d));
		}
	}
}

static void odd_strays_are_skipped(void **state)
{
	static const struct {
		uint64_t type;
		bool ok;
	} strays[] = {{8, false},   {11, false},       {16, false},
		      {17, true},   {0xfd01, true},    {0xfd02, false},
		      {252, false}, {UINT64_MAX, true}};
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (k = 0; k < ARRAY_SIZE(strays); k++) {
			struct draft d = {.kind = kinds[i].kind,
					  .has = kinds[i].required,
					  .stray = strays[k].type};
			struct message m;
			struct message_fields f;

			assert_int_equal(is_read(&d), strays[k].ok);
			if (!strays[k].ok)
				continue;
			assert_ok(message_read(record(&d), &m));
			message_fields_read(m.extra, &f);
			assert_int_equal(f.has_ref,
					 !!(kinds[i].required & BIT(REF)));
		}
	}
}

/* However long they are; nothing of them is kept. */
static void strays_may_be_long(void **state)
{
	struct draft d = {.kind = 1, .has = BIT(BODY) | BIT(TTL), .stray = 17};
	struct message m;

	(void)state;
	d.stray_bytes = 2 * MESSAGE_EXTRA_MAX;
	assert_ok(message_read(record(&d), &m));
	assert_int_equal(m.extra.n, 6);
	d.has = BIT(BODY);
	assert_ok(message_read(record(&d), &m));
	assert_int_equal(m.extra.n, 0);
	/* Before one that we know it would be kept. */
	d = (struct draft){.kind = 10, .has = kinds[7].required, .stray = 11};
	d.stray_bytes = MESSAGE_EXTRA_MAX;
	assert_false(is_read(&d));
}

/* HOSTILE P-05: a payload that says who sent it.  No field does; those that
 * nobody knows are skipped, or end the link. */
static void kinds_that_are_not_known(void **state)
{
	static const uint16_t unknown[] = {0, 11, 12, 13, 15, 99, 65535};
	struct message m;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		struct draft d = {
		    .kind = unknown[i], .has = BIT(FIELDS) - 1, .stray = 40};

		assert_false(message_kind_is_known(unknown[i]));
		assert_true(message_kind_is_shown(unknown[i]));
		assert_ok(message_read(record(&d), &m));
		assert_int_equal(m.extra.n, 0);
		assert_int_equal(m.raw.n, record(&d).n);
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_int_equal(message_kind_is_shown(kinds[i].kind),
				 kinds[i].kind == 1 || kinds[i].kind == 8);
}

static void times_to_live(void **state)
{
	static const struct {
		uint32_t ttl_s;
		bool text, timer;
	} table[] = {{1, false, false},
		     {TTL_MIN_S - 1, false, false},
		     {TTL_MIN_S, true, true},
		     {TTL_MAX_S, true, true},
		     {TTL_MAX_S + 1, false, false},
		     {UINT32_MAX, false, false}};
	uint8_t mem[MESSAGE_EXTRA_MAX];
	struct message_fields f = {.has_ttl = true};
	struct message m = {.kind = MESSAGE_TIMER}, back;
	uint8_t out[MESSAGE_WRITE_MAX];
	struct wire_writer w;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct draft d = {.kind = 1,
				  .has = BIT(BODY) | BIT(TTL),
				  .ttl_s = table[i].ttl_s};

		assert_int_equal(is_read(&d), table[i].text);
		d.kind = 8;
		d.has = BIT(TTL);
		assert_int_equal(is_read(&d), table[i].timer);
	}
	/* Zero: messages stay from now on; but none says so of itself. */
	m.extra = bytes_of(mem, message_fields_write(&f, mem));
	wire_write_init(&w, out, sizeof(out));
	message_write(&w, &m);
	assert_ok(message_read(wire_written(&w), &back));
	m.kind = MESSAGE_TEXT;
	m.body = fixed_text("x");
	wire_write_init(&w, out, sizeof(out));
	message_write(&w, &m);
	assert_err(message_read(wire_written(&w), &back), ERR_RANGE);
}

/* HOSTILE C-02, C-03: control characters, and those that turn the direction
 * of text, in names, status texts and emoji. */
static void labels_are_clean(void **state)
{
	static const char *const bad[] = {
	    "a\nb",	    "a\0b",	    "\x1b[2J",	    "a\x7f",
	    "\xc2\x85",	    "\xe2\x80\xa8", "\xe2\x80\xae", "\xd8\x9c",
	    "\xe2\x81\xa6", "\xff",	    "\xed\xa0\x80", "\xc0\xaf"};
	static const size_t length[] = {3, 3, 4, 2, 2, 3, 3, 2, 3, 1, 3, 2};
	static const struct {
		uint16_t kind;
		unsigned has, label;
	} places[] = {{4, BIT(REF) | BIT(EMOJI), EMOJI},
		      {9, BIT(NAME), NAME},
		      {9, BIT(STATUS), STATUS},
		      {10, BIT(INVITE) | BIT(NAME), NAME}};
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		for (k = 0; k < ARRAY_SIZE(bad); k++) {
			uint8_t value[INVITE_BYTES] = {0};
			struct draft d = {.kind = places[i].kind,
					  .has = places[i].has,
					  .value = value};

			memset(value, 'x', sizeof(value));
			d.length[places[i].label] = 5;
			assert_true(is_read(&d));
			memcpy(value, bad[k], length[k]);
			assert_false(is_read(&d));
		}
	}
}

static const struct message_fields everything = {
    .has_ref = true,
    .has_ttl = true,
    .has_reply_to = true,
    .has_invite = true,
    .has_seed = true,
    .has_file_state = true,
    .ref = {{1, 2, 3}},
    .ttl_s = 3600,
    .reply_to = {{4, 5, 6}},
    .emoji = {"\xf0\x9f\x91\x8d"},
    .file_state = 2,
    .invite = {1, 0, 7},
    .name = {"Zo\xc3\xab"},
    .seed = {{9, 9}},
    .status = {"away"},
};

static void fields_come_back(void **state)
{
	struct message_fields f = everything, back;
	uint8_t mem[MESSAGE_EXTRA_MAX];
	size_t n = message_fields_write(&f, mem);

	(void)state;
	message_fields_read(bytes_of(mem, n), &back);
	assert_memory_equal(&back, &f, sizeof(f));
	memset(&f, 0, sizeof(f));
	assert_int_equal(message_fields_write(&f, mem), 0);
	message_fields_read(bytes_of(mem, 0), &back);
	assert_memory_equal(&back, &f, sizeof(f));
	/* The longest of all kinds fit into what we keep. */
	memset(f.emoji.s, 'e', EMOJI_MAX_BYTES);
	memset(f.name.s, 'n', NAME_MAX_BYTES);
	memset(f.status.s, 's', STATUS_MAX_BYTES);
	n = message_fields_write(&f, mem);
	message_fields_read(bytes_of(mem, n), &back);
	assert_memory_equal(&back, &f, sizeof(f));
}

/* Fields that a kind does not list, taken off a copy of everything. */
static struct message_fields only(unsigned has)
{
	struct message_fields f = everything;

	f.has_ref = has & BIT(REF);
	f.has_ttl = has & BIT(TTL);
	f.has_reply_to = has & BIT(REPLY_TO);
	f.has_invite = has & BIT(INVITE);
	f.has_seed = has & BIT(SEED);
	f.has_file_state = has & BIT(FILE_STATE);
	if (!(has & BIT(EMOJI)))
		f.emoji.s[0] = '\0';
	if (!(has & BIT(NAME)))
		f.name.s[0] = '\0';
	if (!(has & BIT(STATUS)))
		f.status.s[0] = '\0';
	return f;
}

static void each_kind_travels(void **state)
{
	uint8_t extra[MESSAGE_EXTRA_MAX], mem[MESSAGE_WRITE_MAX];
	struct message_fields f, back_f;
	struct message m, back;
	struct hash32 one, two;
	struct wire_writer w;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned has = kinds[i].required | kinds[i].optional;

		f = only(has);
		memset(&m, 0, sizeof(m));
		m.kind = kinds[i].kind;
		m.mid.b[3] = (uint8_t)i;
		if (has & BIT(BODY))
			m.body = fixed_text("thirty-two bytes of what it says");
		m.extra = bytes_of(extra, message_fields_write(&f, extra));
		wire_write_init(&w, mem, sizeof(mem));
		message_write(&w, &m);
		assert_int_equal(w.len, message_bytes(&m));
		assert_ok(message_read(wire_written(&w), &back));
		assert_int_equal(back.kind, m.kind);
		assert_bytes(back.body, m.body);
		assert_bytes(back.extra, m.extra);
		message_content_hash(&m, &one);
		message_content_hash(&back, &two);
		assert_memory_equal(one.b, two.b, sizeof(one.b));
		message_fields_read(back.extra, &back_f);
		assert_int_equal(back_f.has_ref, f.has_ref);
		assert_int_equal(back_f.has_seed, f.has_seed);
		assert_string_equal(back_f.emoji.s, f.emoji.s);
		assert_string_equal(back_f.status.s, f.status.s);
	}
}

/* The chain goes on as if the message were there, whatever mid the stand-in
 * has. */
static void withdrawn_has_the_hash_of_what_it_was(void **state)
{
	struct message m = {.kind = MESSAGE_TEXT}, gone, back;
	struct chain before = {{1}}, one, two;
	uint8_t mem[MESSAGE_WRITE_MAX];
	struct hash32 content, again;
	struct wire_writer w;

	(void)state;
	m.body = fixed_text("never mind");
	m.mid.b[0] = 1;
	message_content_hash(&m, &content);
	message_chain(&before, &content, &one);
	memset(&gone, 0, sizeof(gone));
	gone.kind = MESSAGE_WITHDRAWN;
	gone.mid.b[0] = 2;
	gone.chain = one;
	gone.body = bytes_of(content.b, sizeof(content.b));
	wire_write_init(&w, mem, sizeof(mem));
	message_write(&w, &gone);
	assert_ok(message_read(wire_written(&w), &back));
	message_content_hash(&back, &again);
	assert_memory_equal(again.b, content.b, sizeof(content.b));
	message_chain(&before, &again, &two);
	assert_memory_equal(two.b, one.b, sizeof(one.b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_has_what_it_lists),
	    cmocka_unit_test(lengths_are_held),
	    cmocka_unit_test(no_field_is_empty),
	    cmocka_unit_test(odd_strays_are_skipped),
	    cmocka_unit_test(strays_may_be_long),
	    cmocka_unit_test(kinds_that_are_not_known),
	    cmocka_unit_test(times_to_live),
	    cmocka_unit_test(labels_are_clean),
	    cmocka_unit_test(fields_come_back),
	    cmocka_unit_test(each_kind_travels),
	    cmocka_unit_test(withdrawn_has_the_hash_of_what_it_was),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
