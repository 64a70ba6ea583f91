/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decoy.h"

#include <stdlib.h>

#include "user_files.h"
#include "user_ports.h"
#include "users_inside.h"
#include "util/mem.h"
#include "worker.h"

/* Bytes of files may take the disk a while. */
struct sweep {
	char *dir;
	struct uid id;
};

static void run_sweep(void *arg)
{
	struct sweep *s = arg;

	user_files_sweep(s->dir, s->id);
	free(s->dir);
	free(s);
}

static void on_swept(void *arg)
{
	(void)arg;
}

static void sweep(struct user *u)
{
	struct sweep *s = xcalloc(1, sizeof(*s));

	s->dir = xstrdup(u->all->config.dir);
	s->id = u->kf.user_id;
	if (u->all->config.drops)
		worker_submit(u->all->config.drops, run_sweep, on_swept, s);
	else
		run_sweep(s);
}

/* Until all is done the slot stays what it is: an order to do it. */
static enum err destroy_real(struct user *u, unsigned duress_slot)
{
	struct keyfile gone = u->kf;

	keyfile_blank_other(&gone, duress_slot);
	return user_files_overwrite_key(u->all->config.dir, &u->kf, &gone);
}

enum err decoy_take_place(struct user *u, const struct opened_key *opened,
			  const struct keyfile *next)
{
	const char *dir = u->all->config.dir;
	enum err e;

	/* Whoever has the old one open sees it end. */
	if (u->state == USER_UNLOCKED)
		user_set_state(u, USER_LOCKED, NULL);
	e = destroy_real(u, opened->slot);
	if (e == OK)
		user_tell_emptied(u);
	if (e == OK)
		e = user_files_start_over(dir, u->kf.user_id, &opened->key);
	if (e == OK)
		e = user_files_replace_key(dir, &u->kf, next);
	if (e == OK)
		sweep(u);
	return e;
}
