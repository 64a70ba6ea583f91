/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * onion - keys and names of v3 onion services (tor's rend-spec-v3).
 */
#ifndef CORE_ONION_H
#define CORE_ONION_H

#include <stdbool.h>

#include "core/types.h"
#include "util/buf.h"

/* The expanded key of ADD_ONION ED25519-V3, before base64.  Wipe it. */
struct onion_secret {
	uint8_t b[64];
};

void onion_public(const struct onion_seed *seed, struct onion_pk *out);
void onion_expand(const struct onion_seed *seed, struct onion_secret *out);

#define ONION_NAME 56
/* The name without ".onion". */
void onion_name_encode(const struct onion_pk *pk,
		       char out[static ONION_NAME + 1]);
/* Lower case only.  ERR_SYNTAX; ERR_CORRUPT: checksum; ERR_VERSION: not 3;
 * ERR_AUTH: no usable key. */
enum err onion_name_decode(const char *s, size_t len,
			   struct onion_pk *out) MUST_CHECK;

/* On the curve, canonical, in the main subgroup. */
bool onion_pk_is_usable(const struct onion_pk *pk);
/* The same key pair for X25519: the public half (ERR_AUTH for a key that is
 * not usable) and the private half. */
enum err onion_to_x25519(const struct onion_pk *pk,
			 struct pubkey *out) MUST_CHECK;
void onion_seed_to_x25519(const struct onion_seed *seed, struct secret *out);

#endif
