/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "users.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "backup.h"
#include "blobs.h"
#include "kdf_job.h"
#include "stamps.h"
#include "user_files.h"
#include "user_ports.h"
#include "users_inside.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "worker.h"

#define USERS_MAX 64

static void done(struct users *us, uint64_t ticket, enum err e)
{
	us->ports.done(us->ports.ctx, ticket, e);
}

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
	free(path);
	return e;
}

static struct user *user_at(struct users *us, struct list_node *n)
{
	return n == &us->list.head ? NULL : list_entry(n, struct user, node);
}

struct user *users_first(struct users *us)
{
	return user_at(us, us->list.head.next);
}

struct user *user_next(struct user *u)
{
	return user_at(u->all, u->node.next);
}

struct user *users_find(struct users *us, struct uid id)
{
	struct user *u;

	for (u = users_first(us); u; u = user_next(u))
		if (memcmp(&u->kf.user_id, &id, sizeof(id)) == 0)
			return u;
	return NULL;
}

struct user *users_find_name(struct users *us, const char *name)
{
	struct user *u;

	for (u = users_first(us); u; u = user_next(u))
		if (strcmp(u->kf.name.s, name) == 0)
			return u;
	return NULL;
}

static struct user *add_user(struct users *us, const struct keyfile *kf)
{
	struct user *u = xcalloc(1, sizeof(*u));

	u->all = us;
	u->kf = *kf;
	list_put_last(&us->list, &u->node);
	us->count++;
	return u;
}

/* Others may have been on their way at the same time. */
static enum err check_new(struct users *us, const char *name)
{
	if (us->count >= USERS_MAX)
		return ERR_FULL;
	return users_find_name(us, name) ? ERR_EXISTS : OK;
}

static enum err finish_create(struct kdf_job *j)
{
	enum err e = j->err == OK ? check_new(j->users, j->kf.name.s) : j->err;
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
		u = add_user(j->users, &j->kf);
		e = open_user(u, mk);
		user_set_state(u, e == OK ? USER_UNLOCKED : USER_LOCKED, NULL);
	}
	sodium_free(mk);
	return e;
}

struct backups *users_backups(struct users *us)
{
	return us->backups;
}

static enum err adopt(struct users *us, const struct keyfile *kf)
{
	enum err e = check_new(us, kf->name.s);

	if (e == OK)
		e = user_files_finish(us->config.dir, kf);
	if (e == OK)
		user_set_state(add_user(us, kf), USER_LOCKED, NULL);
	return e;
}

static void stop(struct user *u)
{
	backups_stop_user(u->all->backups, u);
	stamps_cancel_all(u->all->stamps, u);
	links_free(u->links);
	u->links = NULL;
	blobs_remove(u->blobs);
	u->blobs = NULL;
	runtime_free(u->runtime);
	u->runtime = NULL;
}

static enum err unwrap_and_open(struct kdf_job *j)
{
	struct user *u = j->user;
	struct master_key *mk = sodium_malloc(sizeof(*mk));
	enum err e;

	if (!mk)
		return ERR_FULL;
	e = keyfile_unwrap(&j->kf, j->key, mk);
	if (e == OK && u->state != USER_UNLOCKED) {
		stop(u); /* what a broken database left */
		e = open_user(u, mk);
		u->failure = failure_of(e);
	}
	sodium_free(mk);
	return e;
}

/* The passphrase was changed while this one was being looked at. */
static bool is_stale(const struct kdf_job *j)
{
	return memcmp(j->kf.nonce, j->user->kf.nonce, sizeof(j->kf.nonce)) != 0;
}

static enum err finish_unlock(struct kdf_job *j)
{
	struct user *u = j->user;
	enum err e = j->err;

