/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/control.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "net/timer.h"
#include "tor/control_inside.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define RETRY_MS	 100
#define CIRCUITS_REST_MS 11000
#define REPLY_LIMIT_MS	 20000
#define GUARD_GAP_MS	 (10 * 60 * 1000)
#define HUNG_SILENCES	 3
#define PROBE_MS	 30000 /* idle for so long: ask, or never know */

static void tell_status(struct control *c)
{
	if (status_is_equal(&c->status, &c->told))
		return;
	c->told = c->status;
	c->is_in_callback = true;
	c->h.status(c->h.arg, &c->told);
	c->is_in_callback = false;
}

static void tell_woke(struct control *c)
{
	c->is_in_callback = true;
	if (c->h.woke)
		c->h.woke(c->h.arg);
	c->is_in_callback = false;
}

static void tell_hung(struct control *c)
{
	unsigned silences = control_link_silences(c->link);

	if (!c->h.hung || silences == 0 || silences % HUNG_SILENCES != 0)
		return;
	c->is_in_callback = true;
	c->h.hung(c->h.arg);
	c->is_in_callback = false;
}

static void tell_service(struct control *c, uint64_t id, enum service_event ev,
			 const char *reason)
{
	c->is_in_callback = true;
	c->h.service(c->h.arg, id, ev, reason);
	c->is_in_callback = false;
}

static void on_down(void *arg, const struct failure *why)
{
	struct control *c = arg;
	struct list *l = control_link_unanswered(c->link);

	c->is_up = false;
	c->is_listening = false;
	while (!list_is_empty(l))
		control_end(c, control_command_of(l->head.next), ERR_CLOSED);
	services_reset(&c->services);
	c->circuits_ms = 0; /* the next tor is another one */
	c->guard_ms = 0;
	auths_clear(&c->auths);
	lookups_fail(&c->lookups);
	control_work_at(c, 0);
	if (why->state == TOR_FAILED &&
	    strcmp(why->why, c->status.warning) != 0)
		log_warn("%s", why->why);
	status_set_down(&c->status, why->state, why->why);
	tell_status(c);
	tell_hung(c);
}

static void send_line(struct control *c, enum command_kind kind,
		      const char *text)
{
	struct buf line;

	buf_init(&line, LINE_BYTES_MAX);
	control_must(control_put_line(&line, text));
	control_send(c, kind, &line);
}

static void send_add(struct control *c, const struct service *s)
{
	struct buf line;

	buf_init(&line, LINE_BYTES_MAX);
	control_must(control_put_add_onion(&line, &s->spec));
	control_send(c, CMD_ADD_ONION, &line)->serial = s->serial;
}

static void send_del(struct control *c, const struct service *s)
{
	struct buf line;

	buf_init(&line, LINE_BYTES_MAX);
	control_must(control_put_del_onion(&line, s->spec.onion));
	control_send(c, CMD_DEL_ONION, &line);
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
		control_send(c, c->login.is_filtered ? CMD_AUTHENTICATE : next,
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
		  c->login.is_filtered
		      ? "SETEVENTS STATUS_CLIENT STATUS_GENERAL HS_DESC "
			"CONF_CHANGED NETWORK_LIVENESS"
		      : "SETEVENTS STATUS_CLIENT STATUS_GENERAL HS_DESC "
			"CONF_CHANGED NETWORK_LIVENESS GUARD");
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
	control_work_at(c, 0);
	return true;
}

static void service_fails(struct control *c, struct service *s,
			  uint64_t until_ms, const char *reason)
{
	service_set_resting(s, until_ms);
	control_work_at(c, 0);
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
		control_work_at(c, 0);
	}
	return true;
}

static bool on_answer(struct control *c, struct command *cmd,
		      const struct control_reply *r, struct failure *why)
{
	enum command_kind kind = cmd->kind;
	uint64_t serial = cmd->serial;

	if (kind == CMD_AUTH_ADD)
		control_on_auth_add(c, r, cmd);
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
	case CMD_LOOK_UP:
		if (r->code != 250)
			lookups_give_up(&c->lookups);
		control_work_at(c, 0);
		return true;
	}
	return true;
}

