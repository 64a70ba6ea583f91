/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * invite - 74 bytes that let one stranger in: as text, and the keys in it.
 *
 * The whole invite is a secret: never logged, wiped after use.
 */
#ifndef CORE_INVITE_H
#define CORE_INVITE_H

#include <stdbool.h>

#include "core/types.h"
#include "util/buf.h"

enum invite_flag {
	INVITE_ASKS = 1,      /* the inviter will be asked first */
	INVITE_MULTI_USE = 2, /* more than one may claim it */
	INVITE_REPLY = 4,     /* answers a knock at a door */
	INVITE_MUST_ZERO = 0xf0,
	/* An invitee may use an invite with these. */
	INVITE_KNOWN = INVITE_ASKS | INVITE_REPLY,
};

struct invite {
	uint8_t flags;
	uint32_t expiry_min; /* minutes since 1970, UTC */
	struct onion_pk onion;
	struct psk secret;
};

/* How long one lives: if its user says nothing, and at most. */
#define INVITE_DEFAULT_MS  ((uint64_t)INVITE_DEFAULT_MIN * 60000)
#define INVITE_LIFE_MAX_MS ((uint64_t)INVITE_LIFE_MAX_MIN * 60000)

#define INVITE_PREFIX "umbel:invite/"
#define INVITE_TEXT   132 /* prefix and 119 digits */

void invite_clear(struct invite *inv);

/* The binary form, checksum included. */
void invite_pack(const struct invite *inv, uint8_t out[static INVITE_BYTES]);
/* ERR_CORRUPT, ERR_VERSION, ERR_AUTH as in invite_decode(); says nothing of
 * the time. */
enum err invite_unpack(const uint8_t in[static INVITE_BYTES],
		       struct invite *out) MUST_CHECK;

void invite_encode(const struct invite *inv, char out[static INVITE_TEXT + 1]);
/* The same in upper case, for a QR code's alphanumeric mode. */
void invite_encode_upper(const struct invite *inv,
			 char out[static INVITE_TEXT + 1]);

/* All lower or all upper case, nothing around it.  ERR_SYNTAX: no invite;
 * ERR_CORRUPT: the checksum does not fit, so it was mistyped or cut;
 * ERR_VERSION: of a version to come, or a flag of INVITE_MUST_ZERO; ERR_AUTH:
 * its onion key is no usable one; ERR_STATE: whole, but expired at now_ms (wall
 * clock). */
enum err invite_decode(const char *s, size_t len, uint64_t now_ms,
		       struct invite *out) MUST_CHECK;
/* Of one that invite_unpack() took: when it is over, wall clock. */
uint64_t invite_expires_ms(const uint8_t in[static INVITE_BYTES]);
bool invite_is_expired(const struct invite *inv, uint64_t now_ms);

struct invite_keys {
	struct secret client_auth; /* opens the invite's onion service */
	struct pubkey client_auth_pub;
	struct psk psk; /* K_psk: Noise psk until the invite is claimed */
};

void invite_keys_derive(const struct psk *secret, struct invite_keys *out);
void invite_keys_clear(struct invite_keys *k);
/* psk', from K_psk and the nonce of the claim. */
void invite_claim_psk(const struct psk *k_psk, const struct nonce32 *nonce,
		      struct psk *out);

#endif
