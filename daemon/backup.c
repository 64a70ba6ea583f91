/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backup.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <sodium.h>

#include "store/backup.h"
#include "store/snapshot.h"
#include "user_files.h"
#include "users_inside.h"
#include "util/clock.h"
#include "util/mem.h"
#include "worker.h"

/* After everything else, like the commit at the end of a turn. */
#define COPY_PRIORITY 2

struct backups {
	struct users *users;
	backup_adopt_fn *adopt;
	struct list list;
};

struct backup {
	struct list_node node;
	struct backups *all;
	uint64_t ticket;
	char *path;
	uint8_t *passphrase; /* in locked memory */
	size_t passphrase_bytes;
	struct backup_watch watch;
	enum err err;
	/* An export: */
	struct user *user; /* while its database is copied */
	struct event *step;
	struct snapshot *snapshot;
	struct backup_user who;
	bool with_files;
	struct keyfile kf; /* of an import */
};

struct backups *backups_new(struct users *us, backup_adopt_fn *adopt)
{
	struct backups *b = xcalloc(1, sizeof(*b));

	b->users = us;
	b->adopt = adopt;
	list_init(&b->list);
	return b;
}

static void backup_free(struct backup *x)
{
	list_take(&x->node);
	if (x->step)
		event_free(x->step);
	snapshot_free(x->snapshot);
	sodium_free(x->passphrase);
	free(x->path);
	xfree(x, sizeof(*x));
}

void backups_free(struct backups *b)
{
	struct list_node *n, *next;

	if (!b)
		return;
	list_for_each_safe (n, next, &b->list)
		backup_free(list_entry(n, struct backup, node));
	free(b);
}

static void end(struct backup *x, enum err e)
{
	const struct users_ports *p = &x->all->users->ports;
	uint64_t ticket = x->ticket;

	backup_free(x);
	p->done(p->ctx, ticket, e);
}

static struct backup *backup_new(struct backups *b, uint64_t ticket,
				 const char *path, struct bytes passphrase)
{
	struct backup *x = xcalloc(1, sizeof(*x));

	x->all = b;
	x->ticket = ticket;
	x->path = xstrdup(path);
	x->passphrase = sodium_malloc(passphrase.n + 1);
	x->passphrase_bytes = passphrase.n;
	if (x->passphrase && passphrase.n > 0)
		memcpy(x->passphrase, passphrase.p, passphrase.n);
	list_put_last(&b->list, &x->node);
	return x;
}

static struct bytes passphrase_of(const struct backup *x)
{
	return bytes_of(x->passphrase, x->passphrase_bytes);
}

/* In the thread, both of them; of the users it sees only what never changes. */

static enum err write_archive(struct backup *x, struct store *s)
{
	const struct users_config *uc = &x->all->users->config;
	struct archive_writer *w;
	enum err e = archive_create(x->path, passphrase_of(x), &uc->kdf,
				    uc->file_limits.keep_free_bytes, &w);

	if (e != OK)
		return e;
	e = export_all(s, w, &x->who, x->with_files, &x->watch);
	if (e == OK)
		e = archive_finish(w);
	archive_writer_free(w);
	return e;
}

static void run_export(void *ctx)
{
	struct backup *x = ctx;
	struct store *s;

	x->err = snapshot_open(x->snapshot, &s);
	if (x->err != OK)
		return;
	x->err = write_archive(x, s);
	store_close(s);
}

static enum err fill(struct backup *x, struct archive_reader *r,
		     const struct master_key *mk)
{
	const struct users_config *uc = &x->all->users->config;
	char *path = user_files_new_database(uc->dir, x->kf.user_id);
	struct store *s;
	enum err e = store_open(path, mk, x->kf.user_id, &s);

	free(path);
	if (e != OK)
		return e;
	store_set_file_limits(s, &uc->file_limits);
	e = import_all(s, r, &x->who, clock_wall_ms(), &x->watch);
	store_close(s);
	return e;
}

/* All that is secret of a user who is not there yet. */
struct secrets {
	struct master_key master;
	struct wrap_key wrap;
};

static enum err make_user(struct backup *x, struct archive_reader *r,
			  struct secrets *k)
{
	const struct users_config *uc = &x->all->users->config;
	enum err e;

	randombytes_buf(&k->master, sizeof(k->master));
	e = keyfile_derive(&x->kf, (const char *)x->passphrase,
			   x->passphrase_bytes, &k->wrap);
	if (e != OK)
		return e;
	keyfile_wrap(&x->kf, &k->wrap, &k->master);
	e = user_files_begin(uc->dir, x->kf.user_id, &k->master);
	return e == OK ? fill(x, r, &k->master) : e;
}

