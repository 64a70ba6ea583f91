/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_invite - texts that people paste: invites, addresses, onion names.  A
 * text that is taken is the text that would be written, or one of the forms
 * of it that there are.
 */
#include <stdlib.h>
#include <string.h>

#include "core/address.h"
#include "core/invite.h"
#include "core/onion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void invite_text(const char *s, size_t n)
{
	char lower[INVITE_TEXT + 1], upper[INVITE_TEXT + 1];
	struct invite inv;

	if (invite_decode(s, n, 0, &inv) != OK)
		return;
	invite_encode(&inv, lower);
	invite_encode_upper(&inv, upper);
	must(n == INVITE_TEXT);
	must(memcmp(s, lower, n) == 0 || memcmp(s, upper, n) == 0);
}

/* Any 70 bytes with the right checksum. */
static void invite_bytes(const uint8_t *data, size_t n)
{
	uint8_t in[INVITE_BYTES] = {0}, out[INVITE_BYTES];
	struct invite inv = {0};

	memcpy(in, data, n < INVITE_BYTES ? n : INVITE_BYTES);
	inv.flags = in[1];
	memcpy(inv.onion.b, in + 6, sizeof(inv.onion.b));
	memcpy(inv.secret.b, in + 38, sizeof(inv.secret.b));
	invite_pack(&inv, out);
	if (invite_unpack(out, &inv) == OK)
		must(onion_pk_is_usable(&inv.onion));
	if (invite_unpack(in, &inv) == OK) {
		invite_pack(&inv, out);
		must(memcmp(in, out, INVITE_BYTES) == 0);
	}
}

/* The name in it is the one that would be written, in one case. */
static void address(const char *s, size_t n)
{
	static const char prefix[] = ADDRESS_PREFIX;
	char lower[ADDRESS_TEXT + 1], upper[ADDRESS_TEXT + 1];
	size_t skip = sizeof(prefix) - 1;
	struct onion_pk pk;

	if (address_decode(s, n, &pk) != OK)
		return;
	must(onion_pk_is_usable(&pk));
	address_encode(&pk, lower);
	address_encode_upper(&pk, upper);
	must(n >= ONION_NAME && n <= ADDRESS_TEXT + strlen(".onion"));
	if (memcmp(s, lower, skip) == 0 || memcmp(s, upper, skip) == 0) {
		s += skip;
		n -= skip;
	}
	must(memcmp(s, lower + skip, ONION_NAME) == 0 ||
	     memcmp(s, upper + skip, ONION_NAME) == 0);
	must(n == ONION_NAME || n == ONION_NAME + strlen(".onion"));
}

static void name(const char *s, size_t n)
{
	char text[ONION_NAME + 1];
	struct onion_pk pk;
	struct pubkey x;

	if (onion_name_decode(s, n, &pk) != OK)
		return;
	onion_name_encode(&pk, text);
	must(n == ONION_NAME && memcmp(s, text, n) == 0);
	must(onion_to_x25519(&pk, &x) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	invite_text((const char *)data, size);
	invite_bytes(data, size);
	name((const char *)data, size);
	address((const char *)data, size);
	return 0;
}
