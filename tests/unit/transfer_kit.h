/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * transfer_kit - one node, and a puppet that offers it a file or fetches one
 * of its files.
 */
#ifndef TESTS_UNIT_TRANSFER_KIT_H
#define TESTS_UNIT_TRANSFER_KIT_H

#include "core/bulk_frame.h"
#include "tests/sim/disk_files.h"
#include "tests/sim/puppet.h"

enum { SIZE = 5 * 65536 + 100, CHUNKS = 6 };

/* What the puppet offers, or fetches. */
struct kit {
	struct rig *r;
	struct disk *own; /* of the puppet */
	struct file_row row;
	uint32_t offer_s; /* how long it is offered; 0: it does not say */
	struct uid id;	  /* of the file, at the node */
	struct mid mid;
	struct puppet *main; /* their session */
};

int transfer_setup(void **state);
int transfer_teardown(void **state);

/* The node's row of the file. */
const struct file_row *kit_row(struct kit *k);
enum err kit_wish(struct kit *k, enum file_wish w);
/* A BULK link of the puppet's, on which the PING was answered. */
struct puppet *kit_bulk(struct kit *k);

/* --- the node fetches --- */

/* The puppet offers its file. */
void kit_offer(struct kit *k);
/* The same; accepted, a link, and the manifest has come. */
struct puppet *kit_fetching(struct kit *k);
/* What the node asks for next, on that link; false: nothing. */
bool kit_asked(struct puppet *p, struct frame_chunk *at);
/* A piece of the puppet's file, as it goes over the wire; owned. */
struct bytes kit_piece(struct kit *k, uint32_t index);
void kit_say_data(struct kit *k, struct puppet *p, const struct frame_data *d);
/* All of b, as the answer to at; or what it should be. */
void kit_answer(struct kit *k, struct puppet *p, const struct frame_chunk *at,
		struct bytes b);
void kit_answer_right(struct kit *k, struct puppet *p,
		      const struct frame_chunk *at);
void kit_nak(struct kit *k, struct puppet *p, const struct frame_chunk *at,
	     enum nak_reason why);

/* --- the node serves --- */

/* The node offers its file to the puppet. */
void kit_send(struct kit *k);
/* The puppet asks for a piece of it, and the node's disk answers. */
void kit_ask(struct kit *k, struct puppet *p, uint32_t index);
/* Tor has taken everything. */
void kit_drain(struct kit *k, struct puppet *p);
/* How much DATA came, of all that was not looked at. */
size_t kit_data_bytes(struct puppet *p);

#endif
