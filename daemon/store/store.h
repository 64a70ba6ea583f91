/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store - one user's database: SAVE effects in, rows out.
 *
 * SQLCipher under a key derived from the master key; one connection, WAL,
 * synchronous FULL.  A committed row survives power loss.  Lists for the API
 * are in query.h.  Not thread-safe: one thread at a time.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "core/effect.h"
#include "store/file_limits.h"
#include "store/keyfile.h"

struct store;

/* Once per process, before anything else: ERR_VERSION if the library is no
 * SQLCipher or too old; *what then says which, for a log line. */
enum err store_library_start(const char **what) MUST_CHECK;

/* A new, empty database; ERR_EXISTS, ERR_NO_SPACE, ERR_IO. */
enum err store_create(const char *path, const struct master_key *mk,
		      struct uid user_id) MUST_CHECK;
/* The same, whose first event comes after the one of this number. */
enum err store_create_after(const char *path, const struct master_key *mk,
			    struct uid user_id, uint64_t last_event) MUST_CHECK;
/* ERR_NOT_FOUND, ERR_CORRUPT (damaged, or not this key's file), ERR_VERSION
 * (newer schema), ERR_STATE (another process has it open), ERR_IO. */
enum err store_open(const char *path, const struct master_key *mk,
		    struct uid user_id, struct store **out) MUST_CHECK;
/* Checkpoints and closes; an open transaction is rolled back. */
void store_close(struct store *s);

/* The folder of the blobs (store/blob.h), beside the database; borrowed, and
 * there as long as s. */
const char *store_blobs(const struct store *s);

/* Called with the last descriptor of a large blob that was deleted, which is
 * the callee's: whoever closes it waits while the disk takes the room back, a
 * second for a GiB.  Without it that is done at once. */
typedef void store_drop_fn(void *ctx, int fd);
void store_on_drop(struct store *s, store_drop_fn *fn, void *ctx);

/* In force from then on; file_limits_default() until then. */
void store_set_file_limits(struct store *s, const struct file_limits *limits);
const struct file_limits *store_file_limits(const struct store *s);

struct load_sink {
	void *ctx;
	void (*contact)(void *ctx, const struct contact_row *row);
	void (*invite)(void *ctx, const struct invite_row *row);
	void (*request)(void *ctx, const struct request_row *row);
	void (*self)(void *ctx, const struct self_row *row); /* once, or not */
	/* Those that are OFFERED, RUNNING or PAUSED; NULL: not wanted. */
	void (*file)(void *ctx, const struct file_row *row);
};

/* Everything a node needs at its start, contacts first; rows are valid
 * during the call only and wiped after it. */
enum err store_load(struct store *s, const struct load_sink *sink) MUST_CHECK;

/* begin, any number of apply, commit (durable when it returns OK).  After
 * any error the transaction is rolled back and the node must be loaded anew:
 * ERR_NO_SPACE, ERR_IO (may pass: begin and load open the file again),
 * ERR_CORRUPT (stop this user).  Effects that do not fit what is stored are
 * bugs of the caller: ERR_NOT_FOUND (no such contact), ERR_EXISTS
 * (an id, client_id or own seq is taken), ERR_STATE (not a SAVE effect).
 * What is to be read, changed or erased may be gone already: then nothing
 * happens.  wall_ms is the time of the journal's rows, and of reading. */
enum err store_begin(struct store *s) MUST_CHECK;
enum err store_apply(struct store *s, const struct effect *e,
		     uint64_t wall_ms) MUST_CHECK;
enum err store_commit(struct store *s) MUST_CHECK;
void store_rollback(struct store *s);

/* New messages are found by reading them until a part of the index is made of
 * them: when it is due, call step from time to time, outside transactions,
 * each a few milliseconds.  Errors: as in a query. */
bool store_index_is_due(const struct store *s);
enum err store_index_step(struct store *s) MUST_CHECK;

/* Outgoing messages of a contact from own seq on, in order, until max_count
 * or max_bytes of bodies (one row at least if there is one).  Clear it. */
struct message_list {
	struct message_row *rows; /* bodies owned by the list */
	size_t count;
};
enum err store_fetch(struct store *s, struct uid contact_id, uint64_t from_seq,
		     size_t max_count, size_t max_bytes,
		     struct message_list *out) MUST_CHECK;
void message_list_clear(struct message_list *l);

/* Messages whose time to live is over, then those whose deadline has passed,
 * each the oldest first; next_ms and sweep as in EV_DUE. */
struct due_list {
	struct due_row rows[DUE_MAX];
	size_t count;
	uint64_t next_ms;
	bool sweep;
};
enum err store_due(struct store *s, uint64_t wall_ms,
		   struct due_list *out) MUST_CHECK;

#endif
