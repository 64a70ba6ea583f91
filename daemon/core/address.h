/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * address - the text of a door's address (PROTOCOL 3.3).
 */
#ifndef CORE_ADDRESS_H
#define CORE_ADDRESS_H

#include "core/onion.h"

#define ADDRESS_PREFIX "umbel:"
#define ADDRESS_TEXT   62 /* prefix and name */

void address_encode(const struct onion_pk *pk,
		    char out[static ADDRESS_TEXT + 1]);
/* The same in upper case, for a QR code's alphanumeric mode. */
void address_encode_upper(const struct onion_pk *pk,
			  char out[static ADDRESS_TEXT + 1]);
/* With or without prefix and ".onion".  ERR_SYNTAX: no address; ERR_CORRUPT:
 * mistyped; ERR_VERSION, ERR_AUTH as in onion_name_decode(). */
enum err address_decode(const char *s, size_t len,
			struct onion_pk *out) MUST_CHECK;

#endif
