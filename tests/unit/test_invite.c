/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/fixed.h"

#include "core/invite.h"
#include "core/noise.h"
#include "tests/unit/codec_vectors.h"

enum { EXPIRY_MIN = 28333333 }; /* of the vector */
static const uint64_t before_ms = (uint64_t)EXPIRY_MIN * 60000 - 1;

static struct invite some_invite(void)
{
	struct invite inv = {.flags = INVITE_ASKS, .expiry_min = EXPIRY_MIN};

	fixed_unhex(VEC_ONION_PK, inv.onion.b, sizeof(inv.onion.b));
	fixed_unhex(VEC_INVITE_SECRET, inv.secret.b, sizeof(inv.secret.b));
	return inv;
}

static enum err decode(const char *text, struct invite *out)
{
	return invite_decode(text, strlen(text), before_ms, out);
}

static void text_as_elsewhere(void **state)
{
	struct invite inv = some_invite(), back;
	char text[INVITE_TEXT + 1];
	uint8_t packed[INVITE_BYTES];

	(void)state;
	invite_pack(&inv, packed);
	assert_hex(packed, VEC_INVITE);
	invite_encode(&inv, text);
	assert_string_equal(text, VEC_INVITE_TEXT);
	assert_ok(decode(text, &back));
	assert_memory_equal(&back, &inv, sizeof(inv));
	assert_ok(invite_unpack(packed, &back));
	assert_memory_equal(&back, &inv, sizeof(inv));
	invite_encode_upper(&inv, text);
	assert_memory_equal(text, "UMBEL:INVITE/AE", 15);
	assert_ok(decode(text, &back));
	assert_memory_equal(&back, &inv, sizeof(inv));
	invite_clear(&back);
	assert_true(sodium_is_zero((uint8_t *)&back, sizeof(back)));
}

static void keys_as_elsewhere(void **state)
{
	struct invite inv = some_invite();
	struct invite_keys k;
	struct nonce32 nonce;
	struct psk psk;

	(void)state;
	invite_keys_derive(&inv.secret, &k);
	assert_hex(k.client_auth.b, VEC_INVITE_AUTH);
	assert_hex(k.client_auth_pub.b, VEC_INVITE_AUTH_PUB);
	assert_hex(k.psk.b, VEC_INVITE_PSK);
	fixed_unhex(VEC_INVITE_NONCE, nonce.b, sizeof(nonce.b));
	invite_claim_psk(&k.psk, &nonce, &psk);
	assert_hex(psk.b, VEC_INVITE_CLAIM_PSK);
	invite_keys_clear(&k);
	assert_true(sodium_is_zero((uint8_t *)&k, sizeof(k)));
}

static void text_is_strict(void **state)
{
	struct invite inv = some_invite(), back;
	char text[INVITE_TEXT + 3];
	size_t i;

	(void)state;
	invite_encode(&inv, text);
	for (i = 0; i < INVITE_TEXT; i++) {
		char keep = text[i];
		enum err e;

		assert_err(invite_decode(text, i, 0, &back), ERR_SYNTAX);
		/* Another digit: only the checksum can tell. */
		text[i] = keep == 'c' ? 'e' : 'c';
		e = decode(text, &back);
		assert_true(e == ERR_SYNTAX || e == ERR_CORRUPT);
		if (i >= strlen(INVITE_PREFIX) && i < INVITE_TEXT - 1)
			assert_err(e, ERR_CORRUPT);
		/* One letter of the other case, and what is no digit. */
		if (keep >= 'a' && keep <= 'z') {
			text[i] = (char)(keep - 32);
			assert_err(decode(text, &back), ERR_SYNTAX);
		}
		text[i] = '1';
		assert_err(decode(text, &back), ERR_SYNTAX);
		text[i] = '\0';
		assert_err(invite_decode(text, INVITE_TEXT, 0, &back),
			   ERR_SYNTAX);
		text[i] = keep;
	}
	strcpy(text + INVITE_TEXT, "\n");
	assert_err(decode(text, &back), ERR_SYNTAX);
	assert_ok(invite_decode(text, INVITE_TEXT, before_ms, &back));
	assert_err(decode(VEC_ONION_NAME, &back), ERR_SYNTAX);
}

static void every_flipped_bit_is_seen(void **state)
{
	struct invite inv = some_invite(), back;
	uint8_t packed[INVITE_BYTES];
	size_t i;

	(void)state;
	invite_pack(&inv, packed);
	for (i = 0; i < 8 * sizeof(packed); i++) {
		packed[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_err(invite_unpack(packed, &back), ERR_CORRUPT);
		packed[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

static void expiry_is_to_the_minute(void **state)
{
	struct invite inv = some_invite(), back;

	(void)state;
	assert_false(invite_is_expired(&inv, before_ms));
	assert_true(invite_is_expired(&inv, before_ms + 1));
	assert_ok(
	    invite_decode(VEC_INVITE_TEXT, INVITE_TEXT, before_ms, &back));
	assert_err(
	    invite_decode(VEC_INVITE_TEXT, INVITE_TEXT, before_ms + 1, &back),
	    ERR_STATE);
	assert_true(invite_is_expired(&inv, UINT64_MAX));
}

/* An invite with a right checksum and something else wrong. */
static enum err unpack_changed(size_t at, uint8_t value)
{
	struct invite inv = some_invite(), back;
	uint8_t packed[INVITE_BYTES], check[32];

	invite_pack(&inv, packed);
	packed[at] = value;
	crypto_generichash_blake2b_salt_personal(
	    check, sizeof(check), packed, INVITE_BYTES - 4, NULL, 0, NULL,
	    (const uint8_t *)"umbel1.inv.chk\0");
	memcpy(packed + INVITE_BYTES - 4, check, 4);
	return invite_unpack(packed, &back);
}

static void versions_and_flags(void **state)
{
	unsigned v;

	(void)state;
	for (v = 0; v < 256; v++) {
		assert_err(unpack_changed(0, (uint8_t)v),
			   v == 1 ? OK : ERR_VERSION);
		assert_err(unpack_changed(1, (uint8_t)v),
			   v < 16 ? OK : ERR_VERSION);
	}
}

static void bad_onion_key_is_refused(void **state)
{
	struct invite inv = some_invite(), back;
	char text[INVITE_TEXT + 1];

	(void)state;
	memset(inv.onion.b, 0, sizeof(inv.onion.b));
	invite_encode(&inv, text);
	assert_err(decode(text, &back), ERR_AUTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_as_elsewhere),
	    cmocka_unit_test(keys_as_elsewhere),
	    cmocka_unit_test(text_is_strict),
	    cmocka_unit_test(every_flipped_bit_is_seen),
	    cmocka_unit_test(expiry_is_to_the_minute),
	    cmocka_unit_test(versions_and_flags),
	    cmocka_unit_test(bad_onion_key_is_refused),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
