/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kdf - every derivation from keys, and every hash with a label of ours.
 *
 * One primitive, BLAKE2b with the label as its personalisation; the labels
 * keep all uses apart (PROTOCOL 2).
 */
#ifndef CORE_KDF_H
#define CORE_KDF_H

#include "core/types.h"
#include "util/buf.h"

#define LABEL_MAIN	"umbel1.main"
#define LABEL_BULK	"umbel1.bulk"
#define LABEL_RT	"umbel1.rt"
#define LABEL_INV_AUTH	"umbel1.inv.auth"
#define LABEL_INV_PSK	"umbel1.inv.psk"
#define LABEL_INV_CLAIM "umbel1.inv.claim"
#define LABEL_INV_CHECK "umbel1.inv.chk"
#define LABEL_K0	"umbel1.k0"
#define LABEL_CONTENT	"umbel1.content"
#define LABEL_CHAIN	"umbel1.chain"
#define LABEL_SAFETY	"umbel1.safety"
#define LABEL_REKEY	"umbel1.rekey"
#define LABEL_DOOR	"umbel1.door"
#define LABEL_STAMP	"umbel1.stamp"
#define LABEL_LEAF	"umbel1.leaf"
#define LABEL_ROOT	"umbel1.root"
#define LABEL_TEST	"umbel1.test" /* never leaves this machine */

/* KDF(k, label, data) of PROTOCOL 2.1; label at most 16 characters. */
void kdf(const uint8_t k[static 32], const char *label, struct bytes data,
	 uint8_t out[static 32]);
/* BLAKE2b of 16..64 bytes, without a key, of a followed by b. */
void kdf_hash(const char *label, struct bytes a, struct bytes b, uint8_t *out,
	      size_t out_bytes);

/* The Noise psk of a link of this class in the epoch of key k_n. */
void kdf_link_psk(const struct psk *k_n, enum link_class class,
		  struct psk *out);
/* The Noise psk of a door, which is no secret. */
void kdf_door_psk(const struct onion_pk *onion, struct psk *out);
/* The key by which we ourselves open a cell of ours. */
void kdf_test_auth(const struct onion_seed *cell, struct secret *out);
/* K_0 of a new pair, from the r of the inviter's and the invitee's card. */
void kdf_epoch0(const struct nonce32 *r_inviter,
		const struct nonce32 *r_invitee, struct psk *out);

/* K_n+1 from K_n and the r of REKEY_PROP and REKEY_ACK. */
void kdf_epoch_next(const struct psk *k_n, uint64_t n,
		    const struct nonce32 *r_leader,
		    const struct nonce32 *r_follower, struct psk *out);

#define SAFETY_DIGITS 60
#define SAFETY_TEXT   71 /* 12 groups of 5, a space between */
/* The number two people compare; the order of a and b does not matter. */
void kdf_safety_number(const struct pubkey *a, const struct pubkey *b,
		       char out[static SAFETY_TEXT + 1]);

#endif
