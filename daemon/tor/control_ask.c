/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/timer.h"
#include "tor/control.h"
#include "tor/control_inside.h"
#include "util/clock.h"
#include "util/mem.h"

struct command *control_command_of(struct list_node *n)
{
	return list_entry(n, struct command, node);
}

bool control_can_send(const struct control *c)
{
	return c->is_up && control_link_is_open(c->link);
}

void control_work_at(struct control *c, uint64_t at_ms)
{
	if (at_ms < timer_get_ms(c->work))
		timer_set_ms(c->work, at_ms);
}

struct command *control_send(struct control *c, enum command_kind kind,
			     struct buf *line)
{
	struct command *cmd = xcalloc(1, sizeof(*cmd));

	cmd->kind = kind;
	control_link_send(c->link, line, &cmd->node);
	return cmd;
}

void control_must(enum err e)
{
	assert(e == OK);
}

void control_end(struct control *c, struct command *cmd, enum err e)
{
	list_take(&cmd->node);
	if (!cmd->h.done) {
		free(cmd);
		return;
	}
	cmd->result = e;
	list_put_last(&c->ended, &cmd->node);
	control_work_at(c, 0);
}

/* 251: replaced another key; 252: a descriptor could be read with it. */
void control_on_auth_add(struct control *c, const struct control_reply *r,
			 struct command *cmd)
{
	bool is_ok = r->code >= 250 && r->code <= 252;

	if (is_ok)
		auths_put(&c->auths, cmd->onion, cmd->hash);
	control_end(c, cmd, is_ok ? OK : ERR_RANGE);
}

/* Those that come while these are told wait for the next turn. */
void control_tell_ended(struct control *c)
{
	uint64_t last = c->last_auth_serial;

	while (!list_is_empty(&c->ended)) {
		struct command *cmd = control_command_of(c->ended.head.next);
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
		control_work_at(c, 0);
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
	else if (!control_can_send(c))
		e = ERR_CLOSED;
	if (e != OK || auths_has(&c->auths, onion, hash)) {
		cmd = xcalloc(1, sizeof(*cmd));
		cmd->h = h;
		cmd->serial = ++c->last_auth_serial;
		control_end(c, cmd, e);
		return;
	}
	/* Until tor has answered, it is not known which key it has. */
	auths_drop(&c->auths, onion);
	buf_init(&line, LINE_BYTES_MAX);
	control_must(control_put_client_auth_add(&line, onion, key));
	cmd = control_send(c, CMD_AUTH_ADD, &line);
	cmd->h = h;
	cmd->serial = ++c->last_auth_serial;
	cmd->hash = hash;
	memcpy(cmd->onion, onion, sizeof(cmd->onion));
}

static void cancel(struct list *l, const void *arg)
{
	struct list_node *n;

	list_for_each (n, l) {
		struct command *cmd = control_command_of(n);

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

	if (!control_can_send(c) ||
	    !onion_name_is_valid(onion, strlen(onion), NULL))
		return;
	auths_drop(&c->auths, onion);
	buf_init(&line, LINE_BYTES_MAX);
	control_must(control_put_client_auth_remove(&line, onion));
	control_send(c, CMD_AUTH_REMOVE, &line);
}

void control_look_up(struct control *c, const char *onion,
		     struct lookup_handler h)
{
	lookups_put(&c->lookups, onion, h, clock_mono_ms());
	control_work_at(c, 0);
	if (!control_can_send(c))
		lookups_fail(&c->lookups);
}

void control_ask_directories(struct control *c)
{
	const char *onion;
	struct buf line;

	while ((onion = lookups_ask(&c->lookups))) {
		buf_init(&line, LINE_BYTES_MAX);
		control_must(control_put_look_up(&line, onion));
		control_send(c, CMD_LOOK_UP, &line);
	}
}

void control_cancel_look_up(struct control *c, const void *arg)
{
	lookups_cancel(&c->lookups, arg);
}
