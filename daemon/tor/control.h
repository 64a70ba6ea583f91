/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * control - our side of tor's control port.
 *
 * Connects, authenticates by SAFECOOKIE, follows the bootstrap, and keeps
 * the table of onion services that should be up: whatever happens to tor or
 * to the connection, they are added again.  Takes nothing from tor without
 * checking it against a grammar, and never puts a part of a reply into a
 * command.  Callbacks come from the loop only, never from inside a call;
 * they may call everything here but control_free().
 */
#ifndef TOR_CONTROL_H
#define TOR_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/way.h"
#include "tor/status.h"
#include "tor/types.h"
#include "util/err.h"

struct event_base;
struct control;

struct control_config {
	struct way way;		 /* to tor */
	const char *cookie_path; /* the only cookie file ever read */
	uid_t cookie_uid;	 /* who may own it beside ourselves */
	/* A filter such as onion-grater stands before tor: it has logged in,
	 * and asks for no cookie. */
	bool is_filtered;
	uint64_t reply_limit_ms; /* 0: 20 s; then tor counts as hung */
	uint64_t retry_ms;	 /* 0: 100 ms, doubled up to 5 s */
};

/* Starts to connect, from the loop, and goes on for ever.  cfg is copied. */
struct control *control_new(struct event_base *base,
			    const struct control_config *cfg,
			    const struct control_handler *h);
/* Closes the connection: tor takes the services down with it. */
void control_free(struct control *c);
/* The way to tor is open, perhaps again: not to wait for the next try. */
void control_hurry(struct control *c);
const struct tor_status *control_status(const struct control *c);

/* Wants the service up from now on, after those wanted before.  The same id
 * again: replaced if anything differs.  ERR_RANGE for a name, target or
 * stream count that cannot be, ERR_AUTH if key is not the name's,
 * ERR_EXISTS if another id has the name. */
enum err control_publish(struct control *c, uint64_t id,
			 const struct onion_service *s) MUST_CHECK;
/* Wants it down.  Streams that are open survive: close them yourself. */
void control_unpublish(struct control *c, uint64_t id);
/* True from SERVICE_PUBLISHED until tor or the connection is lost. */
bool control_is_published(const struct control *c, uint64_t id);

/* Gives tor the private key that an onion service asks its clients for; tor
 * keeps one per name.  done comes once, from the loop: OK, ERR_CLOSED if tor
 * cannot be reached or the connection broke, ERR_RANGE if the name or tor's
 * answer is bad.  Cheap if this connection has told tor already. */
void control_add_client_auth(struct control *c, const char *onion,
			     const uint8_t key[X25519_KEY_BYTES],
			     struct client_auth_handler h);
/* done is not called for whoever added with this arg. */
void control_cancel_client_auth(struct control *c, const void *arg);
/* What is dialled from now on goes over circuits that nothing went over yet.
 * ERR_CLOSED if the connection is not up. */
enum err control_new_circuits(struct control *c) MUST_CHECK;
/* Asks a directory for the descriptor of an onion service, whatever tor has of
 * it; its key has been given.  done comes once, from the loop: OK if there is
 * one, or if that could not be found out, ERR_NOT_FOUND if no directory that
 * was asked has it, ERR_CLOSED if tor cannot be reached. */
void control_look_up(struct control *c, const char *onion,
		     struct lookup_handler h);
/* done is not called for whoever asked with this arg. */
void control_cancel_look_up(struct control *c, const void *arg);
/* Makes tor forget the key, if the connection is up. */
void control_remove_client_auth(struct control *c, const char *onion);

#endif
