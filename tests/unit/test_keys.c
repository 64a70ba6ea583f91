/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Derivations, onion keys and names, SHA-3, the stretched entropy.
 */
#include "tests/unit/fixed.h"

#include "core/kdf.h"
#include "core/noise.h"
#include "core/onion.h"
#include "core/rng.h"
#include "core/sha3.h"
#include "tests/unit/codec_vectors.h"

static void link_psks(void **state)
{
	struct psk k, out;

	(void)state;
	fixed_unhex(VEC_K, k.b, sizeof(k.b));
	kdf_link_psk(&k, CLASS_MAIN, &out);
	assert_hex(out.b, VEC_PSK_MAIN);
	kdf_link_psk(&k, CLASS_BULK, &out);
	assert_hex(out.b, VEC_PSK_BULK);
	kdf_link_psk(&k, CLASS_RT, &out);
	assert_hex(out.b, VEC_PSK_RT);
}

static void first_epoch(void **state)
{
	struct nonce32 a, b;
	struct psk k;

	(void)state;
	fixed_unhex(VEC_R_INVITER, a.b, sizeof(a.b));
	fixed_unhex(VEC_R_INVITEE, b.b, sizeof(b.b));
	kdf_epoch0(&a, &b, &k);
	assert_hex(k.b, VEC_K0);
	kdf_epoch0(&b, &a, &k);
	assert_memory_not_equal(k.b, fixed_unhex(VEC_K0, a.b, 32).p, 32);
}

static void next_epoch(void **state)
{
	struct nonce32 a, b;
	struct psk k, next;

	(void)state;
	fixed_unhex(VEC_K, k.b, sizeof(k.b));
	fixed_unhex(VEC_R_INVITER, a.b, sizeof(a.b));
	fixed_unhex(VEC_R_INVITEE, b.b, sizeof(b.b));
	kdf_epoch_next(&k, 5, &a, &b, &next);
	assert_hex(next.b, VEC_K_NEXT);
	kdf_epoch_next(&k, 6, &a, &b, &next);
	assert_memory_not_equal(next.b, fixed_unhex(VEC_K_NEXT, a.b, 32).p, 32);
}

static void safety_number(void **state)
{
	char one[SAFETY_TEXT + 1], two[SAFETY_TEXT + 1];
	struct pubkey a, b;

	(void)state;
	fixed_unhex(VEC_STATIC_LOW, a.b, sizeof(a.b));
	fixed_unhex(VEC_STATIC_HIGH, b.b, sizeof(b.b));
	kdf_safety_number(&a, &b, one);
	kdf_safety_number(&b, &a, two);
	assert_string_equal(one, VEC_SAFETY);
	assert_string_equal(two, one);
}

/* FIPS 202 examples, and all lengths around the block against a second
 * implementation's digest of digests (Python's hashlib). */
static void sha3(void **state)
{
	uint8_t data[300], out[32], all[300 * 32];
	size_t n;

	(void)state;
	sha3_256(bytes_of(NULL, 0), out);
	assert_hex(out, "a7ffc6f8bf1ed76651c14756a061d662"
			"f580ff4de43b49fa82d80a4b80f8434a");
	sha3_256(bytes_of("abc", 3), out);
	assert_hex(out, "3a985da74fe225b2045c172d6bd390bd"
			"855f086e3e9d525b46bfe24511431532");
	for (n = 0; n < sizeof(data); n++)
		data[n] = (uint8_t)n;
	for (n = 0; n < sizeof(data); n++)
		sha3_256(bytes_of(data, n), all + 32 * n);
	sha3_256(bytes_of(all, sizeof(all)), out);
	assert_hex(out, VEC_SHA3_ALL);
}