	if (e == OK && j->locks != u->locks)
		return ERR_STATE; /* and that is what he wants to be */
	if (e == OK && is_stale(j))
		e = ERR_STATE;
	if (e == OK)
		e = unwrap_and_open(j);
	if (e == OK && u->state != USER_UNLOCKED)
		user_set_state(u, USER_UNLOCKED, NULL);
	else if (e != OK && u->failure)
		user_set_state(u, USER_FAILED, u->failure);
	else if (u->state == USER_UNLOCKING)
		user_set_state(u, USER_LOCKED, NULL);
	return e;
}

/* Whether the user is locked is all the same: the master key stays. */
static enum err finish_change(struct kdf_job *j)
{
	if (j->err != OK)
		return j->err;
	if (is_stale(j))
		return ERR_STATE;
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
	stop(u);
	e = user_files_doom(us->config.dir, id);
	if (e != OK) {
		user_set_state(u, USER_LOCKED, NULL);
		return e;
	}
	u->failure = NULL;
	u->state = USER_LOCKED;
	remove_user(u);
	user_files_remove(us->config.dir, id, &sink);
	return OK;
}

static enum err finish_destroy(struct kdf_job *j)
{
	struct master_key *mk;
	enum err e = j->err;

	if (e == OK && is_stale(j))
		e = ERR_STATE;
	if (e != OK)
		return e;
	mk = sodium_malloc(sizeof(*mk));
	if (!mk)
		return ERR_FULL;
	e = keyfile_unwrap(&j->kf, j->key, mk);
	sodium_free(mk);
	return e == OK ? destroy(j->user) : e;
}

static enum err finish(struct kdf_job *j)
{
	if (!j->user && j->kind != KDF_CREATE && j->kind != KDF_NOBODY)
		return ERR_NOT_FOUND;
	switch (j->kind) {
	case KDF_CREATE: return finish_create(j);
	case KDF_UNLOCK: return finish_unlock(j);
	case KDF_NOBODY: return ERR_AUTH;
	case KDF_CHANGE: return finish_change(j);
	case KDF_DESTROY: return finish_destroy(j);
	}
	return ERR_STATE;
}

static void on_kdf_done(void *arg)
{
	struct kdf_job *j = arg;

	done(j->users, j->ticket, finish(j));
	kdf_job_free(j);
}

/* False if there was no memory for a job; the ticket has been answered then. */
static bool submit(struct users *us, struct user *u, uint64_t ticket,
		   struct kdf_job *j OWNED)
{
	if (!j) {
		done(us, ticket, ERR_FULL);
		return false;
	}
	j->users = us;
	j->user = u;
	j->locks = u ? u->locks : 0;
	j->ticket = ticket;
	list_put_last(&us->jobs, &j->node);
	worker_submit(us->config.worker, kdf_job_run, on_kdf_done, j);
	return true;
}

void users_create(struct users *us, uint64_t ticket, struct uid id,
		  const struct label *name, struct bytes passphrase)
{
	struct keyfile kf = {.user_id = id,
			     .name = *name,
			     .created_ms = clock_wall_ms(),
			     .kdf = us->config.kdf};
	enum err e = check_new(us, name->s);

	if (e != OK) {
		done(us, ticket, e);
		return;
	}
	randombytes_buf(kf.salt, sizeof(kf.salt));
	submit(us, NULL, ticket, kdf_job_new(KDF_CREATE, &kf, passphrase));
}

void users_unlock(struct user *u, uint64_t ticket, struct bytes passphrase)
{
	if (u->kf.created_ms == 0)
		done(u->all, ticket, ERR_CORRUPT); /* no key file */
	else if (submit(u->all, u, ticket,
			kdf_job_new(KDF_UNLOCK, &u->kf, passphrase)) &&
		 u->state != USER_UNLOCKED && u->state != USER_UNLOCKING) {
		stop(u);
		user_set_state(u, USER_UNLOCKING, NULL);
	}
}

void users_unlock_nobody(struct users *us, uint64_t ticket,
			 struct bytes passphrase)
{
	struct keyfile kf = {.kdf = us->config.kdf};

	randombytes_buf(kf.salt, sizeof(kf.salt));
	submit(us, NULL, ticket, kdf_job_new(KDF_NOBODY, &kf, passphrase));
}