static enum err read_archive(struct backup *x, struct archive_reader *r)
{
	struct secrets *k;
	enum err e = import_user(r, &x->who);

	if (e != OK)
		return e;
	if (!x->kf.name.s[0])
		x->kf.name = x->who.name;
	x->kf.created_ms = x->who.created_ms;
	k = sodium_malloc(sizeof(*k));
	e = k ? make_user(x, r, k) : ERR_FULL;
	sodium_free(k);
	return e;
}

static void run_import(void *ctx)
{
	struct backup *x = ctx;
	struct archive_reader *r;

	x->err = archive_open(x->path, passphrase_of(x), &r);
	if (x->err != OK)
		return;
	x->err = read_archive(x, r);
	archive_reader_free(r);
}

/* In the loop. */

static void on_export_done(void *ctx)
{
	struct backup *x = ctx;

	end(x, x->err);
}

static void on_import_done(void *ctx)
{
	struct backup *x = ctx;
	struct users *us = x->all->users;
	enum err e = x->err;

	if (e == OK && atomic_load(&x->watch.is_cancelled))
		e = ERR_CLOSED;
	if (e == OK)
		e = x->all->adopt(us, &x->kf);
	if (e != OK)
		user_files_abandon(us->config.dir, x->kf.user_id);
	end(x, e);
}

static void on_step(evutil_socket_t fd, short what, void *ctx)
{
	struct backup *x = ctx;
	struct users *us = x->all->users;
	bool done = false;
	enum err e = snapshot_step(x->snapshot, &done);

	(void)fd;
	(void)what;
	if (e != OK) {
		end(x, e);
	} else if (!done) {
		event_active(x->step, EV_TIMEOUT, 0);
	} else {
		x->user = NULL;
		worker_submit(us->config.long_work, run_export, on_export_done,
			      x);
	}
}

void backup_export(struct backups *b, struct user *u,
		   const struct export_wish *wish)
{
	struct backup *x =
	    backup_new(b, wish->ticket, wish->path, wish->passphrase);
	char *copy = xasprintf("%s.copy", wish->path);
	enum err e = x->passphrase ? OK : ERR_FULL;

	x->who = (struct backup_user){.name = u->kf.name,
				      .created_ms = u->kf.created_ms};
	x->with_files = wish->with_files;
	if (e == OK)
		e = snapshot_start(runtime_store(u->runtime), copy,
				   &x->snapshot);
	free(copy);
	if (e != OK) {
		end(x, e);
		return;
	}
	x->user = u;
	x->step = event_new(b->users->config.base, -1, 0, on_step, x);
	event_priority_set(x->step, COPY_PRIORITY);
	event_active(x->step, EV_TIMEOUT, 0);
}

void backup_import(struct backups *b, const struct import_wish *wish)
{
	struct backup *x =
	    backup_new(b, wish->ticket, wish->path, wish->passphrase);

	if (!x->passphrase) {
		end(x, ERR_FULL);
		return;
	}
	x->kf = (struct keyfile){.user_id = wish->id,
				 .name = wish->name,
				 .kdf = b->users->config.kdf};
	randombytes_buf(x->kf.salt, sizeof(x->kf.salt));
	worker_submit(b->users->config.long_work, run_import, on_import_done,
		      x);
}

static struct backup *find(struct backups *b, uint64_t ticket)
{
	struct list_node *n;

	list_for_each (n, &b->list) {
		struct backup *x = list_entry(n, struct backup, node);

		if (x->ticket == ticket)
			return x;
	}
	return NULL;
}

void backup_cancel(struct backups *b, uint64_t ticket)
{
	struct backup *x = find(b, ticket);

	if (!x)
		return;
	atomic_store(&x->watch.is_cancelled, true);
	if (x->user)
		end(x, ERR_CLOSED);
}

unsigned backup_percent(struct backups *b, uint64_t ticket)
{
	struct backup *x = find(b, ticket);

	return x ? atomic_load(&x->watch.percent) : 0;
}

void backups_stop_user(struct backups *b, struct user *u)
{
	struct list_node *n, *next;

	if (!b)
		return;
	list_for_each_safe (n, next, &b->list) {
		struct backup *x = list_entry(n, struct backup, node);

		if (x->user == u)
			end(x, ERR_CLOSED);
	}
}

void backups_cancel_all(struct backups *b)
{
	struct list_node *n;

	list_for_each (n, &b->list)
		atomic_store(
		    &list_entry(n, struct backup, node)->watch.is_cancelled,
		    true);
}
