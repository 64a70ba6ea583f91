/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/fixed.h"

#include <stdio.h>

#include <jansson.h>

#include "core/noise.h"

struct vector {
	const char *protocol, *prologue, *h;
	struct {
		const char *payload, *bytes;
	} messages[6];
};

#include "tests/unit/noise_vectors.h"

enum { MESSAGE_MAX = 1024 };

/* One end of a conversation: handshake, then transport. */
struct end {
	struct noise noise;
	struct noise_cipher send, recv;
	struct secret e;
	bool is_up;
};

static struct bytes end_write(struct end *end, struct bytes payload,
			      uint8_t mem[static MESSAGE_MAX])
{
	struct wire_writer w;

	if (end->is_up) {
		noise_seal(&end->send, bytes_of(NULL, 0), payload, mem);
		return bytes_of(mem, payload.n + NOISE_TAG_BYTES);
	}
	wire_write_init(&w, mem, MESSAGE_MAX);
	assert_ok(noise_write(&end->noise, &end->e, payload, &w));
	return wire_written(&w);
}

static struct bytes end_read(struct end *end, struct bytes message,
			     uint8_t mem[static MESSAGE_MAX])
{
	struct wire_writer w;

	if (end->is_up) {
		assert_ok(
		    noise_open(&end->recv, bytes_of(NULL, 0), message, mem));
		return bytes_of(mem, message.n - NOISE_TAG_BYTES);
	}
	wire_write_init(&w, mem, MESSAGE_MAX);
	assert_ok(noise_read(&end->noise, message, &w));
	return wire_written(&w);
}

static void end_step(struct end *end)
{
	if (end->is_up || !noise_is_done(&end->noise))
		return;
	noise_split(&end->noise, &end->send, &end->recv);
	end->is_up = true;
}

/* payload must become want, on its way from one end to the other. */
static void exchange(struct end *from, struct end *to, struct bytes payload,
		     struct bytes want)
{
	uint8_t sent[MESSAGE_MAX], got[MESSAGE_MAX];
	struct bytes message = end_write(from, payload, sent);

	assert_bytes(message, want);
	assert_bytes(end_read(to, message, got), payload);
	end_step(from);
	end_step(to);
}

static void secret_of(const char *hex, struct secret *s)
{
	fixed_unhex(hex, s->b, sizeof(s->b));
}

static const struct noise_pattern *pattern_of(const char *protocol)
{
	const struct noise_pattern *const all[] = {&noise_kkpsk0, &noise_nkpsk0,
						   &noise_kpsk0};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (strcmp(all[i]->protocol, protocol) == 0)
			return all[i];
	fail_msg("no pattern %s", protocol);
	return NULL;
}

static void run_vector(const struct vector *v)
{
	const struct noise_pattern *pattern = pattern_of(v->protocol);
	bool one_way = pattern->message_count == 1;
	struct end a = {0}, b = {0};
	struct secret sa, sb;
	struct pubkey pa, pb;
	struct psk psk;
	struct noise_keys keys;
	uint8_t mem[3][MESSAGE_MAX];
	struct bytes prologue = fixed_unhex(v->prologue, mem[0], MESSAGE_MAX);
	size_t i;

	secret_of(VECTOR_S_INITIATOR, &sa);
	secret_of(VECTOR_S_RESPONDER, &sb);
	secret_of(VECTOR_E_INITIATOR, &a.e);
	secret_of(VECTOR_E_RESPONDER, &b.e);
	fixed_unhex(VECTOR_PSK, psk.b, sizeof(psk.b));
	noise_public(&sa, &pa);
	noise_public(&sb, &pb);
	keys = (struct noise_keys){
	    .s = pattern->pre_s ? &sa : NULL, .rs = &pb, .psk = &psk};
	noise_init(&a.noise, pattern, true, prologue, &keys);
	keys = (struct noise_keys){
	    .s = &sb, .rs = pattern->pre_s ? &pa : NULL, .psk = &psk};
	noise_init(&b.noise, pattern, false, prologue, &keys);
	for (i = 0; i < ARRAY_SIZE(v->messages) && v->messages[i].bytes; i++) {
		bool from_a = one_way || i % 2 == 0;

		exchange(
		    from_a ? &a : &b, from_a ? &b : &a,
		    fixed_unhex(v->messages[i].payload, mem[1], MESSAGE_MAX),
		    fixed_unhex(v->messages[i].bytes, mem[2], MESSAGE_MAX));
	}
	assert_true(i >= 3);
	assert_bytes(bytes_of(a.noise.h, NOISE_HASH_BYTES),
		     fixed_unhex(v->h, mem[1], MESSAGE_MAX));
	assert_memory_equal(a.noise.h, b.noise.h, NOISE_HASH_BYTES);
}

