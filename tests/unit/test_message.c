/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages and their chain, cards, claims.
 */
#include "tests/unit/fixed.h"

#include "core/card.h"
#include "core/message.h"
#include "core/noise.h"
#include "core/onion.h"
#include "tests/unit/codec_vectors.h"

static struct message text_message(struct bytes text)
{
	struct message m = {.kind = MESSAGE_TEXT, .age_s = 42, .body = text};

	fixed_unhex(VEC_MESSAGE_MID, m.mid.b, sizeof(m.mid.b));
	return m;
}

/* Chain value of m after the vector's predecessor. */
static struct chain chain_of(const struct message *m)
{
	struct chain before, chain;
	struct hash32 content;

	fixed_unhex(VEC_MESSAGE_BEFORE, before.b, sizeof(before.b));
	message_content_hash(m, &content);
	message_chain(&before, &content, &chain);
	return chain;
}

static void text_as_elsewhere(void **state)
{
	struct message m = text_message(fixed_text("gr\xc3\xbc\xc3\x9f dich"));
	uint8_t mem[128];
	struct message back;
	struct wire_writer w;
	struct chain chain;

	(void)state;
	m.chain = chain_of(&m);
	assert_hex(m.chain.b, VEC_MESSAGE_CHAIN);
	wire_write_init(&w, mem, sizeof(mem));
	message_write(&w, &m);
	assert_int_equal(w.len, strlen(VEC_MESSAGE) / 2);
	assert_hex(mem, VEC_MESSAGE);
	assert_int_equal(message_bytes(&m), w.len);
	assert_ok(message_read(wire_written(&w), &back));
	assert_int_equal(back.kind, MESSAGE_TEXT);
	assert_int_equal(back.age_s, 42);
	assert_memory_equal(back.mid.b, m.mid.b, sizeof(m.mid.b));
	assert_bytes(back.body, m.body);
	assert_bytes(back.raw, wire_written(&w));
	chain = chain_of(&back);
	assert_memory_equal(chain.b, m.chain.b, sizeof(chain.b));
}

/* Age and chain are not part of the content; everything else is. */
static void chain_covers_content(void **state)
{
	struct message m = text_message(fixed_text("hello"));
	struct message other = m;
	struct chain want = chain_of(&m), got;

	(void)state;
	other.age_s = 1000;
	fixed_bytes(other.chain.b, sizeof(other.chain.b), 5);
	got = chain_of(&other);
	assert_memory_equal(got.b, want.b, sizeof(got.b));
	other.mid.b[15] ^= 1;
	got = chain_of(&other);
	assert_memory_not_equal(got.b, want.b, sizeof(got.b));
	other = m;
	other.body = fixed_text("hellp");
	got = chain_of(&other);
	assert_memory_not_equal(got.b, want.b, sizeof(got.b));
}

static void text_lengths(void **state)
{
	static const size_t lengths[] = {1,    0xfb, 0xfc,    0xfd,
					 0xfe, 8191, TEXT_MAX};
	uint8_t *text = xcalloc(1, TEXT_MAX + 1);
	uint8_t *mem = xcalloc(1, MESSAGE_BYTES_MAX);
	struct message back;
	size_t i;

	(void)state;
	memset(text, 'x', TEXT_MAX + 1);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct message m = text_message(bytes_of(text, lengths[i]));
		struct hash32 one, two;
		struct wire_writer w;

		wire_write_init(&w, mem, message_bytes(&m));
		message_write(&w, &m);
		assert_int_equal(w.len, w.cap);
		assert_ok(message_read(wire_written(&w), &back));
		assert_int_equal(back.body.n, lengths[i]);
		message_content_hash(&m, &one);
		message_content_hash(&back, &two);
		assert_memory_equal(one.b, two.b, sizeof(one.b));
	}
	assert_true(message_text_is_valid(bytes_of(text, TEXT_MAX)));
	assert_false(message_text_is_valid(bytes_of(text, TEXT_MAX + 1)));
	assert_false(message_text_is_valid(bytes_of(text, 0)));
	assert_false(message_text_is_valid(bytes_of("a\0b", 3)));
	assert_false(message_text_is_valid(bytes_of("\xff", 1)));
	assert_true(message_text_is_valid(fixed_text("two\nlines")));
	free(text);
	free(mem);
}