static void on_desc_event(struct control *c, const struct control_event *ev)
{
	struct service *s = services_find_onion(&c->services, ev->onion);
	char why[128];

	if (lookups_on_event(&c->lookups, ev))
		control_work_at(c, 0);
	if (!s)
		return;
	if (ev->kind == EVENT_DESC_UPLOAD) {
		s->asked++;
	} else if (ev->kind == EVENT_DESC_UPLOADED && service_on_uploaded(s)) {
		control_work_at(c, 0);
		tell_service(c, s->id, SERVICE_PUBLISHED, "");
	} else if (ev->kind == EVENT_DESC_REFUSED && service_on_refused(s)) {
		snprintf(why, sizeof(why),
			 "all directories refused the descriptor (%s)",
			 ev->reason);
		tell_service(c, s->id, SERVICE_FAILED, why);
	}
}

/* Without a network tor loses its guards one by one, and again and again: it
 * is told once, and when one is back. */
static bool is_guard_news(struct control *c, enum control_event_kind kind)
{
	uint64_t now_ms = clock_mono_ms(), was_ms = c->guard_ms;

	if (kind == EVENT_GUARD_UP) {
		c->guard_ms = 0;
		return was_ms != 0;
	}
	if (was_ms != 0 && now_ms - was_ms < GUARD_GAP_MS)
		return false;
	c->guard_ms = now_ms;
	return true;
}

/* What may have cut us off, or has put us back. */
static bool is_doubt(struct control *c, enum control_event_kind kind)
{
	if (kind == EVENT_GUARD_DOWN || kind == EVENT_GUARD_UP)
		return is_guard_news(c, kind);
	return kind == EVENT_CLOCK_JUMPED || kind == EVENT_NETWORK_UP;
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
	if (is_doubt(c, ev.kind))
		tell_woke(c);
	return true;
}

static bool on_reply(void *arg, struct list_node *cmd,
		     const struct control_reply *r, struct failure *why)
{
	struct control *c = arg;

	return cmd ? on_answer(c, control_command_of(cmd), r, why)
		   : on_event(c, r, why);
}

static void on_settled(void *arg)
{
	struct control *c = arg;

	if (c->status.state == TOR_READY && c->told.state != TOR_READY) {
		services_set_ready(&c->services, clock_mono_ms());
		control_work_at(c, 0);
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

static void on_work(void *arg)
{
	struct control *c = arg;
	const struct service *s;
	uint64_t now_ms = clock_mono_ms();

	control_tell_ended(c);
	control_work_at(c, lookups_tell(&c->lookups, now_ms));
	if (!control_can_send(c))
		return;
	control_ask_directories(c);
	while ((s = services_next(&c->services, now_ms)))
		send_add(c, s);
	if (now_ms >= c->probe_at_ms) {
		c->probe_at_ms = now_ms + PROBE_MS;
		send_line(c, CMD_PHASE, "GETINFO status/bootstrap-phase");
	}
	control_work_at(c, services_deadline_ms(&c->services, now_ms));
	control_work_at(c, c->probe_at_ms);
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
	lookups_init(&c->lookups);
	c->link = control_link_new(base, &lc, &lh);
	return c;
}

static void free_commands(struct list *l)
{
	while (!list_is_empty(l)) {
		struct command *cmd = control_command_of(l->head.next);

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
	lookups_clear(&c->lookups);
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
	control_work_at(c, 0);
	return OK;
}

void control_unpublish(struct control *c, uint64_t id)
{
	struct service *s = services_find(&c->services, id);

	if (!s)
		return;
	if (control_can_send(c) && s->state != SERVICE_IS_WAITING &&
	    s->state != SERVICE_IS_RESTING)
		send_del(c, s);
	services_drop(&c->services, s);
	control_work_at(c, 0);
}

bool control_is_published(const struct control *c, uint64_t id)
{
	const struct service *s = services_find(&c->services, id);

	return s && s->state == SERVICE_IS_UP;
}

enum err control_new_circuits(struct control *c)
{
	uint64_t now_ms = clock_mono_ms();

	if (!control_can_send(c))
		return ERR_CLOSED;
	/* Tor would put it off, and then forget keys that it got since. */
	if (now_ms < c->circuits_ms)
		return OK;
	c->circuits_ms = now_ms + CIRCUITS_REST_MS;
	/* With its circuits tor forgets the keys that we gave it. */
	auths_clear(&c->auths);
	send_line(c, CMD_NEW_CIRCUITS, "SIGNAL NEWNYM");
	return OK;
}