static void own_vectors(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vectors); i++)
		run_vector(&vectors[i]);
}

/* Base patterns: pre-messages ("s", "rs"), then the messages. */
static const struct {
	const char *name, *pre, *messages;
} bases[] = {
    {"N", "rs", "e es"},
    {"K", "s rs", "e es ss"},
    {"X", "rs", "e es s ss"},
    {"NN", "", "e / e ee"},
    {"NK", "rs", "e es / e ee"},
    {"NX", "", "e / e ee s es"},
    {"KN", "s", "e / e ee se"},
    {"KK", "s rs", "e es ss / e ee se"},
    {"KX", "s", "e / e ee se s es"},
    {"XN", "", "e / e ee / s se"},
    {"XK", "rs", "e es / e ee / s se"},
    {"XX", "", "e / e ee s es / s se"},
    {"IN", "", "e s / e ee se"},
    {"IK", "rs", "e es s ss / e ee se"},
    {"IX", "", "e s / e ee se s es"},
    {"NK1", "rs", "e / e ee es"},
    {"NX1", "", "e / e ee s / es"},
    {"X1N", "", "e / e ee / s / se"},
    {"X1K", "rs", "e es / e ee / s / se"},
    {"XK1", "rs", "e / e ee es / s se"},
    {"X1K1", "rs", "e / e ee es / s / se"},
    {"X1X", "", "e / e ee s es / s / se"},
    {"XX1", "", "e / e ee s / es s se"},
    {"X1X1", "", "e / e ee s / es s / se"},
    {"K1N", "s", "e / e ee / se"},
    {"K1K", "s rs", "e es / e ee / se"},
    {"KK1", "s rs", "e / e ee se es"},
    {"K1K1", "s rs", "e / e ee es / se"},
    {"K1X", "s", "e / e ee s es / se"},
    {"KX1", "s", "e / e ee se s / es"},
    {"K1X1", "s", "e / e ee s / se es"},
    {"I1N", "", "e s / e ee / se"},
    {"I1K", "rs", "e es s / e ee / se"},
    {"IK1", "rs", "e s / e ee se es"},
    {"I1K1", "rs", "e s / e ee es / se"},
    {"I1X", "", "e s / e ee s es / se"},
    {"IX1", "", "e s / e ee se s / es"},
    {"I1X1", "", "e s / e ee s / se es"},
};

static void add_token(struct noise_pattern *p, size_t message,
		      enum noise_token token)
{
	size_t n = strlen((char *)p->messages[message]);

	assert_true(message < NOISE_MESSAGES_MAX);
	assert_true(n + 1 < NOISE_TOKENS_MAX);
	p->messages[message][n] = (uint8_t)token;
}

