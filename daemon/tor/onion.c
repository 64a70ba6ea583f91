/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/onion.h"

#include <string.h>

#include "util/text.h"

#define ONION_BYTES   35 /* key 32, checksum 2, version 1 */
#define ONION_VERSION 3

bool onion_name_is_valid(const char *name, size_t len,
			 uint8_t pk[ONION_PK_BYTES])
{
	uint8_t raw[ONION_BYTES];

	if (len != ONION_NAME ||
	    base32_decode(name, len, raw, sizeof(raw)) != OK ||
	    raw[ONION_BYTES - 1] != ONION_VERSION)
		return false;
	if (pk)
		memcpy(pk, raw, ONION_PK_BYTES);
	return true;
}
