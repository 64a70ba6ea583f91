/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * control_inside - what control.c and control_ask.c share, and nobody else.
 *
 * control.c is the connection and the services; control_ask.c what others ask
 * tor for and get an answer to.
 */
#ifndef TOR_CONTROL_INSIDE_H
#define TOR_CONTROL_INSIDE_H

#include "tor/auths.h"
#include "tor/control_link.h"
#include "tor/control_msg.h"
#include "tor/flood.h"
#include "tor/login.h"
#include "tor/lookups.h"
#include "tor/services.h"

struct timer;

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
	CMD_LOOK_UP,
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
	struct lookups lookups;
	struct login login;
	char *cookie_path;
	struct tor_status status, told;
	uint64_t circuits_ms; /* no NEWNYM before */
	uint64_t guard_ms;    /* one was lost; 0: none, as far as is known */
	uint64_t probe_at_ms, last_auth_serial;
	struct flood events;
	bool is_up;	   /* logged in */
	bool is_listening; /* has asked for events */
	bool is_in_callback;
};

struct command *control_command_of(struct list_node *n);
bool control_can_send(const struct control *c);
void control_work_at(struct control *c, uint64_t at_ms);
/* Wipes and clears the line. */
struct command *control_send(struct control *c, enum command_kind kind,
			     struct buf *line);
/* The lines are ours and of bounded length: they fit. */
void control_must(enum err e);
/* Its done() is told later, if there is one. */
void control_end(struct control *c, struct command *cmd OWNED, enum err e);
void control_on_auth_add(struct control *c, const struct control_reply *r,
			 struct command *cmd OWNED);
void control_tell_ended(struct control *c);
/* The connection is up. */
void control_ask_directories(struct control *c);

#endif
