/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * seen - what a conversation shows of a message, beside its row, and what
 * waits for messages to come.
 */
#ifndef TESTS_SIM_SEEN_H
#define TESTS_SIM_SEEN_H

#include "core/rows.h"

/* Beside a row. */
struct seen {
	struct uid contact_id, message_id;
	bool is_edited;
	struct bytes text;     /* of the last edit; owned */
	struct emoji emoji[2]; /* by enum message_dir: the contact's, ours */
	enum message_problem problem;
	struct mid mark; /* out, withdrawn: the mid that it had */
	bool is_read;	 /* in: by our user */
	uint64_t expires_ms;
};

struct parked {
	struct change_row change; /* body owned */
	uint64_t parked_ms;
};

struct changes {
	struct seen *seen;
	struct parked *parked;
	size_t seen_count, parked_count;
	uint64_t wall_ms; /* of the present step */
};

/* Copies of bytes, and the end of them. */
struct bytes seen_keep(struct bytes b);
void seen_drop(struct bytes *b);
void changes_clone(struct changes *c);
void changes_free(struct changes *c);

#endif
