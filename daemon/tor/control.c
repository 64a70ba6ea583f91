/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/control.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "net/timer.h"
#include "tor/auths.h"
#include "tor/control_link.h"
#include "tor/control_msg.h"
#include "tor/flood.h"
#include "tor/login.h"
#include "tor/services.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define RETRY_MS       100
#define REPLY_LIMIT_MS 20000
#define PROBE_MS       30000 /* idle for so long: ask, or never know */
#define LINE_BYTES_MAX 1024

enum command_kind {
	CMD_PROTOCOLINFO,
	CMD_AUTHCHALLENGE,
	CMD_AUTHENTICATE,
	CMD_SETEVENTS,
	CMD_PHASE,
	CMD_ADD_ONION,
	CMD_DEL_ONION,
	CMD_AUTH_ADD,
	CMD_AUTH_REMOVE,
	CMD_NEW_CIRCUITS,
};

/* Sent and not answered yet; an AUTH_ADD then waits for its done(). */
struct command {
	struct list_node node;
	enum command_kind kind;
	uint64_t serial; /* ADD_ONION: of the service; AUTH_ADD: order */
	struct client_auth_handler h;
	char onion[ONION_NAME + 1];
	struct auth_hash hash;
	enum err result;
};

struct control {
	struct control_handler h;
	struct control_link *link;
	struct timer *work; /* what is to be done without tor's saying */
	struct list ended;  /* AUTH_ADD whose done() is still to come */
	struct services services;
	struct auths auths;
	struct login login;
	char *cookie_path;
	struct tor_status status, told;
	uint64_t probe_at_ms, last_auth_serial;
	struct flood events;
	bool is_up;	   /* logged in */
	bool is_listening; /* has asked for events */
	bool is_in_callback;
};

static struct command *command_of(struct list_node *n)
{
	return list_entry(n, struct command, node);
}

static bool can_send(const struct control *c)
{
	return c->is_up && control_link_is_open(c->link);
}

static void tell_status(struct control *c)
{
	if (status_is_equal(&c->status, &c->told))
		return;
	c->told = c->status;
	c->is_in_callback = true;
	c->h.status(c->h.arg, &c->told);
	c->is_in_callback = false;
}

static void tell_service(struct control *c, uint64_t id, enum service_event ev,
			 const char *reason)
{
	c->is_in_callback = true;
	c->h.service(c->h.arg, id, ev, reason);
	c->is_in_callback = false;
}

static void work_at(struct control *c, uint64_t at_ms)
{
	if (at_ms < timer_get_ms(c->work))
		timer_set_ms(c->work, at_ms);
}

static void end_command(struct control *c, struct command *cmd, enum err e)
{
	list_take(&cmd->node);
	if (!cmd->h.done) {
		free(cmd);
		return;
	}
	cmd->result = e;
	list_put_last(&c->ended, &cmd->node);
	work_at(c, 0);
}

static void on_down(void *arg, const struct failure *why)
{
	struct control *c = arg;
	struct list *l = control_link_unanswered(c->link);

	c->is_up = false;
	c->is_listening = false;
	while (!list_is_empty(l))
		end_command(c, command_of(l->head.next), ERR_CLOSED);
	services_reset(&c->services);
	auths_clear(&c->auths);
	if (why->state == TOR_FAILED &&
	    strcmp(why->why, c->status.warning) != 0)
		log_warn("%s", why->why);
	status_set_down(&c->status, why->state, why->why);
	tell_status(c);
}

static struct command *send_command(struct control *c, enum command_kind kind,
				    struct buf *line)
{
	struct command *cmd = xcalloc(1, sizeof(*cmd));

	cmd->kind = kind;
	control_link_send(c->link, line, &cmd->node);
	return cmd;
}

/* The lines are ours and of bounded length: they fit. */
static void must(enum err e)
{
	assert(e == OK);
}

static void send_line(struct control *c, enum command_kind kind,
		      const char *text)
{
	struct buf line;

	buf_init(&line, LINE_BYTES_MAX);
	must(control_put_line(&line, text));
	send_command(c, kind, &line);
}

static void send_add(struct control *c, const struct service *s)
{
	struct buf line;

	buf_init(&line, LINE_BYTES_MAX);
	must(control_put_add_onion(&line, &s->spec));
	send_command(c, CMD_ADD_ONION, &line)->serial = s->serial;
}

static void send_del(struct control *c, const struct service *s)
{
	struct buf line;

	buf_init(&line, LINE_BYTES_MAX);
	must(control_put_del_onion(&line, s->spec.onion));
	send_command(c, CMD_DEL_ONION, &line);
}

