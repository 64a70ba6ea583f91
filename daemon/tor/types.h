/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * types - what the modules of this folder tell each other and the app: the
 * state of tor, and an onion service that is to be up.
 */
#ifndef TOR_TYPES_H
#define TOR_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "tor/onion.h"
#include "util/err.h"

enum tor_state {
	TOR_STOPPED,	   /* nobody answers at the control socket */
	TOR_STARTING,	   /* connected, logging in */
	TOR_BOOTSTRAPPING, /* percent, tag and summary say how far */
	TOR_READY,
	TOR_FAILED, /* warning says why and what to do; tried again */
};

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

#define ONION_KEY_BYTES	  64
#define ONION_TARGET_MAX  107
#define X25519_KEY_BYTES  32
#define ONION_STREAMS_MAX 65535

struct onion_service {
	uint8_t key[ONION_KEY_BYTES]; /* expanded Ed25519 private key */
	char onion[ONION_NAME + 1];   /* its name, without ".onion" */
	bool has_client;	      /* only whoever has client_pk's key */
	uint8_t client_pk[X25519_KEY_BYTES];
	bool has_test; /* with has_client: or whoever has test_pk's */
	uint8_t test_pk[X25519_KEY_BYTES];
	bool has_pow; /* tor's own proof of work, for strangers */
	/* Path of the unix socket that port 1 leads to; see
	 * listener_path_is_valid(). */
	char target[ONION_TARGET_MAX + 1];
	unsigned max_streams; /* per circuit; a circuit with more is closed */
};

/* What control.h tells. */
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
	/* Tor says that the clock jumped, or that the network is back: what
	 * was open may be dead.  NULL: nobody cares. */
	void (*woke)(void *arg);
	/* Tor is there and has not said anything for three times as long as a
	 * reply may take; again each time that goes by.  NULL: as above. */
	void (*hung)(void *arg);
};

struct client_auth_handler {
	void (*done)(void *arg, enum err e);
	void *arg;
};

struct lookup_handler {
	void (*done)(void *arg, enum err e);
	void *arg;
};

#endif
