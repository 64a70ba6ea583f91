/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fake_tor - tor's control port for a test, in the test's own event loop.
 *
 * Does what tor does, but for the faults that are set in its fields.
 */
#ifndef TESTS_UNIT_FAKE_TOR_H
#define TESTS_UNIT_FAKE_TOR_H

#include "tests/unit/loop.h"
#include "tor/onion.h"

#define FAKE_SERVICES 32

struct listener;
struct stream;

struct fake_tor {
	struct loop *l;
	struct listener *listener;
	struct stream *conn;
	char control[108], cookie_path[108];
	uint8_t cookie[32];
	char in[4096];
	size_t in_len;
	/* faults */
	const char *version;   /* NULL: one that is new enough */
	const char *methods;   /* NULL: COOKIE,SAFECOOKIE */
	const char *add_reply; /* instead of ServiceID=... */
	const char *greeting;  /* sent at once, before any command */
	bool has_bad_hash, is_mute, is_silent_on_add;
	bool never_uploads;	   /* and tells of no upload */
	bool has_refusing_dirs;	   /* and tells of refusals */
	unsigned collisions;	   /* so many ADD_ONION are answered 550 */
	bool has_foreign_services; /* DEL_ONION is answered 552 */
	size_t cut_after;	   /* bytes sent, then it closes; 0: never */
	/* what happened */
	char up[FAKE_SERVICES][ONION_NAME + 1]; /* "" for a free place */
	unsigned logins, connects, adds, dels, auth_adds, auth_removes;
	unsigned up_count, up_max, uploads;
	size_t sent;
	char last_add[512], first_command[64];
};

/* Listens; the cookie is written. */
void fake_tor_init(struct fake_tor *t, struct loop *l);
void fake_tor_clear(struct fake_tor *t);
/* As if tor had been killed, and started again. */
void fake_tor_stop(struct fake_tor *t);
void fake_tor_start(struct fake_tor *t);
/* Drops the connection; services of it are gone. */
void fake_tor_cut(struct fake_tor *t);
/* Sends as it is. */
void fake_tor_say(struct fake_tor *t, const char *wire);
void fake_tor_write_cookie(struct fake_tor *t, size_t n, mode_t mode);
bool fake_tor_has(const struct fake_tor *t, const char *onion);
/* The name of a key; the checksum inside is zero, nobody here minds. */
void fake_onion_name(const uint8_t key[64], char out[ONION_NAME + 1]);

#endif