static bool on_login(struct control *c, const struct control_reply *r,
		     enum command_kind next, struct failure *why)
{
	struct buf line;
	bool is_fine;

	buf_init(&line, LINE_BYTES_MAX);
	is_fine = next == CMD_AUTHCHALLENGE
		      ? login_on_protocolinfo(&c->login, r, &line, why)
		      : login_on_challenge(&c->login, r, &line, why);
	status_set_version(&c->status, c->login.version);
	if (is_fine)
		send_command(c, c->login.is_filtered ? CMD_AUTHENTICATE : next,
			     &line);
	buf_clear(&line);
	return is_fine;
}

static bool on_authenticated(struct control *c, const struct control_reply *r,
			     struct failure *why)
{
	if (r->code != 250)
		return failure_set(why, TOR_FAILED, "tor refuses our login");
	c->is_listening = true;
	send_line(c, CMD_SETEVENTS,
		  "SETEVENTS STATUS_CLIENT STATUS_GENERAL HS_DESC "
		  "CONF_CHANGED");
	send_line(c, CMD_PHASE, "GETINFO status/bootstrap-phase");
	return true;
}

static bool on_phase(struct control *c, const struct control_reply *r,
		     struct failure *why)
{
	struct control_bootstrap b;

	if (control_read_phase(r, &b) != OK)
		return failure_set_syntax(why);
	/* Asked again as a probe, it says nothing that is not known. */
	if (!c->is_up || b.percent != c->status.percent)
		status_set_bootstrap(&c->status, &b);
	if (!c->is_up) {
		c->is_up = true;
		control_link_set_up(c->link);
		log_info("tor %s: logged in", c->status.version);
	}
	c->probe_at_ms = clock_mono_ms() + PROBE_MS;
	work_at(c, 0);
	return true;
}

static void service_fails(struct control *c, struct service *s,
			  uint64_t until_ms, const char *reason)
{
	service_set_resting(s, until_ms);
	work_at(c, 0);
	tell_service(c, s->id, SERVICE_FAILED, reason);
}

/* 550: the address is there already, of a connection of ours that tor has
 * not noticed to be gone, or because somebody else added it. */
static void on_collision(struct control *c, struct service *s)
{
	if (s->has_collided) {
		service_fails(c, s, clock_mono_ms() + SERVICES_REST_MS,
			      "tor has a service of the same name that is not "
			      "ours to remove");
		return;
	}
	s->has_collided = true;
	send_del(c, s);
	send_add(c, s);
}

static bool on_add_onion(struct control *c, const struct control_reply *r,
			 uint64_t serial, struct failure *why)
{
	struct service *s = services_find_serial(&c->services, serial);
	char onion[ONION_NAME + 1], reason[64];

	if (r->code == 250 && control_read_service_id(r, onion) != OK)
		return failure_set_syntax(why);
	if (!s) /* not wanted any more; its DEL_ONION is on the way */
		return true;
	if (r->code == 550) {
		on_collision(c, s);
	} else if (r->code != 250) {
		snprintf(reason, sizeof(reason), "tor refuses it with code %d",
			 r->code);
		service_fails(c, s, clock_mono_ms() + SERVICES_REST_MS, reason);
	} else if (strcmp(onion, s->spec.onion) != 0) {
		service_fails(c, s, UINT64_MAX,
			      "tor put up a service of another name");
	} else {
		service_set_added(s, c->status.state == TOR_READY,
				  clock_mono_ms());
		work_at(c, 0);
	}
	return true;
}

/* 251: replaced another key; 252: a descriptor could be read with it. */
static void on_auth_add(struct control *c, const struct control_reply *r,
			struct command *cmd)
{
	bool is_ok = r->code >= 250 && r->code <= 252;

	if (is_ok)
		auths_put(&c->auths, cmd->onion, cmd->hash);
	end_command(c, cmd, is_ok ? OK : ERR_RANGE);
}

static bool on_answer(struct control *c, struct command *cmd,
		      const struct control_reply *r, struct failure *why)
{
	enum command_kind kind = cmd->kind;
	uint64_t serial = cmd->serial;

	if (kind == CMD_AUTH_ADD)
		on_auth_add(c, r, cmd);
	else
		free(cmd);
	switch (kind) {
	case CMD_PROTOCOLINFO: return on_login(c, r, CMD_AUTHCHALLENGE, why);
	case CMD_AUTHCHALLENGE: return on_login(c, r, CMD_AUTHENTICATE, why);
	case CMD_AUTHENTICATE: return on_authenticated(c, r, why);
	case CMD_SETEVENTS: return r->code == 250 || failure_set_syntax(why);
	case CMD_PHASE: return on_phase(c, r, why);
	case CMD_ADD_ONION: return on_add_onion(c, r, serial, why);
	case CMD_DEL_ONION:
	case CMD_AUTH_ADD:
	case CMD_AUTH_REMOVE:
	case CMD_NEW_CIRCUITS: return true;
	}
	return true;
}