#define MID   "0210000102030405060708090a0b0c0d0e0f"
#define CHAIN "0310000102030405060708090a0b0c0d0e0f"
#define AGE   "040400000001"

static const struct {
	const char *hex;
	enum err want;
} records[] = {
    {"01020001" MID CHAIN AGE "050178", OK},
    {"01020001" MID CHAIN AGE "0501781100", OK},
    {"01020001" MID CHAIN AGE "0501780800", ERR_SYNTAX},
    {"01020001" MID CHAIN AGE, ERR_NOT_FOUND},
    {"01020001" MID CHAIN AGE "0500", ERR_RANGE},
    {"01020001" MID CHAIN AGE "0501ff", ERR_SYNTAX},
    {"01020001" MID CHAIN AGE "050100", ERR_SYNTAX},
    {"01020001" MID CHAIN AGE "050278", ERR_SHORT},
    {"01020001" MID CHAIN "050178", ERR_NOT_FOUND},
    {"01020001" MID AGE "050178", ERR_NOT_FOUND},
    {"01020001" CHAIN AGE "050178", ERR_NOT_FOUND},
    {MID CHAIN AGE "050178", ERR_NOT_FOUND},
    {"010101" MID CHAIN AGE "050178", ERR_RANGE},
    {"01020001" CHAIN MID AGE "050178", ERR_SYNTAX},
    {"000001020001" MID CHAIN AGE "050178", ERR_SYNTAX},
    {"", ERR_NOT_FOUND},
    /* a kind of the future: its own fields are none of our business,
     * the shared ones are */
    {"0102000b" MID CHAIN AGE, OK},
    {"0102000b" MID CHAIN AGE "0501ff06000803010203", OK},
    {"0102000b" MID CHAIN AGE "06000600", ERR_SYNTAX},
    {"0102000b" MID CHAIN "040100", ERR_RANGE},
    {"0102000b" MID CHAIN "0600", ERR_NOT_FOUND},
};

static void records_are_strict(void **state)
{
	uint8_t mem[128];
	struct message m;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(records); i++)
		assert_err(
		    message_read(fixed_unhex(records[i].hex, mem, sizeof(mem)),
				 &m),
		    records[i].want);
}

static void unknown_kind_is_hashed_raw(void **state)
{
	uint8_t mem[2][128];
	struct message one, two;
	struct chain a, b;

	(void)state;
	assert_ok(message_read(fixed_unhex("0102000b" MID CHAIN AGE "0601aa",
					   mem[0], sizeof(mem[0])),
			       &one));
	assert_ok(message_read(fixed_unhex("0102000b" MID CHAIN AGE "0601ab",
					   mem[1], sizeof(mem[1])),
			       &two));
	assert_int_equal(one.kind, 11);
	a = chain_of(&one);
	b = chain_of(&two);
	assert_memory_not_equal(a.b, b.b, sizeof(a.b));
}

static void too_long_a_record(void **state)
{
	uint8_t *mem = xcalloc(1, MESSAGE_BYTES_MAX + 1);
	struct wire_writer w;
	struct message m;
	uint8_t head[64];
	struct bytes b =
	    fixed_unhex("0102000b" MID CHAIN AGE, head, sizeof(head));

	(void)state;
	wire_write_init(&w, mem, MESSAGE_BYTES_MAX + 1);
	wire_write_bytes(&w, b);
	wire_write_u8(&w, 7);
	wire_write_bigsize(&w, w.cap - w.len - 3);
	wire_write_zeros(&w, w.cap - w.len);
	assert_err(message_read(wire_written(&w), &m), ERR_RANGE);
	be16_put(mem + b.n + 2, (uint16_t)(be16_get(mem + b.n + 2) - 1));
	assert_ok(message_read(bytes_of(mem, MESSAGE_BYTES_MAX), &m));
	free(mem);
}

static struct card some_card(void)
{
	struct card c = {.features = 0x0102030405060708, .name = "Zo\xc3\xab"};
	struct onion_seed seed;
	struct secret s;

	fixed_bytes(s.b, sizeof(s.b), 1);
	noise_public(&s, &c.static_key);
	fixed_bytes(s.b, sizeof(s.b), 2);
	noise_public(&s, &c.client_auth);
	fixed_bytes(seed.b, sizeof(seed.b), 3);
	onion_public(&seed, &c.cell);
	fixed_bytes(c.r.b, sizeof(c.r.b), 4);
	return c;
}