static void add_messages(struct noise_pattern *p, const char *text, int psk)
{
	static const char *const words[] = {NULL, "e",	"s", "ee",
					    "es", "se", "ss"};
	char copy[64], *word, *save = NULL;
	size_t message = 0, i;

	snprintf(copy, sizeof(copy), "%s", text);
	if (psk == 0)
		add_token(p, 0, NOISE_PSK);
	for (word = strtok_r(copy, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		if (*word == '/') {
			if (psk == (int)message + 1)
				add_token(p, message, NOISE_PSK);
			message++;
		}
		for (i = 1; i < ARRAY_SIZE(words); i++)
			if (strcmp(word, words[i]) == 0)
				add_token(p, message, (enum noise_token)i);
	}
	if (psk == (int)message + 1)
		add_token(p, message, NOISE_PSK);
	p->message_count = (uint8_t)(message + 1);
}

static void make_pattern(const char *protocol, struct noise_pattern *p)
{
	const char *name = protocol + strlen("Noise_");
	size_t n = strcspn(name, "p_"), i;
	int psk = -1;

	memset(p, 0, sizeof(*p));
	p->protocol = protocol;
	if (name[n] == 'p')
		psk = name[n + strlen("psk")] - '0';
	p->has_psk = psk >= 0;
	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		if (strlen(bases[i].name) != n ||
		    strncmp(bases[i].name, name, n) != 0)
			continue;
		p->pre_s = bases[i].pre[0] == 's';
		p->pre_rs = strstr(bases[i].pre, "rs") != NULL;
		add_messages(p, bases[i].messages, psk);
		return;
	}
	fail_msg("no pattern %s", protocol);
}

static const char *text_of(json_t *v, const char *key)
{
	return json_string_value(json_object_get(v, key));
}

struct side_keys {
	struct secret s;
	struct pubkey rs;
	struct psk psk;
	struct noise_keys keys;
};

static void load_side(json_t *v, const char *side, struct side_keys *out,
		      struct end *end)
{
	char key[32];
	const char *hex;
	json_t *psks;

	memset(out, 0, sizeof(*out));
	snprintf(key, sizeof(key), "%s_static", side);
	hex = text_of(v, key);
	if (hex) {
		secret_of(hex, &out->s);
		out->keys.s = &out->s;
	}
	snprintf(key, sizeof(key), "%s_remote_static", side);
	hex = text_of(v, key);
	if (hex) {
		fixed_unhex(hex, out->rs.b, sizeof(out->rs.b));
		out->keys.rs = &out->rs;
	}
	snprintf(key, sizeof(key), "%s_psks", side);
	psks = json_object_get(v, key);
	if (json_array_size(psks) == 1) {
		fixed_unhex(json_string_value(json_array_get(psks, 0)),
			    out->psk.b, sizeof(out->psk.b));
		out->keys.psk = &out->psk;
	}
	snprintf(key, sizeof(key), "%s_ephemeral", side);
	hex = text_of(v, key);
	if (hex)
		secret_of(hex, &end->e);
}

static void run_published(json_t *v)
{
	struct noise_pattern pattern;
	struct side_keys ka, kb;
	struct end a = {0}, b = {0};
	uint8_t mem[2][MESSAGE_MAX];
	json_t *messages = json_object_get(v, "messages");
	struct bytes prologue;
	size_t i;

	make_pattern(text_of(v, "protocol_name"), &pattern);
	load_side(v, "init", &ka, &a);
	load_side(v, "resp", &kb, &b);
	prologue =
	    fixed_unhex(text_of(v, "init_prologue"), mem[0], MESSAGE_MAX);
	noise_init(&a.noise, &pattern, true, prologue, &ka.keys);
	noise_init(&b.noise, &pattern, false, prologue, &kb.keys);
	for (i = 0; i < json_array_size(messages); i++) {
		bool from_a = pattern.message_count == 1 || i % 2 == 0;
		json_t *m = json_array_get(messages, i);

		exchange(
		    from_a ? &a : &b, from_a ? &b : &a,
		    fixed_unhex(text_of(m, "payload"), mem[0], MESSAGE_MAX),
		    fixed_unhex(text_of(m, "ciphertext"), mem[1], MESSAGE_MAX));
	}
	assert_true(a.is_up && b.is_up);
	assert_bytes(
	    bytes_of(a.noise.h, NOISE_HASH_BYTES),
	    fixed_unhex(text_of(v, "handshake_hash"), mem[0], MESSAGE_MAX));
}

/* The file of all patterns in cacophony's format, if there is one. */
static void published_vectors(void **state)
{
	const char *path = getenv("SUITE_NOISE_VECTORS");
	json_t *root, *list;
	size_t i;

	(void)state;
	if (!path)
		skip();
	root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	list = json_object_get(root, "vectors");
	assert_true(json_array_size(list) > 0);
	for (i = 0; i < json_array_size(list); i++)
		run_published(json_array_get(list, i));
	json_decref(root);
}

