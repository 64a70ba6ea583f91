/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backup - a user's history out of a store into an archive, and back into
 * another store (STORAGE: exports).
 *
 * No relation is in it: no key that a contact knows, no number of a message.
 * A copy that ran beside the original would lose messages and raise alarms.
 * So the contacts of an import are DETACHED.  Both directions block for long:
 * for a thread, which alone has the store meanwhile.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include <stdatomic.h>

#include "store/archive.h"
#include "store/preferences.h"
#include "store/store.h"

/* Between the thread and who waits for it. */
struct backup_watch {
	atomic_uint percent;
	atomic_bool is_cancelled; /* then it ends with ERR_CLOSED */
};

/* Who it is: the first thing in an archive. */
struct backup_user {
	struct label name; /* on the machine */
	uint64_t created_ms;
	bool has_self;
	struct self_row self; /* without the door */
	struct preferences preferences;
};

/* All that s shows (of user only name and created_ms count), and with_files
 * what is here of the files; not finished. ERR_CLOSED, ERR_CORRUPT,
 * ERR_NO_SPACE, ERR_IO. */
enum err export_all(struct store *s, struct archive_writer *w,
		    const struct backup_user *user, bool with_files,
		    struct backup_watch *watch) MUST_CHECK;

/* The beginning of an archive.  ERR_CORRUPT, ERR_SHORT. */
enum err import_user(struct archive_reader *r,
		     struct backup_user *out) MUST_CHECK;
/* The rest, up to its end, into s, which is new.  ERR_CORRUPT: damaged, or not
 * what an export may say; ERR_SHORT, ERR_CLOSED, ERR_NO_SPACE, ERR_IO.  After
 * an error s is of no use. */
enum err import_all(struct store *s, struct archive_reader *r,
		    const struct backup_user *user, uint64_t wall_ms,
		    struct backup_watch *watch) MUST_CHECK;

#endif
