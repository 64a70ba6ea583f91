/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * user - one user, and what the users need from the application.
 */
#ifndef DAEMON_USER_H
#define DAEMON_USER_H

#include "core/limits.h"
#include "core/types.h"
#include "links.h"
#include "runtime.h"
#include "store/file_limits.h"
#include "store/keyfile.h"
#include "util/list.h"

struct last_event;
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
	bool is_unattended;  /* unlocked by a passphrase_file */
	/* Unlocked: */
	struct runtime *runtime;
	struct links *links;
	struct blobs_user *blobs;
	struct last_event *last_event; /* or NULL */
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
	/* His key is gone, and what was made of what it opened is to go as
	 * well.  NULL: there is nothing. */
	void (*emptied)(void *ctx, struct user *u);
	void (*journal_advanced)(void *ctx, struct user *u);
	void (*presence)(void *ctx, struct user *u, struct uid contact_id,
			 bool online);
	void (*typing)(void *ctx, struct user *u, struct uid contact_id,
		       bool on);
	/* NULL: nobody looks. */
	void (*progress)(void *ctx, struct user *u, struct uid file_id,
			 uint64_t done_bytes, uint64_t bytes_per_s);
	/* A test of a user's own services asks for it, or showed something
	 * else than before.  NULL: nobody looks. */
	void (*new_circuits)(void *ctx);
	void (*reach_changed)(void *ctx, struct user *u);
};

struct users_config {
	struct event_base *base;
	struct worker *worker;	  /* for key derivations and stamps */
	struct worker *disk;	  /* for the bytes of files */
	struct worker *drops;	  /* for the room of deleted ones */
	struct worker *long_work; /* for exports and imports */
	struct links_net *net;
	const char *dir; /* DATA/users, which is there */
	struct kdf_params kdf;
	const struct limits *limits; /* NULL: limits_default() */
	struct file_limits file_limits;
	bool self_test; /* see core/node.h */
};

#endif
