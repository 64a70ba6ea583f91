/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * handshake - the two 488-byte messages that open a link.
 *
 * Noise KKpsk0 between contacts, NKpsk0 on an invite or a door; version and
 * features travel inside.  Pure: bytes in, bytes out.  Who is tried in which
 * order, and the silence after a failure, is the link's business.
 */
#ifndef CORE_HANDSHAKE_H
#define CORE_HANDSHAKE_H

#include "core/noise.h"
#include "core/record.h"

enum handshake_kind { HANDSHAKE_LINK, HANDSHAKE_INVITE, HANDSHAKE_DOOR };

/* What one end knows before the first byte.  Borrowed during the call. */
struct handshake_who {
	enum handshake_kind kind;
	enum link_class class;	 /* LINK only */
	struct onion_pk onion;	 /* the responder's */
	const struct secret *s;	 /* own static.  Not LINK: the responder's
				  * onion key as X25519; NULL at the
				  * initiator */
	const struct pubkey *rs; /* LINK: the peer's static; else NULL, it
				  * follows from onion */
	const struct psk *psk;	 /* LINK: kdf_link_psk(); INVITE: K_psk or
				  * the psk of a claim; DOOR: kdf_door_psk() */
};

enum { VERSIONS_MAX = 8 };

/* Payload of message 1.  It can be replayed: nothing may follow from it. */
struct handshake_offer {
	uint8_t versions_count;
	uint8_t versions[VERSIONS_MAX]; /* ascending */
	uint8_t link_nonce[8];
};

/* Payload of message 2. */
struct handshake_answer {
	uint8_t version; /* one of those offered */
	uint64_t features;
	uint8_t difficulty; /* DOOR: bits of work that a knock needs */
};

struct handshake {
	enum handshake_kind kind;
	struct noise noise;
	struct handshake_offer offer;
};

void handshake_clear(struct handshake *hs);

/* Initiator: writes message 1.  e is fresh random bytes.  ERR_AUTH: a key of
 * the peer is no usable one. */
enum err handshake_start(struct handshake *hs, const struct handshake_who *who,
			 const struct handshake_offer *offer,
			 const struct secret *e,
			 uint8_t out[static HANDSHAKE_BYTES]) MUST_CHECK;

/* Responder: tries message 1 against one candidate; the offer is then in
 * hs->offer.  ERR_AUTH: not this one, try the next; ERR_SYNTAX: it is from
 * the one who, but malformed; ERR_RANGE: wrong length word.  After an error
 * hs is cleared and nothing else changed.  memo, zeroed before the first of
 * the trials of one message with the same s and rs, saves the repeated DH
 * (or NULL). */
enum err handshake_accept(struct handshake *hs, const struct handshake_who *who,
			  struct noise_memo *memo,
			  const uint8_t in[static HANDSHAKE_BYTES]) MUST_CHECK;

/* Highest version in the offer that we speak; 0: none, stay silent. */
uint8_t handshake_choose(const struct handshake_offer *offer);

/* Responder: writes message 2, fills the channel, clears hs. */
enum err handshake_answer(struct handshake *hs,
			  const struct handshake_answer *answer,
			  const struct secret *e,
			  uint8_t out[static HANDSHAKE_BYTES],
			  struct record_channel *channel) MUST_CHECK;

/* Initiator: reads message 2, fills the channel, clears hs in any case.
 * ERR_AUTH, ERR_SYNTAX, ERR_RANGE, ERR_VERSION (one that was not offered):
 * end the link. */
enum err handshake_finish(struct handshake *hs,
			  const uint8_t in[static HANDSHAKE_BYTES],
			  struct handshake_answer *answer,
			  struct record_channel *channel) MUST_CHECK;

#endif