void users_change_passphrase(struct user *u, uint64_t ticket, struct bytes old,
			     struct bytes fresh)
{
	if (u->kf.created_ms == 0)
		done(u->all, ticket, ERR_CORRUPT); /* no key file */
	else
		submit(u->all, u, ticket,
		       kdf_job_new_change(&u->kf, &u->all->config.kdf, old,
					  fresh));
}

void users_destroy(struct user *u, uint64_t ticket, struct bytes passphrase)
{
	if (u->kf.created_ms == 0)
		done(u->all, ticket, ERR_CORRUPT); /* no key file */
	else
		submit(u->all, u, ticket,
		       kdf_job_new(KDF_DESTROY, &u->kf, passphrase));
}

void users_lock(struct user *u)
{
	u->locks++; /* takes back every unlock that is on its way */
	stop(u);
	if (u->state == USER_UNLOCKED || u->state == USER_UNLOCKING)
		user_set_state(u, USER_LOCKED, NULL);
}

static const char *key_failure_of(enum err e)
{
	if (e == ERR_VERSION)
		return "the key file was made by a newer Umbel";
	if (e == ERR_NOT_FOUND)
		return "the key file is missing";
	return e == ERR_IO ? "the key file cannot be read"
			   : "the key file is damaged";
}

static void read_user(struct users *us, const char *name)
{
	struct keyfile kf;
	struct uid id;
	struct user *u;
	enum err e;

	if (!user_files_is_user(name, &id))
		return;
	e = user_files_read_key(us->config.dir, id, &kf);
	if (e != OK) {
		kf = (struct keyfile){.user_id = id};
		log_error("user %s: key file: %s", log_id(&id, sizeof(id)).s,
			  err_str(e));
	}
	u = add_user(us, &kf);
	if (e != OK) {
		u->state = USER_FAILED;
		u->failure = key_failure_of(e);
	}
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

enum err users_new(const struct users_config *config,
		   const struct users_ports *ports, struct users **out)
{
	struct users *us = xcalloc(1, sizeof(*us));
	struct dirent **entries;
	int i, n;

	us->config = *config;
	us->ports = *ports;
	list_init(&us->list);
	list_init(&us->jobs);
	us->stamps = stamps_new(config->worker);
	us->blobs = blobs_new(config->base, config->disk);
	us->backups = backups_new(us, adopt);
	n = scandir(config->dir, &entries, NULL, by_name);
	if (n < 0) {
		backups_free(us->backups);
		stamps_free(us->stamps);
		blobs_free(us->blobs);
		free(us);
		return ERR_IO;
	}
	for (i = 0; i < n; i++) {
		user_files_tidy(config->dir, entries[i]->d_name);
		read_user(us, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	*out = us;
	return OK;
}

void users_free(struct users *us)
{
	struct list_node *n, *next;

	if (!us)
		return;
	list_for_each_safe (n, next, &us->jobs)
		kdf_job_free(list_entry(n, struct kdf_job, node));
	backups_free(us->backups);
	us->backups = NULL;
	list_for_each_safe (n, next, &us->list) {
		struct user *u = list_entry(n, struct user, node);

		stop(u);
		list_take(&u->node);
		sodium_memzero(&u->kf, sizeof(u->kf));
		free(u);
	}
	stamps_free(us->stamps);
	blobs_free(us->blobs);
	free(us);
}

void users_on_transport(struct users *us, bool ready)
{
	struct event ev = {.type = EV_TRANSPORT, .transport_ready = ready};
	struct user *u;

	us->transport_ready = ready;
	for (u = users_first(us); u; u = user_next(u))
		if (u->runtime)
			runtime_step(u->runtime, &ev);
}

void users_on_published(struct users *us, uint64_t service_id)
{
	struct user *u;

	for (u = users_first(us); u; u = user_next(u))
		if (u->links && links_on_published(u->links, service_id))
			return;
}
