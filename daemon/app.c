/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app.h"

#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>
#include <sodium.h>

#include "api/api.h"
#include "backup.h"
#include "config.h"
#include "core_args.h"
#include "courier.h"
#include "folders.h"
#include "gate_server.h"
#include "lookout.h"
#include "net/timer.h"
#include "ports.h"
#include "users.h"
#include "util/fdpass.h"
#include "util/log.h"
#include "worker.h"

/* 0: streams; 1: default; 2: the commit at the end of a turn. */
#define PRIORITIES	3
#define CTL_MESSAGE_MAX CORE_MESSAGE_MAX

#define TOR_NONE 255 /* to umbeld, in place of a percentage */

struct app {
	struct app_config now;
	const struct app_config *config; /* = &now */
	struct core_change *change;	 /* the last one; NULL: none */
	struct event_base *base;
	struct event *ctl_event;
	struct worker *worker;	  /* key derivations */
	struct worker *disk;	  /* blobs of the node */
	struct worker *upload;	  /* of the API, which may read long */
	struct worker *drops;	  /* room of what was deleted */
	struct worker *long_work; /* exports and imports */
	struct control *control;
	int broker; /* the channel to it; -1: none */
	struct users *users;
	struct api *api;
	struct gate_server *gate;
	struct courier *courier;
	struct timer *api_timer;
	struct lookout *lookout;
	struct links_net net;
	struct ports_world world;
	bool tor_ready;
	uint8_t tor_told; /* to umbeld */
	bool stop;
};

/* Tells umbeld something: one letter. */
static void tell_parent(struct app *a, char what)
{
	if (fdpass_send(a->config->ctl_fd, &what, 1, -1) != OK)
		a->stop = true;
}

/* What can be told again later: never waited for. */
static void tell_in_passing(struct app *a, const void *text, size_t n)
{
	if (fdpass_send_now(a->config->ctl_fd, text, n, -1) == ERR_CLOSED)
		a->stop = true;
}

/* doc/INTERNAL.md: 't'. */
static void tell_tor(struct app *a, const struct tor_status *st)
{
	uint8_t text[2] = {'t', TOR_NONE};

	if (st->state == TOR_READY)
		text[1] = 100;
	else if (st->state == TOR_BOOTSTRAPPING)
		text[1] = (uint8_t)(st->percent < 99 ? st->percent : 99);
	if (text[1] == a->tor_told)
		return;
	a->tor_told = text[1];
	tell_in_passing(a, text, sizeof(text));
}

static enum err on_ask(void *ctx, enum way_to to, int fd)
{
	const struct app *a = ctx;
	char letter = (char)to;

	if (a->broker < 0)
		return ERR_NOT_FOUND;
	return fdpass_send(a->broker, &letter, 1, fd);
}

static void set_broker(struct app *a, int fd)
{
	if (a->broker >= 0)
		close(a->broker);
	a->broker = fd;
	control_hurry(a->control);
}

static void on_done(void *ctx, uint64_t ticket, enum err e)
{
	struct app *a = ctx;

	api_done(a->api, ticket, e);
}

static void on_shutdown(void *ctx)
{
	tell_parent(ctx, 'X');
}

static bool on_deliver(void *ctx, const struct parcel *p)
{
	struct app *a = ctx;

	return courier_deliver(a->courier, p);
}

static void on_need_poster(void *ctx)
{
	tell_parent(ctx, 'W');
}

static void on_user_state(void *ctx, struct user *u)
{
	struct app *a = ctx;

	if (u->failure)
		log_error("user %s: %s",
			  log_id(&u->kf.user_id, sizeof(u->kf.user_id)).s,
			  u->failure);
	api_user_state_changed(a->api, u->kf.user_id);
}

static void on_emptied(void *ctx, struct user *u)
{
	struct app *a = ctx;

	api_user_emptied(a->api, u->kf.user_id);
}

static void on_journal(void *ctx, struct user *u)
{
	struct app *a = ctx;

	api_journal_advanced(a->api, u->kf.user_id);
}

static void on_presence(void *ctx, struct user *u, struct uid contact_id,
			bool online)
{
	struct app *a = ctx;

	api_presence(a->api, u->kf.user_id, contact_id, online);
}

static void on_typing(void *ctx, struct user *u, struct uid contact_id, bool on)
{
	struct app *a = ctx;

	api_typing(a->api, u->kf.user_id, contact_id, on);
}

static void on_progress(void *ctx, struct user *u, struct uid file_id,
			uint64_t done_bytes, uint64_t bytes_per_s)
{
	const struct file_progress p = {done_bytes, bytes_per_s};
	struct app *a = ctx;

	api_progress(a->api, u->kf.user_id, file_id, &p);
}

static void on_tor_status(void *ctx, const struct tor_status *st)
{
	struct app *a = ctx;
	bool ready = st->state == TOR_READY;

	if (ready != a->tor_ready)
		log_info("tor: %s", tor_state_str(st->state));
	a->tor_ready = ready;
	tell_tor(a, st);
	users_on_transport(a->users, ready);
	api_tor_changed(a->api);
}

