/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * disk - what one user's store holds, kept in memory for the simulator.
 *
 * Carries out SAVE effects by the rules of effect.h, and refuses (aborts at)
 * what the real store's constraints refuse.
 */
#ifndef TESTS_SIM_DISK_H
#define TESTS_SIM_DISK_H

#include "core/effect.h"
#include "core/node.h"
#include "tests/sim/seen.h"

struct disk {
	struct contact_row *contacts;
	struct invite_row *invites;
	struct request_row *requests;
	bool has_self;
	struct file_row *files; /* have owned */
	struct blob *blobs;	/* disk_files.h */
	size_t file_count, blob_count;
	uint64_t room; /* bytes for more files */
	struct self_row self;
	struct message_row *messages; /* in order of arrival; bodies owned */
	size_t contact_count, invite_count, request_count, message_count;
	size_t message_cap;
	struct changes changes;
	unsigned journal[JOURNAL_FILE_STATE + 1]; /* entries, by type */
	unsigned skipped; /* incoming messages whose mid was known */
};

struct disk *disk_new(void);
/* What a real disk would hold, and a test need not: all messages. */
void disk_empty(struct disk *d);
struct disk *disk_clone(const struct disk *d);
void disk_free(struct disk *d);
void disk_apply(struct disk *d, const struct effect *e);
/* Its part about rows that are saved whole; whether there was one to
 * delete. */
bool disk_apply_row(struct disk *d, const struct effect *e);
void disk_load(const struct disk *d, struct node *n);
/* Whether the node has in memory what disk_load() would give it. */
bool disk_equals(const struct disk *d, const struct node *n);

struct contact_row *disk_contact(const struct disk *d, const struct uid *id);
/* Messages of one direction, in order of arrival: the i-th, or NULL. */
const struct message_row *disk_message(const struct disk *d,
				       const struct uid *contact_id,
				       enum message_dir dir, size_t i);
const struct message_row *disk_by_mid(const struct disk *d,
				      const struct uid *contact_id,
				      enum message_dir dir,
				      const struct mid *mid);
size_t disk_count(const struct disk *d, const struct uid *contact_id,
		  enum message_dir dir);

/* --- files (disk_files.c) --- */

/* Those of a message, or (NULL) of a contact. */
void disk_files_drop(struct disk *d, const struct uid *contact_id,
		     const struct uid *message_id);
void disk_files_clone(struct disk *d);
void disk_files_free(struct disk *d);
size_t disk_files_live(const struct disk *d);
bool disk_file_equals(const struct disk *d, const struct file_row *row);
/* A row with its fid was there before. */
bool disk_file_is_skipped(const struct disk *d, const struct file_row *row);

#endif
