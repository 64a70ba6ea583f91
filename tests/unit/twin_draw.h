/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * twin_draw - SAVE effects at random, such as a node might ask for.
 *
 * They fit what is stored as far as a node sees to it (numbers without a
 * gap, ids used once); whatever it does not see to is drawn from all that
 * there ever was, and from what never was.
 */
#ifndef TESTS_UNIT_TWIN_DRAW_H
#define TESTS_UNIT_TWIN_DRAW_H

#include "core/effect.h"
#include "core/file.h"
#include "core/message.h"
#include "core/rng.h"

enum { TWIN_CONTACTS = 3, TWIN_BODY_MAX = 48 };

struct draw {
	struct rng rng;
	uint64_t wall_ms;
	uint32_t ids; /* how many there are */
	struct draw_contact {
		bool exists;
		uint64_t sent, received;
		uint32_t mids; /* numbers of mids so far, either way */
		uint32_t first_id;
	} contacts[TWIN_CONTACTS];
	size_t talker; /* many messages of one contact, and then the end */
	unsigned burst;
	char body[TWIN_BODY_MAX]; /* what the present effect borrows */
	uint8_t descriptor[FILE_DESC_BYTES_MAX];
	uint8_t have[1];
	/* Of the file whose message was the effect before this. */
	bool has_offer;
	struct file_row offer;
	uint32_t files; /* ids so far */
};

void draw_start(struct draw *d, uint64_t seed);
uint64_t draw_below(struct draw *d, uint64_t n);
struct uid draw_contact_id(size_t i);
struct uid draw_conversation_id(size_t i);
/* The next effect; false: this time there is none. */
bool draw_effect(struct draw *d, struct effect *e);
/* Something else that becomes of a file that is not over. */
void draw_file_change(struct draw *d, const struct file_row *row,
		      struct effect *e);

#endif