static void onion_keys(void **state)
{
	struct onion_seed seed;
	struct onion_secret full;
	struct onion_pk pk;
	struct secret x;
	struct pubkey pub, pub2;
	uint8_t sk[64], pk2[32];
	int i;

	(void)state;
	fixed_unhex(VEC_ONION_SEED, seed.b, sizeof(seed.b));
	onion_public(&seed, &pk);
	assert_hex(pk.b, VEC_ONION_PK);
	onion_expand(&seed, &full);
	assert_hex(full.b, VEC_ONION_EXPANDED);
	assert_ok(onion_to_x25519(&pk, &pub));
	assert_hex(pub.b, VEC_ONION_X25519);
	for (i = 0; i < 50; i++) {
		fixed_bytes(seed.b, sizeof(seed.b), (uint64_t)i);
		onion_public(&seed, &pk);
		crypto_sign_ed25519_seed_keypair(pk2, sk, seed.b);
		assert_memory_equal(pk.b, pk2, 32);
		onion_seed_to_x25519(&seed, &x);
		noise_public(&x, &pub2);
		assert_ok(onion_to_x25519(&pk, &pub));
		assert_memory_equal(pub.b, pub2.b, 32);
	}
}

/* The three addresses of tor's rend-spec-v3, section 6. */
static void onion_names(void **state)
{
	static const char *const names[] = {
	    "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd",
	    "sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd",
	    "xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd",
	    VEC_ONION_NAME,
	};
	char text[ONION_NAME + 1];
	struct onion_pk pk;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		assert_ok(onion_name_decode(names[i], ONION_NAME, &pk));
		onion_name_encode(&pk, text);
		assert_string_equal(text, names[i]);
	}
	assert_hex(pk.b, VEC_ONION_PK);
}

static void onion_names_are_strict(void **state)
{
	char text[ONION_NAME + 8] = VEC_ONION_NAME;
	struct onion_pk pk;
	size_t i;

	(void)state;
	assert_err(onion_name_decode(text, ONION_NAME - 1, &pk), ERR_SYNTAX);
	text[ONION_NAME] = 'a';
	assert_err(onion_name_decode(text, ONION_NAME + 1, &pk), ERR_SYNTAX);
	for (i = 0; i < ONION_NAME; i++) {
		char keep = text[i];

		text[i] = keep == 'b' ? 'c' : 'b';
		assert_true(onion_name_decode(text, ONION_NAME, &pk) != OK);
		text[i] = keep == '2' ? '1' : (char)(keep - 32);
		assert_err(onion_name_decode(text, ONION_NAME, &pk),
			   ERR_SYNTAX);
		text[i] = keep;
	}
	text[ONION_NAME - 1] = 'c';
	assert_err(onion_name_decode(text, ONION_NAME, &pk), ERR_VERSION);
	text[ONION_NAME - 1] = 'd';
	assert_ok(onion_name_decode(text, ONION_NAME, &pk));
	text[0] = text[0] == 'b' ? 'c' : 'b';
	assert_err(onion_name_decode(text, ONION_NAME, &pk), ERR_CORRUPT);
}

/* Small order, not on the curve, not canonical, off the main subgroup. */
static void bad_points_are_refused(void **state)
{
	static const char *const bad[] = {
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    "0100000000000000000000000000000000000000000000000000000000000000",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "0200000000000000000000000000000000000000000000000000000000000000",
	    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	char name[ONION_NAME + 1];
	struct onion_pk pk, back;
	struct pubkey x;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		fixed_unhex(bad[i], pk.b, sizeof(pk.b));
		assert_false(onion_pk_is_usable(&pk));
		assert_err(onion_to_x25519(&pk, &x), ERR_AUTH);
		onion_name_encode(&pk, name);
		assert_err(onion_name_decode(name, ONION_NAME, &back),
			   ERR_AUTH);
	}
	/* A good point plus one of order two. */
	fixed_unhex(VEC_ONION_PK, pk.b, sizeof(pk.b));
	assert_true(onion_pk_is_usable(&pk));
	fixed_unhex(bad[2], back.b, sizeof(back.b));
	assert_int_equal(crypto_core_ed25519_add(pk.b, pk.b, back.b), 0);
	assert_false(onion_pk_is_usable(&pk));
}

