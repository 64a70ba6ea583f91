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

#include "tor/onion.h"
#include "util/err.h"

struct event_base;
struct control;

enum tor_state {
	TOR_STOPPED,	   /* nobody answers at the control socket */
	TOR_STARTING,	   /* connected, logging in */
	TOR_BOOTSTRAPPING, /* percent, tag and summary say how far */
	TOR_READY,
	TOR_FAILED, /* warning says why and what to do; tried again */
};

/* Lower case, as in the API. */
const char *tor_state_str(enum tor_state s);

struct tor_status {
	enum tor_state state;
	unsigned percent;  /* of the bootstrap */
	char tag[32];	   /* "conn", "done" ...; printable ASCII, as all */
	char summary[128]; /* tor's words */
	char warning[192]; /* empty if there is none */
	char version[64];
	bool has_clock_skew;
	int64_t clock_skew_s; /* our clock minus tor's source; 0: unknown */
	/* Another controller has changed tor's configuration. */
	bool is_conf_changed;
};

enum service_event {
	SERVICE_PUBLISHED, /* a descriptor has been uploaded */
	SERVICE_FAILED,	   /* reason says why; tried again where it helps */
};

struct control_handler {
	void *arg;
	void (*status)(void *arg, const struct tor_status *st);
	/* reason: a sentence part for a person, or "". */
	void (*service)(void *arg, uint64_t id, enum service_event ev,
			const char *reason);
};

struct control_config {
	const char *control_path; /* tor's control socket */
	const char *cookie_path;  /* the only cookie file ever read */
	uid_t cookie_uid;	  /* who may own it beside ourselves */
	uint64_t reply_limit_ms;  /* 0: 20 s; then tor counts as hung */
};

/* Starts to connect, from the loop, and goes on for ever.  cfg is copied. */
struct control *control_new(struct event_base *base,
			    const struct control_config *cfg,
			    const struct control_handler *h);
/* Closes the connection: tor takes the services down with it. */
void control_free(struct control *c);
const struct tor_status *control_status(const struct control *c);

#define ONION_KEY_BYTES	  64
#define ONION_TARGET_MAX  107
#define X25519_KEY_BYTES  32
#define ONION_STREAMS_MAX 65535

struct onion_service {
	uint8_t key[ONION_KEY_BYTES]; /* expanded Ed25519 private key */
	char onion[ONION_NAME + 1];   /* its name, without ".onion" */
	bool has_client;	      /* only whoever has client_pk's key */
	uint8_t client_pk[X25519_KEY_BYTES];
	bool has_pow; /* tor's own proof of work, for strangers */
	/* Path of the unix socket that port 1 leads to; see
	 * listener_path_is_valid(). */
	char target[ONION_TARGET_MAX + 1];
	unsigned max_streams; /* per circuit; a circuit with more is closed */
};

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
struct client_auth_handler {
	void (*done)(void *arg, enum err e);
	void *arg;
};
void control_add_client_auth(struct control *c, const char *onion,
			     const uint8_t key[X25519_KEY_BYTES],
			     struct client_auth_handler h);
/* done is not called for whoever added with this arg. */
void control_cancel_client_auth(struct control *c, const void *arg);
/* Makes tor forget the key, if the connection is up. */
void control_remove_client_auth(struct control *c, const char *onion);

#endif