static void on_desc_event(struct control *c, const struct control_event *ev)
{
	struct service *s = services_find_onion(&c->services, ev->onion);
	char why[128];

	if (!s)
		return;
	if (ev->kind == EVENT_DESC_UPLOAD) {
		s->asked++;
	} else if (ev->kind == EVENT_DESC_UPLOADED && service_on_uploaded(s)) {
		work_at(c, 0);
		tell_service(c, s->id, SERVICE_PUBLISHED, "");
	} else if (ev->kind == EVENT_DESC_REFUSED && service_on_refused(s)) {
		snprintf(why, sizeof(why),
			 "all directories refused the descriptor (%s)",
			 ev->reason);
		tell_service(c, s->id, SERVICE_FAILED, why);
	}
}

static bool on_event(struct control *c, const struct control_reply *r,
		     struct failure *why)
{
	struct control_event ev;

	if (!c->is_listening)
		return failure_set_syntax(why);
	if (control_read_event(r, &ev) != OK)
		return failure_set_syntax(why);
	if (flood_add(&c->events, clock_mono_ms()))
		return failure_set(why, TOR_FAILED,
				   "tor sends too many events");
	/* Before the login is done, its answer will say more. */
	if (c->is_up)
		status_on_event(&c->status, &ev);
	if (ev.onion[0])
		on_desc_event(c, &ev);
	return true;
}

static bool on_reply(void *arg, struct list_node *cmd,
		     const struct control_reply *r, struct failure *why)
{
	struct control *c = arg;

	return cmd ? on_answer(c, command_of(cmd), r, why)
		   : on_event(c, r, why);
}

static void on_settled(void *arg)
{
	struct control *c = arg;

	if (c->status.state == TOR_READY && c->told.state != TOR_READY) {
		services_set_ready(&c->services, clock_mono_ms());
		work_at(c, 0);
	}
	tell_status(c);
}

static void on_connected(void *arg)
{
	struct control *c = arg;

	/* This tor has not said anything yet. */
	c->events.count = 0;
	status_set_starting(&c->status);
	send_line(c, CMD_PROTOCOLINFO, "PROTOCOLINFO 1");
	tell_status(c);
}

/* Those that come while these are told wait for the next turn. */
static void tell_ended(struct control *c)
{
	uint64_t last = c->last_auth_serial;

	while (!list_is_empty(&c->ended)) {
		struct command *cmd = command_of(c->ended.head.next);
		struct client_auth_handler h = cmd->h;
		enum err e = cmd->result;

		if (cmd->serial > last)
			break;
		list_take(&cmd->node);
		free(cmd);
		c->is_in_callback = true;
		if (h.done)
			h.done(h.arg, e);
		c->is_in_callback = false;
	}
	if (!list_is_empty(&c->ended))
		work_at(c, 0);
}

static void on_work(void *arg)
{
	struct control *c = arg;
	const struct service *s;
	uint64_t now_ms = clock_mono_ms();

	tell_ended(c);
	if (!can_send(c))
		return;
	while ((s = services_next(&c->services, now_ms)))
		send_add(c, s);
	if (now_ms >= c->probe_at_ms) {
		c->probe_at_ms = now_ms + PROBE_MS;
		send_line(c, CMD_PHASE, "GETINFO status/bootstrap-phase");
	}
	work_at(c, services_deadline_ms(&c->services, now_ms));
	work_at(c, c->probe_at_ms);
}

struct control *control_new(struct event_base *base,
			    const struct control_config *cfg,
			    const struct control_handler *h)
{
	struct control *c = xcalloc(1, sizeof(*c));
	struct control_link_config lc = {
	    .way = cfg->way,
	    .reply_limit_ms =
		cfg->reply_limit_ms ? cfg->reply_limit_ms : REPLY_LIMIT_MS,
	    .retry_ms = cfg->retry_ms ? cfg->retry_ms : RETRY_MS,
	};
	struct control_link_handler lh = {
	    .arg = c,
	    .connected = on_connected,
	    .reply = on_reply,
	    .settled = on_settled,
	    .down = on_down,
	};

	c->h = *h;
	c->cookie_path = xstrdup(cfg->cookie_path);
	c->login = (struct login){.cookie_path = c->cookie_path,
				  .cookie_uid = cfg->cookie_uid,
				  .is_filtered = cfg->is_filtered};
	c->work = timer_new(base, on_work, c);
	list_init(&c->ended);
	services_init(&c->services);
	auths_init(&c->auths);
	c->link = control_link_new(base, &lc, &lh);
	return c;
}