static struct bytes written(const struct card *c,
			    uint8_t mem[static CARD_BYTES_MAX])
{
	struct wire_writer w;

	wire_write_init(&w, mem, CARD_BYTES_MAX);
	card_write(&w, c);
	return wire_written(&w);
}

static void cards_travel(void **state)
{
	struct card c = some_card(), back;
	uint8_t mem[CARD_BYTES_MAX];
	struct bytes b = written(&c, mem);
	size_t n;

	(void)state;
	assert_ok(card_read(b, &back));
	assert_memory_equal(&back, &c, sizeof(c));
	for (n = 0; n < b.n; n++) {
		enum err e = card_read(bytes_of(mem, n), &back);

		/* A card without its last field, the name, is a card. */
		assert_int_equal(e == OK, n == b.n - 2 - strlen(c.name));
	}
	memset(c.name, 'n', NAME_MAX_BYTES);
	assert_int_equal(written(&c, mem).n, CARD_BYTES_MAX);
	c.name[0] = '\0';
	assert_ok(card_read(written(&c, mem), &back));
	assert_string_equal(back.name, "");
}

static void cards_are_strict(void **state)
{
	struct card c = some_card(), bad = c, back;
	uint8_t mem[CARD_BYTES_MAX + 8];
	struct bytes b;

	(void)state;
	memset(bad.static_key.b, 0, 32);
	assert_err(card_read(written(&bad, mem), &back), ERR_AUTH);
	bad = c;
	memset(bad.client_auth.b, 0, 32);
	assert_err(card_read(written(&bad, mem), &back), ERR_AUTH);
	bad = c;
	memset(bad.cell.b, 0, 32);
	assert_err(card_read(written(&bad, mem), &back), ERR_AUTH);
	bad = c;
	strcpy(bad.name, "bell\a");
	assert_err(card_read(written(&bad, mem), &back), ERR_SYNTAX);
	strcpy(bad.name, "\xed\xa0\x80");
	assert_err(card_read(written(&bad, mem), &back), ERR_SYNTAX);
	c.name[0] = '\0';
	b = written(&c, mem);
	memcpy(mem + b.n, "\6\0", 2); /* the KEM key's place, even */
	assert_err(card_read(bytes_of(mem, b.n + 2), &back), ERR_SYNTAX);
	memcpy(mem + b.n, "\7\0", 2); /* the mailbox's, odd */
	assert_ok(card_read(bytes_of(mem, b.n + 2), &back));
}

static void claims_travel(void **state)
{
	struct claim c = {.greeting = ""}, back;
	uint8_t mem[CLAIM_BYTES_MAX];
	struct wire_writer w;

	(void)state;
	c.card = some_card();
	fixed_bytes(c.nonce.b, sizeof(c.nonce.b), 9);
	wire_write_init(&w, mem, sizeof(mem));
	claim_write(&w, &c);
	assert_ok(claim_read(wire_written(&w), &back));
	assert_memory_equal(&back, &c, sizeof(c));

	memset(c.greeting, 'g', GREETING_MAX_BYTES);
	memset(c.card.name, 'n', NAME_MAX_BYTES);
	wire_write_init(&w, mem, sizeof(mem));
	claim_write(&w, &c);
	assert_ok(claim_read(wire_written(&w), &back));
	assert_memory_equal(&back, &c, sizeof(c));

	c.greeting[7] = '\xff';
	wire_write_init(&w, mem, sizeof(mem));
	claim_write(&w, &c);
	assert_err(claim_read(wire_written(&w), &back), ERR_SYNTAX);
	assert_err(claim_read(bytes_of(mem, 34), &back), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_as_elsewhere),
	    cmocka_unit_test(chain_covers_content),
	    cmocka_unit_test(text_lengths),
	    cmocka_unit_test(records_are_strict),
	    cmocka_unit_test(unknown_kind_is_hashed_raw),
	    cmocka_unit_test(too_long_a_record),
	    cmocka_unit_test(cards_travel),
	    cmocka_unit_test(cards_are_strict),
	    cmocka_unit_test(claims_travel),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
