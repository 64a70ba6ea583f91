/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * noise - the Noise Protocol Framework, suite 25519_ChaChaPoly_BLAKE2b.
 *
 * A pattern is a table of tokens that one engine walks.  Knows nothing of
 * what its payloads mean; handshake.c and record.c do.  Ephemeral keys are
 * arguments, so that equal input gives equal bytes.
 */
#ifndef CORE_NOISE_H
#define CORE_NOISE_H

#include <stdbool.h>

#include "core/types.h"
#include "core/wire.h"
#include "util/buf.h"

enum noise_token {
	NOISE_END, /* of a message */
	NOISE_E,
	NOISE_S,
	NOISE_EE,
	NOISE_ES,
	NOISE_SE,
	NOISE_SS,
	NOISE_PSK,
};

enum {
	NOISE_MESSAGES_MAX = 4,
	NOISE_TOKENS_MAX = 8, /* of one message, NOISE_END included */
	NOISE_HASH_BYTES = 64,
	NOISE_TAG_BYTES = 16,
};

struct noise_pattern {
	const char *protocol; /* Noise_..._25519_ChaChaPoly_BLAKE2b */
	bool pre_s;	      /* pre-message: the initiator's static */
	bool pre_rs;	      /* and the responder's */
	bool has_psk;
	uint8_t message_count;
	uint8_t messages[NOISE_MESSAGES_MAX][NOISE_TOKENS_MAX];
};

extern const struct noise_pattern noise_kkpsk0; /* contact links */
extern const struct noise_pattern noise_nkpsk0; /* invites */
extern const struct noise_pattern noise_kpsk0;	/* sealed mail */

struct noise_cipher {
	uint8_t k[32];
	uint64_t n; /* messages so far with any k of this cipher */
	bool has_key;
};

/* DH results of one opening message, shared by trials that differ in psk or
 * prologue only.  Zero it before the first, noise_memo_clear() at the end. */
struct noise_memo {
	bool has[4];
	uint8_t dh[4][32];
};

void noise_memo_clear(struct noise_memo *m);

/* Borrowed for noise_init() (memo: as long as the handshake reads its first
 * message); NULL for what the pattern does not use. */
struct noise_keys {
	const struct secret *s;
	const struct pubkey *rs;
	const struct psk *psk;
	struct noise_memo *memo;
};

struct noise {
	const struct noise_pattern *pattern;
	struct noise_memo *memo;
	uint8_t ck[NOISE_HASH_BYTES], h[NOISE_HASH_BYTES];
	struct noise_cipher cipher;
	struct secret s, e;
	struct pubkey s_pub, e_pub, rs, re;
	struct psk psk;
	uint8_t next; /* message to come */
	bool initiator, has_s, has_rs;
};

void noise_init(struct noise *ns, const struct noise_pattern *pattern,
		bool initiator, struct bytes prologue,
		const struct noise_keys *keys);
/* Wipes everything; harmless on a cleared one. */
void noise_clear(struct noise *ns);

/* Appends the next message to out (which has the room).  e is the fresh
 * ephemeral private key (NULL if the message has none).  ERR_AUTH if a peer's
 * key gives a zero DH result; ERR_STATE if it is not our turn.  After an error
 * clear ns. */
enum err noise_write(struct noise *ns, const struct secret *e,
		     struct bytes payload, struct wire_writer *out) MUST_CHECK;
/* Reads the next message whole and appends its payload to out, which has
 * room for message.n bytes.  ERR_SHORT, ERR_AUTH, ERR_STATE.  After an error
 * clear ns; out is as it was. */
enum err noise_read(struct noise *ns, struct bytes message,
		    struct wire_writer *out) MUST_CHECK;

bool noise_is_done(const struct noise *ns);
/* The two transport ciphers; ns->h is the channel binding.  Done only. */
void noise_split(const struct noise *ns, struct noise_cipher *send,
		 struct noise_cipher *recv);

/* out has n + 16 bytes; may be the input. */
void noise_seal(struct noise_cipher *c, struct bytes ad, struct bytes plain,
		uint8_t *out);
/* out has n - 16 bytes, zeros after an error; may be the input.  ERR_SHORT,
 * ERR_AUTH; then c->n has not moved. */
enum err noise_open(struct noise_cipher *c, struct bytes ad,
		    struct bytes sealed, uint8_t *out) MUST_CHECK;
void noise_rekey(struct noise_cipher *c);

void noise_public(const struct secret *s, struct pubkey *out);
/* False for the points whose DH result is zero. */
bool noise_pubkey_is_usable(const struct pubkey *p);

#endif
