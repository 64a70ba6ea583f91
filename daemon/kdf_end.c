/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "backup.h"
#include "blobs.h"
#include "decoy.h"
#include "kdf_job.h"
#include "last_event.h"
#include "stamps.h"
#include "user_files.h"
#include "user_ports.h"
#include "users_inside.h"
#include "util/log.h"
#include "util/mem.h"
#include "worker.h"

static const char *failure_of(enum err e)
{
	if (e == ERR_CORRUPT)
		return "the database is damaged";
	if (e == ERR_NOT_FOUND)
		return "the database is missing";
	if (e == ERR_VERSION)
		return "the database was made by a newer Umbel";
	return NULL; /* may pass: try again */
}

static void close_dropped(void *fd)
{
	close((int)(intptr_t)fd);
}

static void on_closed(void *fd)
{
	(void)fd;
}

static void on_drop(void *drops, int fd)
{
	worker_submit(drops, close_dropped, on_closed, (void *)(intptr_t)fd);
}

static void begin_last_event(struct user *u, const struct master_key *mk)
{
	char *path = user_files_last_event(u->all->config.dir, u->kf.user_id);

	u->last_event =
	    last_event_open(path, mk, u->kf.user_id, runtime_store(u->runtime));
	free(path);
}

static enum err open_user(struct user *u, const struct master_key *mk)
{
	char *path = user_files_database(u->all->config.dir, u->kf.user_id);
	struct store *store;
	enum err e;

	e = store_open(path, mk, u->kf.user_id, &store);
	if (e == OK) {
		store_on_drop(store, on_drop, u->all->config.drops);
		e = user_start(u, store);
	}
	if (e == OK)
		begin_last_event(u, mk);
	free(path);
	return e;
}

static enum err finish_create(struct kdf_job *j)
{
	enum err e =
	    j->err == OK ? users_check_new(j->users, j->kf.name.s) : j->err;
	struct master_key *mk;
	struct user *u;

	if (e != OK)
		return e;
	mk = sodium_malloc(sizeof(*mk));
	if (!mk)
		return ERR_FULL;
	randombytes_buf(mk, sizeof(*mk));
	keyfile_wrap(&j->kf, j->key, mk);
	e = user_files_create(j->users->config.dir, &j->kf, mk);
	if (e == OK) {
		u = users_add(j->users, &j->kf);
		e = open_user(u, mk);
		user_set_state(u, e == OK ? USER_UNLOCKED : USER_LOCKED, NULL);
	}
	sodium_free(mk);
	return e;
}

void user_stop(struct user *u)
{
	backups_stop_user(u->all->backups, u);
	stamps_cancel_all(u->all->stamps, u);
	last_event_close(u->last_event);
	u->last_event = NULL;
	links_free(u->links);
	u->links = NULL;
	blobs_remove(u->blobs);
	u->blobs = NULL;
	runtime_free(u->runtime);
	u->runtime = NULL;
}

/* An earlier program's file, in the present form.  If it cannot be written
 * now, then the next time. */
static void renew(struct user *u, const struct wrap_key *wk,
		  const struct opened_key *opened)
{
	struct keyfile next = u->kf;

	if (u->kf.version == KEYFILE_VERSION)
		return;
	keyfile_wrap(&next, wk, &opened->key);
	if (user_files_replace_key(u->all->config.dir, &u->kf, &next) != OK)
		log_warn("a key file could not be brought up to date");
}

/* A decoy's key is the real one from here on. */
static enum err take_decoy(struct user *u, const struct wrap_key *wk,
			   const struct opened_key *opened)
{
	struct keyfile next = u->kf;

	keyfile_wrap(&next, wk, &opened->key);
	user_stop(u);
	return decoy_take_place(u, opened, &next);
}

static enum err open_opened(struct kdf_job *j, const struct opened_key *opened)
{
	struct user *u = j->user;
	enum err e = OK;

	if (opened->role == KEY_DURESS)
		e = take_decoy(u, j->key, opened);
	if (e != OK || u->state == USER_UNLOCKED)
		return e;
	user_stop(u); /* what a broken database left */
	e = open_user(u, &opened->key);
	u->failure = failure_of(e);
	u->is_unattended = j->is_unattended;
	if (e == OK)
		renew(u, j->key, opened);
	return e;
}

static enum err unwrap_and_open(struct kdf_job *j)
{
	struct opened_key *opened = sodium_malloc(sizeof(*opened));
	enum err e;

	if (!opened)
		return ERR_FULL;
	e = keyfile_unwrap(&j->user->kf, j->key, opened);
	if (e == OK)
		e = open_opened(j, opened);
	sodium_free(opened);
	return e;
}

/* The passphrase was changed while this one was being looked at. */
static bool is_stale(const struct kdf_job *j)
{
	return memcmp(j->kf.slots, j->user->kf.slots, sizeof(j->kf.slots)) != 0;
}

