/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ports.h"

#include <stdlib.h>

#include <sodium.h>

#include "api/api.h"
#include "backup.h"
#include "measure.h"
#include "tor/control.h"
#include "users.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"
#include "worker.h"

static uint64_t on_wall_ms(void *ctx)
{
	(void)ctx;
	return clock_wall_ms();
}

static uint64_t on_mono_ms(void *ctx)
{
	(void)ctx;
	return clock_mono_ms();
}

static void on_random(void *ctx, void *p, size_t n)
{
	(void)ctx;
	randombytes_buf(p, n);
}

static enum api_user_state state_of(const struct user *u)
{
	switch (u->state) {
	case USER_LOCKED: return API_USER_LOCKED;
	case USER_UNLOCKING: return API_USER_UNLOCKING;
	case USER_UNLOCKED: return API_USER_UNLOCKED;
	case USER_FAILED: return API_USER_FAILED;
	}
	return API_USER_FAILED;
}

/* Who unlocks himself is there for as long as the daemon runs, unless it is
 * said of him that he is not. */
static uint32_t lock_after_minutes(const struct ports_world *w,
				   const struct user *u)
{
	if (u->kf.auto_lock_minutes != KEYFILE_AS_SET)
		return u->kf.auto_lock_minutes;
	return u->is_unattended ? 0 : settings_auto_lock_minutes(&w->settings);
}

static struct api_user show(const struct ports_world *w, const struct user *u)
{
	return (struct api_user){
	    .id = u->kf.user_id,
	    .name = u->kf.name,
	    .state = state_of(u),
	    .created_ms = u->kf.created_ms,
	    .failure = u->failure,
	    .auto_lock_minutes = u->kf.auto_lock_minutes,
	    .lock_after_minutes = lock_after_minutes(w, u),
	};
}

static void on_users_each(void *ctx, api_user_fn *fn, void *fn_ctx)
{
	struct ports_world *w = ctx;
	struct user *u;

	for (u = users_first(w->users); u; u = user_next(u)) {
		struct api_user shown = show(w, u);

		if (!fn(fn_ctx, &shown))
			return;
	}
}

static bool on_user_find(void *ctx, struct uid id, struct api_user *out)
{
	struct ports_world *w = ctx;
	const struct user *u = users_find(w->users, id);

	if (u)
		*out = show(w, u);
	return u != NULL;
}

static void on_user_create(void *ctx, uint64_t ticket, struct uid id,
			   const struct label *name, struct bytes passphrase)
{
	struct ports_world *w = ctx;

	users_create(w->users, ticket, id, name, passphrase);
}

static void on_user_unlock(void *ctx, uint64_t ticket, struct uid id,
			   struct bytes passphrase)
{
	struct ports_world *w = ctx;
	struct user *u = users_find(w->users, id);

	if (u)
		users_unlock(u, ticket, passphrase);
	else
		users_unlock_nobody(w->users, ticket, passphrase);
}

static void on_user_passphrase(void *ctx, uint64_t ticket, struct uid id,
			       struct bytes old, struct bytes fresh)
{
	struct ports_world *w = ctx;
	struct user *u = users_find(w->users, id);

	if (u)
		users_change_passphrase(u, ticket, old, fresh);
	else
		w->done(w->ctx, ticket, ERR_NOT_FOUND);
}

static void on_user_duress(void *ctx, uint64_t ticket, struct uid id,
			   struct bytes passphrase, struct bytes duress)
{
	struct ports_world *w = ctx;
	struct user *u = users_find(w->users, id);

	if (u)
		users_set_duress(u, ticket, passphrase, duress);
	else
		w->done(w->ctx, ticket, ERR_NOT_FOUND);
}

static enum err on_user_patch(void *ctx, struct uid id,
			      const struct label *name,
			      const uint32_t *auto_lock_minutes)
{
	struct ports_world *w = ctx;
	struct user *u = users_find(w->users, id);

	return u ? users_patch(u, name, auto_lock_minutes) : ERR_NOT_FOUND;
}

static void on_user_lock(void *ctx, uint64_t ticket, struct uid id)
{
	struct ports_world *w = ctx;
	struct user *u = users_find(w->users, id);

	if (u && ticket == 0)
		log_info("user %s: locked, since nobody uses him",
			 log_id(&id, sizeof(id)).s);
	if (u)
		users_lock(u);
	w->done(w->ctx, ticket, u ? OK : ERR_NOT_FOUND);
}

