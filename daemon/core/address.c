/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/address.h"

#include <string.h>

#define SUFFIX ".onion"

enum {
	PREFIX_BYTES = sizeof(ADDRESS_PREFIX) - 1,
	SUFFIX_BYTES = sizeof(SUFFIX) - 1,
	LEN_MAX = ADDRESS_TEXT + SUFFIX_BYTES,
};

void address_encode(const struct onion_pk *pk,
		    char out[static ADDRESS_TEXT + 1])
{
	memcpy(out, ADDRESS_PREFIX, PREFIX_BYTES);
	onion_name_encode(pk, out + PREFIX_BYTES);
}

void address_encode_upper(const struct onion_pk *pk,
			  char out[static ADDRESS_TEXT + 1])
{
	address_encode(pk, out);
	for (size_t i = 0; i < ADDRESS_TEXT; i++)
		if (out[i] >= 'a' && out[i] <= 'z')
			out[i] = (char)(out[i] - 'a' + 'A');
}

/* In lower case; false for a mixture. */
static bool fold(const char *s, size_t len, char *out)
{
	bool has_lower = false, has_upper = false;

	for (size_t i = 0; i < len; i++) {
		bool is_upper = s[i] >= 'A' && s[i] <= 'Z';

		has_upper |= is_upper;
		has_lower |= s[i] >= 'a' && s[i] <= 'z';
		out[i] = (char)(is_upper ? s[i] - 'A' + 'a' : s[i]);
	}
	return !(has_lower && has_upper);
}

/* PROTOCOL 3.3: A reader MUST accept an address with or without "umbel:"
 * before it and ".onion" behind it, in lower case and in upper case, and MUST
 * refuse a mixture. */
enum err address_decode(const char *s, size_t len, struct onion_pk *out)
{
	char text[LEN_MAX];
	size_t from = 0;

	if (len > LEN_MAX || !fold(s, len, text))
		return ERR_SYNTAX;
	if (len > PREFIX_BYTES &&
	    memcmp(text, ADDRESS_PREFIX, PREFIX_BYTES) == 0)
		from = PREFIX_BYTES;
	if (len - from > SUFFIX_BYTES &&
	    memcmp(text + len - SUFFIX_BYTES, SUFFIX, SUFFIX_BYTES) == 0)
		len -= SUFFIX_BYTES;
	return onion_name_decode(text + from, len - from, out);
}
