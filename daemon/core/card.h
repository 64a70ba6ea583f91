/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * card - what two people who pair tell each other: keys, cell, name.
 *
 * Bodies of the CARD and CLAIM frames.  Everything in a card is made for one
 * pair and used nowhere else.
 */
#ifndef CORE_CARD_H
#define CORE_CARD_H

#include "core/wire.h"

struct card {
	struct pubkey static_key;
	struct pubkey client_auth; /* lets its owner in to the peer's cell */
	struct onion_pk cell;	   /* where its owner is reached */
	struct nonce32 r;	   /* share of K_0 */
	uint64_t features;
	char name[NAME_MAX_BYTES + 1]; /* UTF-8 label, may be empty */
};

struct claim {
	struct nonce32 nonce; /* binds the invite to who sent it */
	struct card card;
	char greeting[GREETING_MAX_BYTES + 1]; /* UTF-8 text, may be empty */
};

enum { CARD_BYTES_MAX = 4 * 34 + 10 + 2 + NAME_MAX_BYTES };
enum { CLAIM_BYTES_MAX = 34 + 4 + CARD_BYTES_MAX + 4 + GREETING_MAX_BYTES };

void card_write(struct wire_writer *w, const struct card *c);
/* ERR_AUTH for a key that is no usable one; ERR_SYNTAX, ERR_RANGE,
 * ERR_NOT_FOUND as in tlv_read(). */
enum err card_read(struct bytes in, struct card *c) MUST_CHECK;

void claim_write(struct wire_writer *w, const struct claim *c);
enum err claim_read(struct bytes in, struct claim *c) MUST_CHECK;

#endif
