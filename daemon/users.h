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

#include "core/limits.h"
#include "core/types.h"
#include "links.h"
#include "runtime.h"
#include "store/file_limits.h"
#include "store/keyfile.h"
#include "util/list.h"

struct users;
struct worker;

enum user_state {
	USER_LOCKED,
	USER_UNLOCKING,
	USER_UNLOCKED,
	USER_FAILED,
};

struct user {
	struct list_node node;
	struct users *all;
	struct keyfile kf; /* id, name, time of birth */
	enum user_state state;
	const char *failure; /* a sentence, or NULL */
	unsigned locks;	     /* counts users_lock() */
	/* Unlocked: */
	struct runtime *runtime;
	struct links *links;
	struct blobs_user *blobs;
};

/* What the users need from the application. */
struct users_ports {
	void *ctx;
	/* The end of what was given a ticket.  OK, ERR_AUTH (wrong passphrase),
	 * ERR_CORRUPT, ERR_VERSION, ERR_STATE (open elsewhere, or locked
	 * meanwhile), ERR_EXISTS (the name), ERR_FULL (memory, or too many
	 * users), ERR_NO_SPACE, ERR_IO; for a command what the node said. */
	void (*done)(void *ctx, uint64_t ticket, enum err e);
	void (*state_changed)(void *ctx, struct user *u);
	void (*journal_advanced)(void *ctx, struct user *u);
	void (*presence)(void *ctx, struct user *u, struct uid contact_id,
			 bool online);
	void (*typing)(void *ctx, struct user *u, struct uid contact_id,
		       bool on);
	/* NULL: nobody looks. */
	void (*progress)(void *ctx, struct user *u, struct uid file_id,
			 uint64_t done_bytes, uint64_t bytes_per_s);
};

struct users_config {
	struct event_base *base;
	struct worker *worker; /* for key derivations and stamps */
	struct worker *disk;   /* for the bytes of files */
	struct links_net *net;
	const char *dir; /* DATA/users, which is there */
	struct kdf_params kdf;
	const struct limits *limits; /* NULL: limits_default() */
	struct file_limits file_limits;
};

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
struct user *users_find_name(struct users *us, const char *name);

/* A new user, unlocked when done.  The passphrase is copied and wiped. */
void users_create(struct users *us, uint64_t ticket, struct uid id,
		  const struct label *name, struct bytes passphrase);
/* Unlocks; of an unlocked user only the passphrase is checked. */
void users_unlock(struct user *u, uint64_t ticket, struct bytes passphrase);
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

/* Tells every unlocked user that tor is usable, or not. */
void users_on_transport(struct users *us, bool ready);
void users_on_published(struct users *us, uint64_t service_id);

#endif