struct kk {
	struct secret s[2], e[2];
	struct pubkey p[2];
	struct psk psk;
	struct noise a, b;
};

static void kk_start(struct kk *k, struct noise_memo *memo)
{
	struct noise_keys keys;
	int i;

	for (i = 0; i < 2; i++) {
		fixed_bytes(k->s[i].b, 32, (uint64_t)i);
		fixed_bytes(k->e[i].b, 32, (uint64_t)i + 2);
		noise_public(&k->s[i], &k->p[i]);
	}
	fixed_bytes(k->psk.b, 32, 4);
	keys =
	    (struct noise_keys){.s = &k->s[0], .rs = &k->p[1], .psk = &k->psk};
	noise_init(&k->a, &noise_kkpsk0, true, bytes_of("p", 1), &keys);
	keys = (struct noise_keys){
	    .s = &k->s[1], .rs = &k->p[0], .psk = &k->psk, .memo = memo};
	noise_init(&k->b, &noise_kkpsk0, false, bytes_of("p", 1), &keys);
}

static void turns_are_kept(void **state)
{
	uint8_t mem[2][MESSAGE_MAX];
	struct wire_writer w, w2;
	struct kk k;

	(void)state;
	kk_start(&k, NULL);
	wire_write_init(&w, mem[0], MESSAGE_MAX);
	wire_write_init(&w2, mem[1], MESSAGE_MAX);
	assert_err(noise_write(&k.b, &k.e[1], bytes_of("x", 1), &w), ERR_STATE);
	assert_err(noise_read(&k.a, bytes_of(mem[1], 100), &w), ERR_STATE);
	assert_ok(noise_write(&k.a, &k.e[0], bytes_of("x", 1), &w));
	assert_err(noise_write(&k.a, &k.e[0], bytes_of("x", 1), &w), ERR_STATE);
	assert_ok(noise_read(&k.b, wire_written(&w), &w2));
	noise_clear(&k.a);
	assert_err(noise_write(&k.a, &k.e[0], bytes_of("x", 1), &w), ERR_STATE);
	assert_true(sizeof(struct noise) < 512);
}

static void short_messages(void **state)
{
	uint8_t mem[2][MESSAGE_MAX];
	struct wire_writer w, w2;
	struct kk k;
	size_t n;

	(void)state;
	kk_start(&k, NULL);
	wire_write_init(&w, mem[0], MESSAGE_MAX);
	assert_ok(noise_write(&k.a, &k.e[0], bytes_of(NULL, 0), &w));
	for (n = 0; n < w.len; n++) {
		struct kk other;

		kk_start(&other, NULL);
		wire_write_init(&w2, mem[1], MESSAGE_MAX);
		assert_err(noise_read(&other.b, bytes_of(mem[0], n), &w2),
			   ERR_SHORT);
		assert_int_equal(w2.len, 0);
	}
}

/* All points of RFC 7748's curve whose multiples of 8 are zero, with the
 * top bit that X25519 ignores clear and set. */
static const char *const low_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void low_order_is_refused(void **state)
{
	uint8_t mem[2][MESSAGE_MAX];
	struct wire_writer w, w2;
	struct pubkey p;
	struct kk k;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(low_order); i++) {
		struct noise_keys keys;

		fixed_unhex(low_order[i / 2], p.b, sizeof(p.b));
		if (i % 2)
			p.b[31] |= 0x80;
		assert_false(noise_pubkey_is_usable(&p));
		/* As the ephemeral in message 1. */
		kk_start(&k, NULL);
		wire_write_init(&w, mem[0], MESSAGE_MAX);
		wire_write_init(&w2, mem[1], MESSAGE_MAX);
		assert_ok(noise_write(&k.a, &k.e[0], bytes_of("x", 1), &w));
		memcpy(mem[0], p.b, sizeof(p.b));
		assert_err(noise_read(&k.b, wire_written(&w), &w2), ERR_AUTH);
		/* As the peer's static. */
		keys =
		    (struct noise_keys){.s = &k.s[0], .rs = &p, .psk = &k.psk};
		noise_init(&k.a, &noise_kkpsk0, true, bytes_of("p", 1), &keys);
		assert_err(noise_write(&k.a, &k.e[0], bytes_of("x", 1), &w),
			   ERR_AUTH);
	}
	kk_start(&k, NULL);
	assert_true(noise_pubkey_is_usable(&k.p[0]));
}

