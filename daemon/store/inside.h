/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inside - what the files of the store share and nobody else sees.
 */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "core/effect.h"
#include "store/blob.h"
#include "store/file_limits.h"
#include "store/index_state.h"
#include "store/sql.h"
#include "util/err.h"

struct store {
	struct db *db;
	uint8_t *key;	   /* in locked memory */
	unsigned appended; /* journal rows, since it is open */
	bool erased;	   /* something in this transaction, or in one whose log
			      could not be emptied */
	bool is_ours;	   /* what is open is a store, and this user's */
	char *blobs;	   /* the folder */
	struct file_limits file_limits;
	struct indexing indexing;
	/* Blobs that this transaction leaves without a row. */
	struct blob_name *doomed;
	size_t doomed_count, doomed_room;
	void (*on_drop)(void *ctx, int fd);
	void *drop_ctx;
};

/* The setting that is there while something that was erased may still stand
 * in parts of the file that are not in use. */
#define SETTING_ERASED "erased"

/* save.c: what store_apply() does inside a transaction. */
enum err save_effect(struct store *s, const struct effect *e,
		     uint64_t wall_ms) MUST_CHECK;

/* tidy.c: a blob goes when the transaction is committed, or stays after all.
 * What a crash left of both kinds goes when the store is opened. */
void tidy_doom(struct store *s, const struct blob_name *name);
void tidy_drop_doomed(struct store *s);
void tidy_spare_doomed(struct store *s);
void tidy_at_open(struct store *s);

struct message_info;
/* query_message.c: a row of what MESSAGE_SEEN of sql_message.h selects. */
void query_take_message(struct stmt *q, struct message_info *out);

/* query.c: a statement about one row, with its id bound. */
struct stmt *query_start(struct store *s, enum sql which, const struct uid *id);
/* ERR_NOT_FOUND if there was none. */
enum err query_end(struct stmt *q, bool found) MUST_CHECK;
/* Where a conversation is kept and where it stands in the list. */
enum err query_position(struct store *s, const struct uid *id, uint64_t *row_id,
			uint64_t *activity) MUST_CHECK;

#endif
