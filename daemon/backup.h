/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backup - exports and imports on their way.
 *
 * An export copies the database in the loop, a few pages at a time whenever
 * nothing else is to be done, and writes the archive from that copy in a
 * thread.  An import is a thread's work up to the moment when the user is put
 * in his place.
 */
#ifndef DAEMON_BACKUP_H
#define DAEMON_BACKUP_H

#include "core/rows.h"
#include "store/keyfile.h"
#include "util/buf.h"

struct backups;
struct user;
struct users;

/* adopt puts a user in his place whose files were begun (user_files.h), locked.
 * ERR_EXISTS: the name is taken; ERR_FULL: too many; ERR_NO_SPACE, ERR_IO. */
typedef enum err backup_adopt_fn(struct users *us, const struct keyfile *kf);

struct backups *backups_new(struct users *us, backup_adopt_fn *adopt);
/* The thread is gone. */
void backups_free(struct backups *b);

/* Each ends with the users' done(): what store/backup.h and archive.h say;
 * ERR_CLOSED: it was cancelled, or the user was locked. */
struct export_wish {
	uint64_t ticket;
	const char *path; /* of the archive */
	struct bytes passphrase;
	bool with_files;
};
void backup_export(struct backups *b, struct user *u,
		   const struct export_wish *wish);

struct import_wish {
	uint64_t ticket;
	const char *path;
	struct bytes passphrase; /* of the archive, and then of the user */
	struct uid id;		 /* of the user */
	struct label name;	 /* "": as it was */
};
void backup_import(struct backups *b, const struct import_wish *wish);

/* Unknown tickets are ignored. */
void backup_cancel(struct backups *b, uint64_t ticket);
/* 0 to 100. */
unsigned backup_percent(struct backups *b, uint64_t ticket);
/* His store is about to be closed. */
void backups_stop_user(struct backups *b, struct user *u);
/* All that runs ends soon: before the thread is waited for. */
void backups_cancel_all(struct backups *b);

#endif
