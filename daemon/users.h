/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * users - every user of this daemon, locked or not.
 *
 * Finds them in DATA/users/usr_ID/{key,user.db}, makes new ones, unlocks and
 * locks them.  Deriving a key runs in the worker; all else in the loop.  An
 * unlocked user has a runtime and links; locking frees both, and his keys
 * with them.
 */
#ifndef DAEMON_USERS_H
#define DAEMON_USERS_H

#include "user.h"

struct tally;

/* Reads the folder; a user whose key file is bad is there as FAILED. */
enum err users_new(const struct users_config *config,
		   const struct users_ports *ports,
		   struct users **out) MUST_CHECK;
/* Locks everyone first.  The workers must be gone. */
void users_free(struct users *us);

/* The first or the next one, by age; NULL at the end. */
struct user *users_first(struct users *us);
struct user *user_next(struct user *u);
struct user *users_find(struct users *us, struct uid id);
/* Exports and imports, backup.h. */
struct backups *users_backups(struct users *us);
struct user *users_find_name(struct users *us, const char *name);
/* By name, or by the text of his id. */
struct user *users_find_word(struct users *us, const char *word);

/* A new user, unlocked when done.  The passphrase is copied and wiped. */
void users_create(struct users *us, uint64_t ticket, struct uid id,
		  const struct label *name, struct bytes passphrase);
/* Unlocks; of an unlocked user only the passphrase is checked. */
void users_unlock(struct user *u, uint64_t ticket, struct bytes passphrase);
/* The same with a passphrase that a file holds: the general time after which
 * an unused user is locked does not count for him. */
void users_unlock_unattended(struct user *u, struct bytes passphrase);
/* For a user that is not there: takes as long, and ends with ERR_AUTH, so that
 * nobody learns who is there. */
void users_unlock_nobody(struct users *us, uint64_t ticket,
			 struct bytes passphrase);
void users_lock(struct user *u);
/* Gives the user another passphrase if old is right; he may be locked or
 * unlocked, and stays so whatever else is asked of him meanwhile.  Of two
 * changes at once, and of an unlock that a change overtakes, the one that is
 * done last ends with ERR_STATE.  After an error the old one is in force; only
 * after ERR_IO it may be the new one. */
void users_change_passphrase(struct user *u, uint64_t ticket, struct bytes old,
			     struct bytes fresh);

/* If the passphrase is right: the user's key is destroyed, then all that was
 * his, and u is gone.  After an error he is there, and locked if the
 * passphrase was right. */
void users_destroy(struct user *u, uint64_t ticket, struct bytes passphrase);

/* Sets the duress passphrase, or removes it (p == NULL), if passphrase is
 * right; ends as a change of the passphrase does.  ERR_EXISTS: the two are the
 * same.  Whoever gives a duress passphrase, here or there or to unlock, gets
 * an empty user in the place of the real one. */
void users_set_duress(struct user *u, uint64_t ticket, struct bytes passphrase,
		      struct bytes duress);
/* What can be changed without a passphrase, durably; NULL: stays.  ERR_EXISTS:
 * the name is taken; ERR_STATE: the key file is of an earlier program, unlock
 * the user once; ERR_CORRUPT, ERR_NO_SPACE, ERR_IO. */
enum err users_patch(struct user *u, const struct label *name,
		     const uint32_t *auto_lock_minutes) MUST_CHECK;

/* Others than those of users_config, whose limits have been changed where they
 * are; for all users, from now on. */
void users_set_limits(struct users *us, const struct kdf_params *kdf,
		      const struct file_limits *files);
/* Tells every unlocked user that tor is usable, or not. */
void users_on_transport(struct users *us, bool ready);
/* Cuts every link of everybody; they dial again, each in its time. */
void users_cut_links(struct users *us);
/* What was open may be dead, what was true may not be so any more. */
void users_on_wake(struct users *us);
void users_on_published(struct users *us, uint64_t service_id);

/* What all have done; borrowed. */
const struct tally *users_tally(const struct users *us);

#endif