static void on_user_destroy(void *ctx, uint64_t ticket, struct uid id,
			    struct bytes passphrase)
{
	struct ports_world *w = ctx;
	struct user *u = users_find(w->users, id);

	if (u)
		users_destroy(u, ticket, passphrase);
	else
		w->done(w->ctx, ticket, ERR_NOT_FOUND);
}

static struct runtime *runtime_of(struct ports_world *w, struct uid id)
{
	struct user *u = users_find(w->users, id);

	return u && u->state == USER_UNLOCKED ? u->runtime : NULL;
}

static struct store *on_store(void *ctx, struct uid user)
{
	struct runtime *r = runtime_of(ctx, user);

	return r ? runtime_store(r) : NULL;
}

static bool on_contact_is_online(void *ctx, struct uid user, struct uid contact)
{
	struct runtime *r = runtime_of(ctx, user);

	return r && runtime_is_online(r, contact);
}

static void on_submit(void *ctx, struct uid user, const struct event *cmd)
{
	struct ports_world *w = ctx;
	struct runtime *r = runtime_of(w, user);
	struct event ev = *cmd;

	if (r)
		runtime_step(r, &ev);
	else
		w->done(w->ctx, cmd->cmd, ERR_STATE);
}

static enum api_tor_state tor_state_of(enum tor_state s)
{
	switch (s) {
	case TOR_STOPPED: return API_TOR_STOPPED;
	case TOR_STARTING: return API_TOR_STARTING;
	case TOR_BOOTSTRAPPING: return API_TOR_BOOTSTRAPPING;
	case TOR_READY: return API_TOR_READY;
	case TOR_FAILED: return API_TOR_FAILED;
	}
	return API_TOR_FAILED;
}

static const char *or_null(const char *s)
{
	return s[0] ? s : NULL;
}

static void on_tor(void *ctx, struct api_tor *out)
{
	struct ports_world *w = ctx;
	const struct tor_status *st = control_status(w->control);

	*out = (struct api_tor){
	    .state = tor_state_of(st->state),
	    .version = or_null(st->version),
	    .percent = st->percent,
	    .tag = or_null(st->tag),
	    .summary = or_null(st->summary),
	    .warning = or_null(st->warning),
	    .has_skew = st->has_clock_skew,
	    .skew_seconds = st->clock_skew_s,
	};
}

static void on_services(void *ctx, struct uid user, struct api_services *out)
{
	struct ports_world *w = ctx;
	const struct user *u = users_find(w->users, user);

	*out = (struct api_services){0};
	if (!u || !u->runtime)
		return;
	out->count = runtime_count_services(u->runtime);
	out->published_count = links_count_published(u->links);
	out->door_is_published = links_door_is_published(u->links);
	out->has_probes = runtime_probes(u->runtime, &out->probes);
}

/* A work of the API on its way through the worker. */
struct disk_job {
	struct list_node node;
	struct ports_world *world;
	uint64_t ticket;
	enum err (*run)(void *arg);
	void *arg;
	enum err err;
};

static void job_run(void *arg)
{
	struct disk_job *j = arg;

	j->err = j->run(j->arg);
}

static void job_free(struct disk_job *j)
{
	list_take(&j->node);
	free(j);
}

static void job_done(void *arg)
{
	struct disk_job *j = arg;
	struct ports_world *w = j->world;
	uint64_t ticket = j->ticket;
	enum err e = j->err;

	job_free(j);
	w->done(w->ctx, ticket, e);
}

static void on_work(void *ctx, uint64_t ticket, enum err (*run)(void *arg),
		    void *arg)
{
	struct ports_world *w = ctx;
	struct disk_job *j = xcalloc(1, sizeof(*j));

	*j = (struct disk_job){
	    .world = w, .ticket = ticket, .run = run, .arg = arg};
	list_put_last(&w->jobs, &j->node);
	worker_submit(w->disk, job_run, job_done, j);
}

static enum err on_tokens_load(void *ctx, struct buf *out)
{
	const struct ports_world *w = ctx;

	return file_read(w->tokens, out);
}

static enum err on_tokens_save(void *ctx, struct bytes text)
{
	const struct ports_world *w = ctx;

	return file_replace(w->tokens, text.p, text.n, 0600);
}