static void memo_changes_nothing(void **state)
{
	struct noise_memo memo = {.has = {false}};
	uint8_t mem[2][MESSAGE_MAX];
	struct wire_writer w, w2;
	struct kk k;
	int round;

	(void)state;
	kk_start(&k, NULL);
	wire_write_init(&w, mem[0], MESSAGE_MAX);
	assert_ok(noise_write(&k.a, &k.e[0], bytes_of("x", 1), &w));
	for (round = 0; round < 3; round++) {
		struct kk other;
		struct noise_keys keys = {
		    .s = &k.s[1], .rs = &k.p[0], .psk = &k.psk, .memo = &memo};
		struct psk wrong = k.psk;

		kk_start(&other, &memo);
		wire_write_init(&w2, mem[1], MESSAGE_MAX);
		if (round == 0) {
			wrong.b[0] ^= 1;
			keys.psk = &wrong;
			noise_init(&other.b, &noise_kkpsk0, false,
				   bytes_of("p", 1), &keys);
			assert_err(noise_read(&other.b, wire_written(&w), &w2),
				   ERR_AUTH);
			continue;
		}
		assert_true(memo.has[NOISE_ES - NOISE_EE]);
		assert_ok(noise_read(&other.b, wire_written(&w), &w2));
		assert_bytes(wire_written(&w2), bytes_of("x", 1));
	}
	noise_memo_clear(&memo);
	assert_true(sodium_is_zero((uint8_t *)&memo, sizeof(memo)));
}

/* Noise 4.2: k = ENCRYPT(k, 2^64-1, empty, 32 zeros), n stays. */
static void rekey_is_noise_rekey(void **state)
{
	struct noise_cipher c = {.n = 5, .has_key = true};
	uint8_t nonce[12] = {0}, want[48];
	static const uint8_t zeros[32];

	(void)state;
	fixed_bytes(c.k, sizeof(c.k), 1);
	memset(nonce + 4, 0xff, 8);
	crypto_aead_chacha20poly1305_ietf_encrypt(want, NULL, zeros, 32, NULL,
						  0, NULL, nonce, c.k);
	noise_rekey(&c);
	assert_memory_equal(c.k, want, 32);
	assert_int_equal(c.n, 5);
}

/* HOSTILE K-06 */
static void failed_open_keeps_the_counter(void **state)
{
	struct noise_cipher a = {.has_key = true}, b;
	uint8_t sealed[20], plain[4] = {1, 2, 3, 4};

	(void)state;
	b = a;
	noise_seal(&a, bytes_of(NULL, 0), bytes_of("abcd", 4), sealed);
	sealed[0] ^= 1;
	assert_err(
	    noise_open(&b, bytes_of(NULL, 0), bytes_of(sealed, 20), plain),
	    ERR_AUTH);
	assert_true(sodium_is_zero(plain, sizeof(plain)));
	assert_int_equal(b.n, 0);
	sealed[0] ^= 1;
	assert_ok(
	    noise_open(&b, bytes_of(NULL, 0), bytes_of(sealed, 20), plain));
	assert_memory_equal(plain, "abcd", 4);
	assert_int_equal(b.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(own_vectors),
	    cmocka_unit_test(published_vectors),
	    cmocka_unit_test(turns_are_kept),
	    cmocka_unit_test(short_messages),
	    cmocka_unit_test(low_order_is_refused),
	    cmocka_unit_test(memo_changes_nothing),
	    cmocka_unit_test(rekey_is_noise_rekey),
	    cmocka_unit_test(failed_open_keeps_the_counter),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