static void on_service(void *ctx, uint64_t id, enum service_event ev,
		       const char *reason)
{
	struct app *a = ctx;

	if (ev == SERVICE_PUBLISHED)
		users_on_published(a->users, id);
	else
		log_warn("an onion service is not up: %s", reason);
}

static void on_new_circuits(void *ctx)
{
	struct app *a = ctx;

	lookout_new_circuits(a->lookout);
}

static void on_reach(void *ctx, struct user *u)
{
	struct app *a = ctx;

	api_reach_changed(a->api, u->kf.user_id);
}

static void on_woke(void *ctx)
{
	struct app *a = ctx;

	users_on_wake(a->users);
}

static void on_api_timer(void *ctx)
{
	struct app *a = ctx;

	api_tick(a->api);
}

/* doc/INTERNAL.md: 'K'.  It hangs, and would for ever. */
static void on_tor_hung(void *ctx)
{
	struct app *a = ctx;

	log_warn("tor takes connections and says nothing");
	tell_in_passing(a, "K", 1);
}

/* The configuration was read again.  Hooks that are others have somebody else
 * who runs them, too. */
static void change(struct app *a, struct bytes text, bool has_hooks)
{
	struct app_config *now = &a->now;
	struct core_change *c;

	if (core_change_read(text, now, &c) != OK) {
		log_error("umbeld told of a configuration that is none");
		return;
	}
	if (!has_hooks) {
		c->args.app.hooks = now->hooks;
		c->args.app.hook_count = now->hook_count;
	}
	*now = c->args.app;
	settings_set_base(&a->world.settings, now->log_level,
			  now->auto_lock_minutes);
	api_set_limits(a->api, (struct api_rate){now->limits.calls_per_minute},
		       (struct api_rate){now->limits.sends_per_minute},
		       now->files.keep_free_bytes);
	users_set_limits(a->users, &now->kdf, &now->files);
	if (!has_hooks) {
		core_change_free(c);
		return;
	}
	courier_drop_channel(a->courier, PARCEL_RUN);
	api_change_hooks(a->api, now->hooks, now->hook_count);
	core_change_free(a->change);
	a->change = c;
}

static void show_life(struct app *a)
{
	tell_in_passing(a, "!", 1);
	log_tell_due();
}

/* Said once: the change comes before tor is told, or knows. */
static void on_net(struct app *a)
{
	log_info("the network has changed: looking whether everything can be "
		 "reached");
	users_on_wake(a->users);
}

static void handle_ctl(struct app *a, const char *message, size_t n, int fd)
{
	switch (fd >= 0 ? message[0] : '\0') {
	case 'C': gate_server_set_channel(a->gate, fd); return;
	case 'H': courier_set_channel(a->courier, PARCEL_RUN, fd); return;
	case 'P': courier_set_channel(a->courier, PARCEL_POST, fd); return;
	case 'D': set_broker(a, fd); return;
	default: break;
	}
	if (fd >= 0)
		close(fd);
	if (message[0] == 'A')
		api_set_admin_secret(a->api, bytes_of(message + 1, n - 1));
	else if (message[0] == 'S')
		a->stop = true;
	else if (message[0] == 'N')
		on_net(a);
	else if (message[0] == '?')
		show_life(a);
	else if (message[0] == 'G' || message[0] == 'g')
		change(a, bytes_of(message + 1, n - 1), message[0] == 'G');
	else
		bridge_desk_take(&a->world.bridges, message, n);
}

static void on_ctl(evutil_socket_t sock, short what, void *ctx)
{
	struct app *a = ctx;
	char message[CTL_MESSAGE_MAX];
	size_t n;
	int fd;
	enum err e;

	(void)what;
	e = fdpass_recv((int)sock, message, sizeof(message), &n, &fd);
	if (e == OK)
		handle_ctl(a, message, n, fd);
	else if (e == ERR_CLOSED)
		a->stop = true;
	sodium_memzero(message, sizeof(message));
}

static void unlock_all(struct app *a)
{
	size_t i;

	for (i = 0; i < a->config->unlock_count; i++) {
		struct app_unlock *u = &a->config->unlocks[i];
		struct user *user = users_find_word(a->users, u->name.s);

		if (user)
			users_unlock_unattended(
			    user, bytes_of(u->passphrase, u->len));
		else
			log_warn("passphrase_file: there is no user of that "
				 "name yet");
		sodium_free(u->passphrase);
		u->passphrase = NULL;
	}
}

static enum err start_users(struct app *a)
{
	const struct users_config uc = {.base = a->base,
					.worker = a->worker,
					.drops = a->drops,
					.disk = a->disk,
					.long_work = a->long_work,
					.net = &a->net,
					.dir = a->config->folders->users,
					.kdf = a->config->kdf,
					.limits = &a->config->peers,
					.file_limits = a->config->files,
					.self_test = !a->config->no_self_test};
	const struct users_ports up = {.ctx = a,
				       .done = on_done,
				       .state_changed = on_user_state,
				       .emptied = on_emptied,
				       .journal_advanced = on_journal,
				       .presence = on_presence,
				       .typing = on_typing,
				       .progress = on_progress,
				       .new_circuits = on_new_circuits,
				       .reach_changed = on_reach};