static void rng_stretches(void **state)
{
	uint8_t entropy[32], one[100], two[100], zeros[8] = {0};
	struct rng a, b;

	(void)state;
	fixed_bytes(entropy, sizeof(entropy), 1);
	rng_init(&a, entropy);
	rng_init(&b, entropy);
	rng_bytes(&a, one, sizeof(one));
	rng_bytes(&b, two, sizeof(two));
	assert_memory_equal(one, two, sizeof(one));
	crypto_stream_chacha20(two, sizeof(two), zeros, entropy);
	assert_memory_equal(one, two, sizeof(one));
	rng_bytes(&a, two, sizeof(two));
	assert_memory_not_equal(one, two, sizeof(one));
	rng_clear(&a);
	assert_true(sodium_is_zero((uint8_t *)&a, sizeof(a)));
}

static void rng_below_is_uniform(void **state)
{
	unsigned hits[7] = {0}, i;
	uint8_t entropy[32];
	struct rng r;

	(void)state;
	fixed_bytes(entropy, sizeof(entropy), 2);
	rng_init(&r, entropy);
	for (i = 0; i < 70000; i++) {
		uint64_t v = rng_below(&r, 7);

		assert_true(v < 7);
		hits[v]++;
	}
	for (i = 0; i < 7; i++)
		assert_in_range(hits[i], 9500, 10500);
	assert_int_equal(rng_below(&r, 1), 0);
	/* Half of all values are thrown away here. */
	for (i = 0; i < 100; i++)
		assert_true(rng_below(&r, (1ULL << 63) + 1) <= 1ULL << 63);
}

static void multiply(const char *k_hex, const char *u_hex, const char *want)
{
	uint8_t k[32], u[32], out[32];

	fixed_unhex(k_hex, k, sizeof(k));
	fixed_unhex(u_hex, u, sizeof(u));
	assert_int_equal(crypto_scalarmult(out, k, u), 0);
	assert_hex(out, want);
}

/* HOSTILE K-01: RFC 7748 5.2, by the library that we were linked with. */
static void x25519_as_published(void **state)
{
	uint8_t k[32] = {9}, u[32] = {9}, out[32];
	int i;

	(void)state;
	multiply("a546e36bf0527c9d3b16154b82465edd"
		 "62144c0ac1fc5a18506a2244ba449ac4",
		 "e6db6867583030db3594c1a424b15f7c"
		 "726624ec26b3353b10a903a6d0ab1c4c",
		 "c3da55379de9c6908e94ea4df28d084f"
		 "32eccf03491c71f754b4075577a28552");
	for (i = 0; i < 1000; i++) {
		assert_int_equal(crypto_scalarmult(out, k, u), 0);
		memcpy(u, k, sizeof(u));
		memcpy(k, out, sizeof(k));
		if (i == 0)
			assert_hex(k, "422c8e7a6227d7bca1350b3e2bb7279f"
				      "7897b87bb6854b783c60e80311ae3079");
	}
	assert_hex(k, "684cf59ba83309552800ef566f2f4d3c"
		      "1c3887c49360e3875f2eb94d99532c51");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(x25519_as_published),
	    cmocka_unit_test(link_psks),
	    cmocka_unit_test(first_epoch),
	    cmocka_unit_test(next_epoch),
	    cmocka_unit_test(safety_number),
	    cmocka_unit_test(sha3),
	    cmocka_unit_test(onion_keys),
	    cmocka_unit_test(onion_names),
	    cmocka_unit_test(onion_names_are_strict),
	    cmocka_unit_test(bad_points_are_refused),
	    cmocka_unit_test(rng_stretches),
	    cmocka_unit_test(rng_below_is_uniform),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