static void on_job_export(void *ctx, uint64_t ticket,
			  const struct api_export *what)
{
	const struct export_wish wish = {.ticket = ticket,
					 .path = what->path,
					 .passphrase = what->passphrase,
					 .with_files = what->with_files};
	struct ports_world *w = ctx;

	if (runtime_of(w, what->user))
		backup_export(users_backups(w->users),
			      users_find(w->users, what->user), &wish);
	else
		w->done(w->ctx, ticket, ERR_STATE);
}

static void on_job_import(void *ctx, uint64_t ticket,
			  const struct api_import *what)
{
	const struct import_wish wish = {.ticket = ticket,
					 .path = what->path,
					 .passphrase = what->passphrase,
					 .id = what->id,
					 .name = what->name};
	struct ports_world *w = ctx;

	backup_import(users_backups(w->users), &wish);
}

static void on_job_cancel(void *ctx, uint64_t ticket)
{
	struct ports_world *w = ctx;

	backup_cancel(users_backups(w->users), ticket);
}

static unsigned on_job_percent(void *ctx, uint64_t ticket)
{
	struct ports_world *w = ctx;

	return backup_percent(users_backups(w->users), ticket);
}

static void on_measure(void *ctx, struct api_measures *out)
{
	struct ports_world *w = ctx;

	measure(w->users, w->data, out);
}

static void on_settings(void *ctx, struct api_settings *out)
{
	const struct settings *s = &((struct ports_world *)ctx)->settings;

	*out = (struct api_settings){
	    .has_log_level = s->has_log_level,
	    .has_auto_lock_minutes = s->has_auto_lock_minutes,
	    .log_level = settings_log_level(s),
	    .auto_lock_minutes = settings_auto_lock_minutes(s),
	};
}

static enum err on_set_settings(void *ctx, const struct api_settings *s)
{
	const struct settings fresh = {
	    .has_log_level = s->has_log_level,
	    .has_auto_lock_minutes = s->has_auto_lock_minutes,
	    .log_level = s->log_level,
	    .auto_lock_minutes = s->auto_lock_minutes,
	};

	return settings_change(&((struct ports_world *)ctx)->settings, &fresh);
}

static enum err on_new_circuits(void *ctx)
{
	struct ports_world *w = ctx;
	enum err e = control_new_circuits(w->control);

	if (e == OK)
		users_cut_links(w->users);
	return e;
}

static void on_bridges(void *ctx, struct api_bridges *out)
{
	bridge_desk_show(&((struct ports_world *)ctx)->bridges, out);
}

static const char *on_bridge_check(void *ctx, struct bytes line)
{
	struct ports_world *w = ctx;

	return bridge_check(line, &w->bridges.known);
}

static void on_set_bridges(void *ctx, uint64_t ticket,
			   const struct api_bridges *b)
{
	bridge_desk_set(&((struct ports_world *)ctx)->bridges, ticket, b);
}

static void on_shutdown(void *ctx)
{
	struct ports_world *w = ctx;

	w->shutdown(w->ctx);
}

void ports_fill(struct api_ports *out, struct ports_world *world)
{
	list_init(&world->jobs);
	*out = (struct api_ports){
	    .ctx = world,
	    .wall_ms = on_wall_ms,
	    .mono_ms = on_mono_ms,
	    .random = on_random,
	    .users_each = on_users_each,
	    .user_find = on_user_find,
	    .user_create = on_user_create,
	    .user_unlock = on_user_unlock,
	    .user_lock = on_user_lock,
	    .user_passphrase = on_user_passphrase,
	    .user_duress = on_user_duress,
	    .user_patch = on_user_patch,
	    .store = on_store,
	    .contact_is_online = on_contact_is_online,
	    .submit = on_submit,
	    .work = on_work,
	    .jobs = {.destroy = on_user_destroy,
		     .export = on_job_export,
		     .import = on_job_import,
		     .cancel = on_job_cancel,
		     .percent = on_job_percent},
	    .tor = on_tor,
	    .services = on_services,
	    .tokens_load = on_tokens_load,
	    .tokens_save = on_tokens_save,
	    .shutdown = on_shutdown,
	    .measure = on_measure,
	    .settings = on_settings,
	    .new_circuits = on_new_circuits,
	    .bridges = on_bridges,
	    .bridge_check = on_bridge_check,
	    .set_bridges = on_set_bridges,
	    .set_settings = on_set_settings,
	};
}

void ports_clear(struct ports_world *world)
{
	while (!list_is_empty(&world->jobs))
		job_free(
		    list_entry(world->jobs.head.next, struct disk_job, node));
}
