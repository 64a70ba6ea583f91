/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * user_files - the folder of the users: where each one's key file and database
 * lie, and how both come to be there whole.
 *
 * dir is DATA/users everywhere.  Opens no database; users.h does.
 */
#ifndef DAEMON_USER_FILES_H
#define DAEMON_USER_FILES_H

#include <stdbool.h>

#include "core/types.h"
#include "store/keyfile.h"

/* For the caller to free. */
char *user_files_database(const char *dir, struct uid id);
char *user_files_last_event(const char *dir, struct uid id);

/* A new user, all or nothing and durable, whose database is empty. */
enum err user_files_create(const char *dir, const struct keyfile *kf,
			   const struct master_key *mk) MUST_CHECK;
/* The same in steps, with which a thread may fill the database in between:
 * begin, then finish or abandon.  Nothing of it is a user before finish. */
enum err user_files_begin(const char *dir, struct uid id,
			  const struct master_key *mk) MUST_CHECK;
char *user_files_new_database(const char *dir, struct uid id);
enum err user_files_finish(const char *dir,
			   const struct keyfile *kf) MUST_CHECK;
void user_files_abandon(const char *dir, struct uid id);
/* Over the key file's very bytes, durably: what only that one held is gone for
 * good.  After OK *kf is next. */
enum err user_files_overwrite_key(const char *dir, struct keyfile *kf,
				  const struct keyfile *next) MUST_CHECK;
/* In the place of the database an empty one of that key, the decoy's, whose
 * events go on after the last one; what blobs there are is put aside, to be
 * swept.  May be done again after any error or crash. */
enum err user_files_start_over(const char *dir, struct uid id,
			       const struct master_key *mk) MUST_CHECK;
/* Removes what was put aside; as long as the disk takes for it. */
void user_files_sweep(const char *dir, struct uid id);
/* Is it the name of a user's folder, and whose? */
bool user_files_is_user(const char *name, struct uid *id);
/* Removes what a crash left: the folder of this name if it is one of a user
 * that was never finished, or that was to go; and in a user's folder half a key
 * file. */
void user_files_tidy(const char *dir, const char *name);

/* What keyfile_read() says; ERR_CORRUPT also for another user's. */
enum err user_files_read_key(const char *dir, struct uid id,
			     struct keyfile *out) MUST_CHECK;
/* Replaces the key file of a user in one piece; durable after OK.  After an
 * error *kf is the one that is in force, which may be either. */
enum err user_files_replace_key(const char *dir, struct keyfile *kf,
				const struct keyfile *next) MUST_CHECK;

/* The end of a user, in two steps.  After the first, which is durable, he is
 * none any more, and the next start would do the second. */
enum err user_files_doom(const char *dir, struct uid id) MUST_CHECK;

/* What takes a large file's last descriptor, and closes it. */
struct user_files_sink {
	void (*drop)(void *ctx, int fd);
	void *ctx;
};
/* Overwrites the key file, then removes all. */
void user_files_remove(const char *dir, struct uid id,
		       const struct user_files_sink *sink);

#endif
