/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * onion - the form of a v3 onion service's name (rend-spec-v3, 6).
 *
 * Names are 56 lower-case base32 characters, without ".onion".  The checksum
 * inside is tor's business and that of whoever read the name first.
 */
#ifndef TOR_ONION_H
#define TOR_ONION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ONION_NAME     56
#define ONION_PK_BYTES 32

/* True for 56 characters that decode, with version 3 at the end; pk, if not
 * NULL, gets the public key. */
bool onion_name_is_valid(const char *name, size_t len,
			 uint8_t pk[ONION_PK_BYTES]);

#endif