	return users_new(&uc, &up, &a->users);
}

static void start_control(struct app *a)
{
	const struct control_config cc = {
	    .way = {on_ask, a},
	    .cookie_path = a->config->tor_cookie,
	    .cookie_uid = a->config->tor_uid,
	    .is_filtered = a->config->tor_is_filtered,
	};
	const struct control_handler ch = {.arg = a,
					   .status = on_tor_status,
					   .service = on_service,
					   .woke = on_woke,
					   .hung = on_tor_hung};

	a->control = control_new(a->base, &cc, &ch);
	a->net = (struct links_net){
	    .base = a->base,
	    .control = a->control,
	    .way = {on_ask, a},
	    .cell_dir = a->config->folders->cells,
	    .socket_mode = a->config->tor_is_foreign ? 0666 : 0600,
	};
}

static void start_api(struct app *a)
{
	const struct api_config ac = {
	    .version = PACKAGE_VERSION,
	    .port = a->config->port,
	    .jobs = {a->config->folders->jobs,
		     a->config->files.keep_free_bytes},
	    .calls = {a->config->limits.calls_per_minute},
	    .sends = {a->config->limits.sends_per_minute},
	};
	const struct hook_ports hp = {.ctx = a,
				      .deliver = on_deliver,
				      .need_poster = on_need_poster,
				      .hooks = a->config->hooks,
				      .hook_count = a->config->hook_count};
	struct api_ports ports;

	a->world = (struct ports_world){.control = a->control,
					.disk = a->upload,
					.tokens = a->config->folders->tokens,
					.data = a->config->data,
					.ctx = a,
					.done = on_done,
					.shutdown = on_shutdown};
	a->world.bridges =
	    (struct bridge_desk){.ctl_fd = a->config->ctl_fd,
				 .is_ours = !a->config->tor_is_foreign,
				 .ctx = a,
				 .done = on_done};
	settings_open(&a->world.settings, a->config->folders->settings,
		      a->config->log_level, a->config->auto_lock_minutes);
	ports_fill(&ports, &a->world);
	a->api = api_new(&ports, &ac);
	a->courier = courier_new(a->base, a->api);
	api_set_hooks(a->api, &hp);
	a->gate = gate_server_new(a->base, a->api);
	a->api_timer = timer_new(a->base, on_api_timer, a);
}

static enum err start(struct app *a)
{
	enum err e;

	if (event_base_priority_init(a->base, PRIORITIES) != 0)
		return ERR_IO;
	e = worker_new(a->base, &a->worker);
	if (e == OK)
		e = worker_new(a->base, &a->disk);
	if (e == OK)
		e = worker_new(a->base, &a->upload);
	if (e == OK)
		e = worker_new(a->base, &a->drops);
	if (e == OK)
		e = worker_new(a->base, &a->long_work);
	if (e != OK)
		return e;
	start_control(a);
	start_api(a);
	e = start_users(a);
	if (e != OK)
		return e;
	a->world.users = a->users;
	a->lookout = lookout_new(a->base, a->control, a->users);
	a->ctl_event = event_new(a->base, a->config->ctl_fd,
				 EV_READ | EV_PERSIST, on_ctl, a);
	return event_add(a->ctl_event, NULL) == 0 ? OK : ERR_IO;
}

static void clear(struct app *a)
{
	if (a->api)
		api_stopping(a->api);
	gate_server_free(a->gate);
	worker_free(a->worker);
	worker_free(a->disk);
	worker_free(a->upload);
	if (a->users)
		backups_cancel_all(users_backups(a->users));
	worker_free(a->long_work);
	users_free(a->users);
	courier_free(a->courier);
	worker_free(a->drops);
	api_free(a->api);
	if (a->upload)
		ports_clear(&a->world);
	control_free(a->control);
	timer_free(a->api_timer);
	lookout_free(a->lookout);
	if (a->ctl_event)
		event_free(a->ctl_event);
	settings_close(&a->world.settings);
	event_base_free(a->base);
	core_change_free(a->change);
	if (a->broker >= 0)
		close(a->broker);
}

enum err app_run(const struct app_config *config)
{
	struct app a = {.now = *config,
			.base = event_base_new(),
			.broker = -1,
			.tor_told = TOR_NONE};
	enum err e = ERR_IO;

	a.config = &a.now;
	if (a.base)
		e = start(&a);
	if (e == OK) {
		unlock_all(&a);
		tell_parent(&a, 'R');
	}
	/* One turn at a time, since any callback may bring the API's deadline
	 * forward. */
	while (e == OK && !a.stop) {
		timer_set_ms(a.api_timer, api_deadline(a.api));
		if (event_base_loop(a.base, EVLOOP_ONCE) < 0)
			e = ERR_IO;
	}
	clear(&a);
	return e;
}
