/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save - what the files that carry out SAVE effects share.
 *
 * All of it runs inside a transaction; after an error that is rolled back.
 */
#ifndef STORE_SAVE_H
#define STORE_SAVE_H

#include "core/file.h"
#include "store/inside.h"
#include "store/rowio.h"

/* One step of saving: what every part of it needs. */
struct save {
	struct store *store;
	struct db *db;
	const struct effect *fx;
	uint64_t wall_ms;
};

/* The conversation with a contact. */
struct place {
	struct message_place row;
	struct uid conversation_id;
};

/* A message that is there already. */
struct found {
	uint64_t id;
	struct uid uid;
	struct mid mid;
	enum message_dir dir;
	enum message_state state;
	uint64_t seq;
	uint16_t kind;
	uint64_t sent_ms;
	bool hidden; /* or of a history that was cleared */
	bool deleted, withdrawn;
};

/* --- save_journal.c --- */

struct journal_line {
	enum journal_type type;
	const struct uid *object;
	const struct uid *conversation; /* NULL: none */
	uint64_t state;
};
enum err save_journal(struct save *v, struct journal_line line) MUST_CHECK;
/* A line about a message. */
enum err save_journal_message(struct save *v, enum journal_type type,
			      const struct place *p,
			      const struct found *m) MUST_CHECK;

/* --- save.c --- */

/* Something is about to be erased: nothing of it may stay in the log, nor
 * in the file for ever. */
enum err save_note_erasure(struct save *v) MUST_CHECK;
/* ERR_NOT_FOUND: no such contact; place->row.conversation is 0 if there is no
 * conversation yet. */
enum err save_find_place(struct save *v, const struct uid *contact_id,
			 struct place *out) MUST_CHECK;
/* The same, and makes the conversation if there is none. */
enum err save_need_place(struct save *v, const struct uid *contact_id,
			 struct place *out) MUST_CHECK;
/* A statement that gives a FOUND_SELECT, bound: its first row, if any. */
enum err save_take_found(struct stmt *q, struct found *out,
			 bool *is_there) MUST_CHECK;
/* Looks for mid, and for what stands in its place in a row that was erased. */
enum err save_find_mid(struct save *v, uint64_t contact, enum message_dir dir,
		       const struct mid *mid, struct found *out,
		       bool *is_there) MUST_CHECK;

/* --- save_message.c --- */

enum err save_message(struct save *v) MUST_CHECK;
enum err save_state(struct save *v) MUST_CHECK;
enum err save_read(struct save *v) MUST_CHECK;

/* --- save_change.c --- */

enum err save_change(struct save *v) MUST_CHECK;
/* The message is there now: what was done to it before that. */
enum err save_unpark(struct save *v, const struct place *p,
		     const struct found *m) MUST_CHECK;
enum err save_forget_parked(struct save *v) MUST_CHECK;

/* --- save_file.c --- */

enum err save_file(struct save *v) MUST_CHECK;
/* A new one, of which d says what the node does not know: preview and
 * measures. */
enum err save_insert_file(struct save *v, const struct file_desc *d,
			  const struct blob_name *blob) MUST_CHECK;
enum err save_file_delete(struct save *v) MUST_CHECK;
/* Deletes the files that a statement finds by one number (of a message or a
 * contact), and dooms their blobs. */
enum err save_delete_files(struct save *v, enum sql which,
			   uint64_t of) MUST_CHECK;
/* The same for one file by its uid; *was_there. */
enum err save_delete_file(struct save *v, const struct uid *id,
			  bool *was_there) MUST_CHECK;

/* --- save_erase.c --- */

enum err save_erase(struct save *v) MUST_CHECK;
/* One of a history that was cleared; only what was there up to cleared_to
 * is about it. */
enum err save_erase_cleared(struct save *v, uint64_t contact,
			    const struct found *m,
			    uint64_t cleared_to) MUST_CHECK;
/* Leaves of one of ours what a withdrawn one needs; it is not shown. */
enum err save_erase_sent(struct save *v, const struct found *m) MUST_CHECK;
/* Leaves a mark of a message that is shown. */
enum err save_erase_mark(struct save *v, const struct place *p,
			 const struct found *m) MUST_CHECK;
/* What stands for a mid that was wiped: equal ones can still be found, and
 * nothing can be learned from it. */
struct mid save_mark_of(const struct save *v, const struct mid *mid);
/* An incoming message of that mid was here and was erased. */
enum err save_is_gone(struct save *v, uint64_t contact, const struct mid *mid,
		      bool *is_gone) MUST_CHECK;

/* --- save_clear.c --- */

enum err save_erase_all(struct save *v) MUST_CHECK;
enum err save_delete_contact(struct save *v) MUST_CHECK;
enum err save_sweep(struct save *v) MUST_CHECK;

#endif
