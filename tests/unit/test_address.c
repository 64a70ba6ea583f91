/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The text of an address.
 */
#include "tests/unit/fixed.h"

#include <ctype.h>

#include "core/address.h"
#include "tests/unit/codec_vectors.h"
#include "util/text.h"

static void make(char out[static ADDRESS_TEXT + 1], struct onion_pk *pk)
{
	struct onion_seed seed;

	fixed_bytes(seed.b, sizeof(seed.b), 3);
	onion_public(&seed, pk);
	address_encode(pk, out);
	assert_int_equal(strlen(out), ADDRESS_TEXT);
}

static enum err decode(const char *s)
{
	struct onion_pk pk;

	return address_decode(s, strlen(s), &pk);
}

static void expect(const char *s, const struct onion_pk *want)
{
	struct onion_pk pk;

	assert_ok(address_decode(s, strlen(s), &pk));
	assert_memory_equal(&pk, want, sizeof(pk));
}

/* PROTOCOL 3.3: A reader MUST accept an address with or without "umbel:"
 * before it and ".onion" behind it, in lower case and in upper case, and MUST
 * refuse a mixture. */
static void every_form_is_the_same(void **state)
{
	char text[ADDRESS_TEXT + 1], form[80];
	struct onion_pk pk;
	size_t i, n;

	(void)state;
	fixed_unhex(VEC_ONION_PK, pk.b, sizeof(pk.b));
	expect(VEC_ONION_NAME, &pk);
	make(text, &pk);
	expect(text, &pk);
	expect(text + strlen(ADDRESS_PREFIX), &pk);
	snprintf(form, sizeof(form), "%s.onion", text);
	expect(form, &pk);
	expect(form + strlen(ADDRESS_PREFIX), &pk);
	n = strlen(form);
	for (i = 0; i < n; i++)
		form[i] = (char)toupper((unsigned char)form[i]);
	expect(form, &pk);
	expect(form + strlen(ADDRESS_PREFIX), &pk);
	address_encode_upper(&pk, text);
	assert_memory_equal(text, form, ADDRESS_TEXT);
	expect(text, &pk);
}

/* HOSTILE K-04 */
static void mixtures_are_refused(void **state)
{
	char text[ADDRESS_TEXT + 1], form[80];
	struct onion_pk pk;
	size_t i;

	(void)state;
	make(text, &pk);
	for (i = 0; i < ADDRESS_TEXT; i++) {
		strcpy(form, text);
		form[i] = (char)toupper((unsigned char)form[i]);
		assert_err(decode(form), form[i] == text[i] ? OK : ERR_SYNTAX);
	}
	snprintf(form, sizeof(form), "%s.Onion", text);
	assert_err(decode(form), ERR_SYNTAX);
	snprintf(form, sizeof(form), "%s.ONION", text);
	assert_err(decode(form), ERR_SYNTAX);
}

/* HOSTILE K-04 */
static void nothing_else_is_one(void **state)
{
	static const char *forms[] = {"%s ",
				      " %s",
				      "%s.onion.onion",
				      "%s.",
				      "umbel:%s",
				      "http://%s",
				      "%s=",
				      "%s/",
				      "umbel://%s",
				      "%s.onion:80",
				      "sub.%s.onion",
				      "%s\n",
				      "umbel:invite/%s",
				      "%s.onio"};
	char text[ADDRESS_TEXT + 1], form[100];
	struct onion_pk pk;
	size_t i, n;

	(void)state;
	make(text, &pk);
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		/* A format of this test's own. */
		n = (size_t)(strstr(forms[i], "%s") - forms[i]);
		snprintf(form, sizeof(form), "%.*s%s%s", (int)n, forms[i], text,
			 forms[i] + n + 2);
		assert_err(decode(form), ERR_SYNTAX);
	}
	for (i = 0; i < ADDRESS_TEXT; i++)
		assert_int_not_equal(address_decode(text, i, &pk), OK);
	assert_err(address_decode("", 0, &pk), ERR_SYNTAX);
	assert_err(decode("umbel:"), ERR_SYNTAX);
	assert_err(decode("umbel:.onion"), ERR_SYNTAX);
	assert_err(decode(".onion"), ERR_SYNTAX);
}

/* PROTOCOL 3.3: A reader MUST refuse an address whose checksum, version or
 * key is wrong.  HOSTILE K-03 */
static void what_is_in_it_is_checked(void **state)
{
	char text[ADDRESS_TEXT + 1];
	struct onion_pk pk;
	uint8_t b[35];
	size_t i;

	(void)state;
	make(text, &pk);
	assert_ok(base32_decode(text + 6, 56, b, sizeof(b)));
	b[34] = 2;
	base32_encode(b, sizeof(b), text + 6);
	assert_err(decode(text), ERR_VERSION);
	for (i = 0; i < 34; i++) {
		make(text, &pk);
		assert_ok(base32_decode(text + 6, 56, b, sizeof(b)));
		b[i] ^= 1;
		base32_encode(b, sizeof(b), text + 6);
		assert_err(decode(text), ERR_CORRUPT);
	}
	/* A whole address of a key that is none: the point of order 1. */
	memset(pk.b, 0, sizeof(pk.b));
	pk.b[0] = 1;
	address_encode(&pk, text);
	assert_err(decode(text), ERR_AUTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_form_is_the_same),
	    cmocka_unit_test(mixtures_are_refused),
	    cmocka_unit_test(nothing_else_is_one),
	    cmocka_unit_test(what_is_in_it_is_checked),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
