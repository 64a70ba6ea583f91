/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * seen - what a conversation shows of a message, beside its row; what waits
 * for messages to come; and the conversations.
 */
#ifndef TESTS_SIM_SEEN_H
#define TESTS_SIM_SEEN_H

#include "core/commands.h"

/* Beside a row: the i-th of these belongs to the i-th message. */
struct seen {
	struct uid contact_id;
	uint64_t order; /* of all messages that ever came */
	struct mid mid; /* also of one whose row has it no more */
	bool unswept;	/* cleared; the row is not erased yet */
	bool was_mark;
	bool is_edited;
	struct bytes text;     /* of the last edit; owned */
	struct emoji emoji[2]; /* by enum message_dir: the contact's, ours */
	uint64_t emoji_ms[2];
	enum message_problem problem;
	uint64_t delivered_ms, read_ms, edited_ms, expires_ms;
};

struct parked {
	struct change_row change; /* body owned */
	uint64_t parked_ms;
};

/* A conversation. */
struct thread {
	struct uid contact_id;
	uint64_t activity, read_order, last_order; /* of messages */
	uint64_t last_ms;
	uint64_t cleared_order; /* up to there something is unswept; 0: no */
	struct cmd_conversation_set set; /* draft owned */
};

struct changes {
	struct seen *seen;
	struct parked *parked;
	struct thread *threads;
	size_t seen_count, seen_cap, parked_count, thread_count;
	uint64_t order;	       /* of the newest message */
	uint64_t removed_lots; /* left of contacts that are gone */
	uint64_t wall_ms;      /* of the present step */
};

/* Copies of bytes, and the end of them. */
struct bytes seen_keep(struct bytes b);
void seen_drop(struct bytes *b);
void changes_clone(struct changes *c);
void changes_free(struct changes *c);
/* What is cleared or removed is gone here at once, as for everyone who asks;
 * beside that is counted what a store still has to do for it. */
bool changes_has_work(const struct changes *c);
/* FX_SAVE_SWEEP. */
void changes_sweep(struct changes *c);
/* A lot of that conversation. */
void changes_sweep_thread(struct changes *c, struct thread *t);
/* Forgets a contact. */
void changes_forget(struct changes *c, const struct uid *contact_id);

/* Beside a message that was added just now. */
struct seen *seen_add(struct changes *c, const struct message_row *m);
void parked_add(struct changes *c, const struct change_row *row);
void parked_take(struct changes *c, size_t i);
/* NULL: there is none. */
struct thread *thread_find(const struct changes *c,
			   const struct uid *contact_id);
struct thread *thread_add(struct changes *c, const struct uid *contact_id);
/* Whether it changed anything. */
bool thread_set(struct thread *t, const struct cmd_conversation_set *set);

#endif
