/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "users.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

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

struct user *users_find_word(struct users *us, const char *word)
{
	struct user *u = users_find_name(us, word);
	struct uid id;

	if (!u && user_files_is_user(word, &id))
		u = users_find(us, id);
	return u;
}

struct user *users_add(struct users *us, const struct keyfile *kf)
{
	struct user *u = xcalloc(1, sizeof(*u));

	u->all = us;
	u->kf = *kf;
	list_put_last(&us->list, &u->node);
	us->count++;
	return u;
}

/* Others may have been on their way at the same time. */
enum err users_check_new(struct users *us, const char *name)
{
	if (us->count >= USERS_MAX)
		return ERR_FULL;
	return users_find_name(us, name) ? ERR_EXISTS : OK;
}

struct backups *users_backups(struct users *us)
{
	return us->backups;
}

static enum err adopt(struct users *us, const struct keyfile *kf)
{
	enum err e = users_check_new(us, kf->name.s);

	if (e == OK)
		e = user_files_finish(us->config.dir, kf);
	if (e == OK)
		user_set_state(users_add(us, kf), USER_LOCKED, NULL);
	return e;
}

static void on_kdf_done(void *arg)
{
	struct kdf_job *j = arg;

	done(j->users, j->ticket, kdf_end(j));
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
			     .auto_lock_minutes = KEYFILE_AS_SET,
			     .kdf = us->config.kdf};
	enum err e = users_check_new(us, name->s);

	if (e != OK) {
		done(us, ticket, e);
		return;
	}
	randombytes_buf(kf.salt, sizeof(kf.salt));
	submit(us, NULL, ticket, kdf_job_new(KDF_CREATE, &kf, passphrase));
}

static void unlock(struct user *u, uint64_t ticket, struct bytes passphrase,
		   bool is_unattended)
{
	struct kdf_job *j = kdf_job_new(KDF_UNLOCK, &u->kf, passphrase);

	if (j)
		j->is_unattended = is_unattended;
	if (submit(u->all, u, ticket, j) && u->state != USER_UNLOCKED &&
	    u->state != USER_UNLOCKING) {
		user_stop(u);
		user_set_state(u, USER_UNLOCKING, NULL);
	}
}

/* Whatever was wrong with it may be mended: nobody need start anew for that.
 */
static void read_key_again(struct user *u)
{
	struct keyfile kf;

	if (user_files_read_key(u->all->config.dir, u->kf.user_id, &kf) != OK)
		return;
	u->kf = kf;
	user_set_state(u, USER_LOCKED, NULL);
}

void users_unlock(struct user *u, uint64_t ticket, struct bytes passphrase)
{
	if (u->kf.created_ms == 0)
		read_key_again(u);
	if (u->kf.created_ms == 0)
		done(u->all, ticket, ERR_CORRUPT); /* no key file */
	else
		unlock(u, ticket, passphrase, false);
}

void users_unlock_unattended(struct user *u, struct bytes passphrase)
{
	if (u->kf.created_ms != 0)
		unlock(u, 0, passphrase, true);
}

void users_unlock_nobody(struct users *us, uint64_t ticket,
			 struct bytes passphrase)
{
	struct keyfile kf = {.kdf = us->config.kdf};

	randombytes_buf(kf.salt, sizeof(kf.salt));
	submit(us, NULL, ticket, kdf_job_new(KDF_NOBODY, &kf, passphrase));
}

static void submit_change(struct user *u, uint64_t ticket, enum kdf_kind kind,
			  struct bytes old, struct bytes fresh)
{
	if (u->kf.created_ms == 0)
		done(u->all, ticket, ERR_CORRUPT); /* no key file */
	else
		submit(u->all, u, ticket,
		       kdf_job_new_change(kind, &u->kf, &u->all->config.kdf,
					  old, fresh));
}

void users_change_passphrase(struct user *u, uint64_t ticket, struct bytes old,
			     struct bytes fresh)
{
	submit_change(u, ticket, KDF_CHANGE, old, fresh);
}

void users_set_duress(struct user *u, uint64_t ticket, struct bytes passphrase,
		      struct bytes duress)
{
	submit_change(u, ticket, KDF_DURESS, passphrase, duress);
}

enum err users_patch(struct user *u, const struct label *name,
		     const uint32_t *auto_lock_minutes)
{
	const struct user *other =
	    name ? users_find_name(u->all, name->s) : NULL;
	struct keyfile next = u->kf;
	enum err e;

	if (u->kf.created_ms == 0)
		return ERR_CORRUPT;
	if (other && other != u)
		return ERR_EXISTS;
	if (!name && !auto_lock_minutes)
		return OK;
	if (u->kf.version != KEYFILE_VERSION)
		return ERR_STATE;
	if (name)
		next.name = *name;
	if (auto_lock_minutes)
		next.auto_lock_minutes = *auto_lock_minutes;
	e = user_files_replace_key(u->all->config.dir, &u->kf, &next);
	if (e == OK && name && u->runtime)
		runtime_set_name(u->runtime, name);
	return e;
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
	user_stop(u);
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
	u = users_add(us, &kf);
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

		user_stop(u);
		list_take(&u->node);
		sodium_memzero(&u->kf, sizeof(u->kf));
		free(u);
	}
	stamps_free(us->stamps);
	blobs_free(us->blobs);
	free(us);
}

void users_set_limits(struct users *us, const struct kdf_params *kdf,
		      const struct file_limits *files)
{
	struct user *u;

	us->config.kdf = *kdf;
	us->config.file_limits = *files;
	for (u = users_first(us); u; u = user_next(u))
		if (u->runtime)
			runtime_set_limits(u->runtime, us->config.limits,
					   files);
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

void users_on_wake(struct users *us)
{
	struct event ev = {.type = EV_WAKE};
	struct user *u;

	for (u = users_first(us); u; u = user_next(u))
		if (u->runtime)
			runtime_step(u->runtime, &ev);
}

/* As if tor had gone and come back, so that nobody dials everybody at once. */
void users_cut_links(struct users *us)
{
	bool ready = us->transport_ready;
	struct user *u;

	users_on_transport(us, false);
	for (u = users_first(us); u; u = user_next(u))
		if (u->links)
			links_cut_all(u->links);
	users_on_transport(us, ready);
}

void users_on_published(struct users *us, uint64_t service_id)
{
	struct user *u;

	for (u = users_first(us); u; u = user_next(u))
		if (u->links && links_on_published(u->links, service_id))
			return;
}

const struct tally *users_tally(const struct users *us)
{
	return &us->tally;
}