/* The key that was derived is that of the present file. */
static bool is_salt_kept(const struct kdf_job *j)
{
	const struct keyfile *now = &j->user->kf;

	return memcmp(j->kf.salt, now->salt, sizeof(now->salt)) == 0 &&
	       keyfile_is_cost_equal(&j->kf.kdf, &now->kdf);
}

static enum err finish_unlock(struct kdf_job *j)
{
	struct user *u = j->user;
	bool was_overtaken = is_stale(j);
	enum err e = j->err;

	if (e == OK && j->locks != u->locks)
		return ERR_STATE; /* and that is what he wants to be */
	if (e == OK && !is_salt_kept(j))
		e = ERR_STATE;
	/* It may open all the same: two who give a duress passphrase at once
	 * are to hear what two with the real one do. */
	if (e == OK)
		e = unwrap_and_open(j);
	if (e == ERR_AUTH && was_overtaken)
		e = ERR_STATE;
	if (e == OK && u->state != USER_UNLOCKED)
		user_set_state(u, USER_UNLOCKED, NULL);
	else if (e != OK && u->failure)
		user_set_state(u, USER_FAILED, u->failure);
	else if (u->state == USER_UNLOCKING)
		user_set_state(u, USER_LOCKED, NULL);
	if (e != OK && j->is_unattended)
		log_warn("passphrase_file: the user it is for stays locked: %s",
			 e == ERR_AUTH ? "it holds another passphrase than his"
				       : err_str(e));
	return e;
}

/* One who is unlocked is so afterwards, with what is there now. */
static enum err change_decoy(struct kdf_job *j)
{
	struct user *u = j->user;
	bool was_unlocked = u->state == USER_UNLOCKED;
	enum err e;

	user_stop(u);
	e = decoy_take_place(u, j->opened, &j->next);
	if (e != OK || !was_unlocked)
		return e;
	e = open_user(u, &j->opened->key);
	user_set_state(u, e == OK ? USER_UNLOCKED : USER_LOCKED, NULL);
	return e;
}

/* Whether the user is locked is all the same: the master key stays. */
static enum err finish_change(struct kdf_job *j)
{
	if (j->err != OK)
		return j->err;
	if (is_stale(j))
		return ERR_STATE;
	/* These may have been changed while the key was derived. */
	j->next.name = j->user->kf.name;
	j->next.auto_lock_minutes = j->user->kf.auto_lock_minutes;
	if (j->opened->role == KEY_DURESS)
		return change_decoy(j);
	return user_files_replace_key(j->users->config.dir, &j->user->kf,
				      &j->next);
}

/* What was asked of him and is on its way will find nobody. */
static void remove_user(struct user *u)
{
	struct users *us = u->all;
	struct list_node *n;

	list_for_each (n, &us->jobs) {
		struct kdf_job *j = list_entry(n, struct kdf_job, node);

		if (j->user == u)
			j->user = NULL;
	}
	list_take(&u->node);
	us->count--;
	us->ports.state_changed(us->ports.ctx, u);
	sodium_memzero(&u->kf, sizeof(u->kf));
	free(u);
}

/* From the first step on nothing leads back: what a crash leaves of the rest
 * is done at the next start. */
static enum err destroy(struct user *u)
{
	const struct user_files_sink sink = {on_drop, u->all->config.drops};
	struct uid id = u->kf.user_id;
	struct users *us = u->all;
	enum err e;

	u->locks++;
	user_stop(u);
	e = user_files_doom(us->config.dir, id);
	if (e != OK) {
		user_set_state(u, USER_LOCKED, NULL);
		return e;
	}
	user_tell_emptied(u);
	u->failure = NULL;
	u->state = USER_LOCKED;
	remove_user(u);
	user_files_remove(us->config.dir, id, &sink);
	return OK;
}

static enum err finish_destroy(struct kdf_job *j)
{
	struct opened_key *opened;
	enum err e = j->err;

	if (e == OK && is_stale(j))
		e = ERR_STATE;
	if (e != OK)
		return e;
	opened = sodium_malloc(sizeof(*opened));
	if (!opened)
		return ERR_FULL;
	/* Under duress as well: nothing is left either way. */
	e = keyfile_unwrap(&j->kf, j->key, opened);
	sodium_free(opened);
	return e == OK ? destroy(j->user) : e;
}

enum err kdf_end(struct kdf_job *j)
{
	if (!j->user && j->kind != KDF_CREATE && j->kind != KDF_NOBODY)
		return ERR_NOT_FOUND;
	switch (j->kind) {
	case KDF_CREATE: return finish_create(j);
	case KDF_UNLOCK: return finish_unlock(j);
	case KDF_NOBODY: return ERR_AUTH;
	case KDF_CHANGE:
	case KDF_DURESS: return finish_change(j);
	case KDF_DESTROY: return finish_destroy(j);
	}
	return ERR_STATE;
}
