/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * types - the values of the protocol, and its limits.
 *
 * Each kind of value is a struct of its own, so that a key can never be
 * passed where a nonce belongs.  Plain values: copied, compared whole.
 */
#ifndef CORE_TYPES_H
#define CORE_TYPES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* X25519 public key. */
struct pubkey {
	uint8_t b[32];
};

/* X25519 private key.  Secret: wipe it. */
struct secret {
	uint8_t b[32];
};

/* Symmetric secret: epoch key K_n, invite secret, Noise psk.  Wipe it. */
struct psk {
	uint8_t b[32];
};

/* Ed25519 public key of an onion service. */
struct onion_pk {
	uint8_t b[32];
};

/* What an onion service's key pair is made from.  Secret: wipe it. */
struct onion_seed {
	uint8_t b[32];
};

/* 32 random bytes that are sent to a peer: a claim's nonce, a card's r. */
struct nonce32 {
	uint8_t b[32];
};

/* Our own name for a contact, message, ...; text form in util/text.h. */
struct uid {
	uint8_t b[16];
};

static inline bool uid_is_equal(const struct uid *a, const struct uid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static inline bool uid_is_zero(const struct uid *id)
{
	static const struct uid zero = {{0}};

	return uid_is_equal(id, &zero);
}

/* A message's random id, the same at both ends. */
struct mid {
	uint8_t b[16];
};

/* Hash over all content sent so far in one direction (PROTOCOL 6.2). */
struct chain {
	uint8_t b[16];
};

static inline bool chain_is_equal(const struct chain *a, const struct chain *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* BLAKE2b-256. */
struct hash32 {
	uint8_t b[32];
};

/* What a link carries; the value stands in the handshake's prologue. */
enum link_class {
	CLASS_MAIN = 1,
	CLASS_BULK = 2,
	CLASS_RT = 3,
};

/* Limits that both ends agree on (PROTOCOL 1.3). */
enum {
	PROTOCOL_VERSION = 1,
	HANDSHAKE_BYTES = 488,
	RECORD_PLAIN_MIN = 470,
	RECORD_PLAIN_MAX = 15598,
	RECORD_WIRE_MAX = 15616,
	RECORD_REKEY = 1024,
	MESSAGE_BYTES_MAX = 15500, /* one record TLV inside a MSG */
	TEXT_MAX = 8192,
	NAME_MAX_BYTES = 64,
	GREETING_MAX_BYTES = 500,
	STATUS_MAX_BYTES = 200,
	EMOJI_MAX_BYTES = 32,
	DIFFICULTY_MAX = 32,   /* bits of work that a door may ask for */
	KNOCK_PLAIN_MAX = 958, /* of the record with a KNOCK */
	TTL_MIN_S = 5,	       /* of a message that disappears */
	TTL_MAX_S = 366 * 24 * 3600,
	INVITE_BYTES = 74,
	WINDOW = 256, /* messages sent and not acknowledged */
	TLV_FIELDS_MAX = 64,
	RANGES_MAX = 8,
	HANDSHAKE_TRIALS_MAX = 6,
	PARKED_MAX = 1000, /* changes of one contact to messages not known */
	FILE_NAME_MAX_BYTES = 255,
	MEDIA_TYPE_MAX_BYTES = 64,
	PREVIEW_MAX_BYTES = 5120,
	CAPTION_MAX_BYTES = 2000,
	DESCRIPTOR_MAX_BYTES = TEXT_MAX, /* it is the body of a message */
	CHUNK_LOG2_MIN = 16,		 /* of the size of a file's chunks */
	CHUNK_LOG2_USUAL = 18,		 /* what we choose if that is enough */
	CHUNK_LOG2_MAX = 22,
	CHUNKS_MAX = 16384, /* of one file */
	CHUNK_TAG_BYTES = 16,
	LEAF_BYTES = 32,
};
#define FILE_SIZE_MAX (UINT64_C(1) << 36)

/* Times (PROTOCOL 1.3). */
enum {
	HANDSHAKE_TIMEOUT_MS = 30 * 1000,
	SILENT_CLOSE_MIN_MS = 30 * 1000,
	SILENT_CLOSE_MAX_MS = 90 * 1000,
	PING_MIN_MS = 60 * 1000,
	PING_MAX_MS = 120 * 1000,
	LINK_DEAD_MS = 180 * 1000,
	SESSION_MAX_MS = 12 * 3600 * 1000,
	REKEY_AGE_MS = 6 * 3600 * 1000,
	CHANGE_AGE_MAX_MS = 7 * 24 * 3600 * 1000, /* to edit or delete */
};
#define PARKED_AGE_MAX_MS (UINT64_C(30) * 24 * 3600 * 1000)

/* Counts of things one user may have open. */
enum {
	CELLS_MAX = 64,
	DUE_MAX = 64,	/* rows of one EV_DUE */
	SWEEP_MAX = 64, /* rows that one FX_SAVE_SWEEP erases */
	INVITES_MAX = 16,
	INVITE_DEFAULT_MIN = 7 * 24 * 60, /* minutes */
	INVITE_LIFE_MAX_MIN = 30 * 24 * 60,
	REQUESTS_IN_MAX = 100, /* knocks and introductions, each */
	NOTE_MAX_BYTES = 500,  /* ours about a contact */
	DIFFICULTY_DEFAULT = 20,
	DIFFICULTY_RISE = 8, /* a door that is full asks so much more */
	KNOCK_BITS_MAX = 28, /* more work we do not do for a knock */
};

#endif
