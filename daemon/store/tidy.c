/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tidy - blobs and rows that have lost each other.
 *
 * A blob outlives its row by a moment, never the other way round: it is made
 * after the row, and goes after the commit that deletes it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/inside.h"
#include "util/mem.h"

enum { LARGE_BYTES = 16 << 20, STAT_BLOCK_BYTES = 512 };

void tidy_doom(struct store *s, const struct blob_name *name)
{
	if (s->doomed_count == s->doomed_room) {
		s->doomed_room = s->doomed_room ? 2 * s->doomed_room : 8;
		s->doomed =
		    xrealloc(s->doomed, s->doomed_room * sizeof(*s->doomed));
	}
	s->doomed[s->doomed_count++] = *name;
}

/* What is small goes in no time, and descriptors are few. */
static bool is_large(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       st.st_blocks >= LARGE_BYTES / STAT_BLOCK_BYTES;
}

void tidy_drop_doomed(struct store *s)
{
	size_t i;

	for (i = 0; i < s->doomed_count; i++) {
		int fd = blob_unlink(s->blobs, &s->doomed[i]);

		if (fd < 0)
			continue;
		if (s->on_drop && is_large(fd))
			s->on_drop(s->drop_ctx, fd);
		else
			close(fd);
	}
	s->doomed_count = 0;
}

void tidy_spare_doomed(struct store *s)
{
	s->doomed_count = 0;
}

static void look_at_blob(void *ctx, const struct blob_name *name)
{
	struct store *s = ctx;
	struct stmt *q = db_stmt(s->db, SQL_TIDY_BLOB);
	bool has_row;

	stmt_put_blob(q, name->b, sizeof(name->b));
	if (stmt_has_row(q, &has_row) == OK && !has_row)
		tidy_doom(s, name);
}

/* The next file in that state after *id, if there is one. */
static bool next_file(struct store *s, enum file_state state,
		      enum message_dir dir, uint64_t *id,
		      struct blob_name *blob)
{
	struct stmt *q = db_stmt(s->db, SQL_TIDY_FILES);
	bool row = false;

	stmt_put_u64(q, state);
	stmt_put_u64(q, dir);
	stmt_put_u64(q, *id);
	if (stmt_step(q, &row) == OK && row) {
		*id = stmt_take_u64(q);
		stmt_take_blob(q, blob->b, sizeof(blob->b));
	}
	return stmt_end(q) == OK && row;
}

static void change_lost(struct store *s, enum file_state state,
			enum message_dir dir, enum sql change)
{
	struct blob_name blob;
	uint64_t id = 0;

	while (next_file(s, state, dir, &id, &blob)) {
		struct stmt *q;

		if (blob_exists(s->blobs, &blob))
			continue;
		q = db_stmt(s->db, change);
		stmt_put_u64(q, id);
		if (stmt_run(q) != OK)
			return;
	}
}

/* What cannot be done now is done the next time. */
void tidy_at_open(struct store *s)
{
	if (blob_list(s->blobs, look_at_blob, s) == OK)
		tidy_drop_doomed(s);
	tidy_spare_doomed(s);
	change_lost(s, FILE_UPLOADING, MESSAGE_OUT, SQL_FILE_DELETE);
	change_lost(s, FILE_RUNNING, MESSAGE_IN, SQL_TIDY_HAVE);
	change_lost(s, FILE_PAUSED, MESSAGE_IN, SQL_TIDY_HAVE);
}