static void free_commands(struct list *l)
{
	while (!list_is_empty(l)) {
		struct command *cmd = command_of(l->head.next);

		list_take(&cmd->node);
		free(cmd);
	}
}

void control_free(struct control *c)
{
	if (!c)
		return;
	assert(!c->is_in_callback);
	free_commands(control_link_unanswered(c->link));
	free_commands(&c->ended);
	control_link_free(c->link);
	services_clear(&c->services);
	auths_clear(&c->auths);
	timer_free(c->work);
	free(c->cookie_path);
	free(c);
}

void control_hurry(struct control *c)
{
	control_link_hurry(c->link);
}

const struct tor_status *control_status(const struct control *c)
{
	return &c->told;
}

enum err control_publish(struct control *c, uint64_t id,
			 const struct onion_service *s)
{
	const struct service *old = services_find(&c->services, id);
	const struct service *twin;
	enum err e = service_check(s);

	if (e != OK)
		return e;
	twin = services_find_onion(&c->services, s->onion);
	if (twin && twin->id != id)
		return ERR_EXISTS;
	if (old && service_is_same(&old->spec, s))
		return OK;
	control_unpublish(c, id);
	services_put(&c->services, id, s);
	work_at(c, 0);
	return OK;
}

void control_unpublish(struct control *c, uint64_t id)
{
	struct service *s = services_find(&c->services, id);

	if (!s)
		return;
	if (can_send(c) && s->state != SERVICE_IS_WAITING &&
	    s->state != SERVICE_IS_RESTING)
		send_del(c, s);
	services_drop(&c->services, s);
	work_at(c, 0);
}

bool control_is_published(const struct control *c, uint64_t id)
{
	const struct service *s = services_find(&c->services, id);

	return s && s->state == SERVICE_IS_UP;
}

void control_add_client_auth(struct control *c, const char *onion,
			     const uint8_t key[X25519_KEY_BYTES],
			     struct client_auth_handler h)
{
	struct auth_hash hash = auth_hash_of(key);
	struct command *cmd;
	struct buf line;
	enum err e = OK;

	if (!onion_name_is_valid(onion, strlen(onion), NULL))
		e = ERR_RANGE;
	else if (!can_send(c))
		e = ERR_CLOSED;
	if (e != OK || auths_has(&c->auths, onion, hash)) {
		cmd = xcalloc(1, sizeof(*cmd));
		cmd->h = h;
		cmd->serial = ++c->last_auth_serial;
		end_command(c, cmd, e);
		return;
	}
	/* Until tor has answered, it is not known which key it has. */
	auths_drop(&c->auths, onion);
	buf_init(&line, LINE_BYTES_MAX);
	must(control_put_client_auth_add(&line, onion, key));
	cmd = send_command(c, CMD_AUTH_ADD, &line);
	cmd->h = h;
	cmd->serial = ++c->last_auth_serial;
	cmd->hash = hash;
	memcpy(cmd->onion, onion, sizeof(cmd->onion));
}

static void cancel(struct list *l, const void *arg)
{
	struct list_node *n;

	list_for_each (n, l) {
		struct command *cmd = command_of(n);

		if (cmd->h.arg == arg)
			cmd->h.done = NULL;
	}
}

void control_cancel_client_auth(struct control *c, const void *arg)
{
	cancel(control_link_unanswered(c->link), arg);
	cancel(&c->ended, arg);
}

void control_remove_client_auth(struct control *c, const char *onion)
{
	struct buf line;

	if (!can_send(c) || !onion_name_is_valid(onion, strlen(onion), NULL))
		return;
	auths_drop(&c->auths, onion);
	buf_init(&line, LINE_BYTES_MAX);
	must(control_put_client_auth_remove(&line, onion));
	send_command(c, CMD_AUTH_REMOVE, &line);
}

enum err control_new_circuits(struct control *c)
{
	if (!can_send(c))
		return ERR_CLOSED;
	send_line(c, CMD_NEW_CIRCUITS, "SIGNAL NEWNYM");
	return OK;
}
