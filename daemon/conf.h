/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf - what the person who starts umbeld decides.
 *
 * One table (conf_keys.h) names every key.  Values come
 * from the table, then the file (conf_ini), then the environment
 * (conf_environ), then the flags (conf_flags); the later one counts.
 * Pure: the caller reads the file and the environment.  Used by umbeld
 * only; the other processes are told what they need on their command
 * lines.
 */
#ifndef DAEMON_CONF_H
#define DAEMON_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/parcel.h"
#include "util/err.h"
#include "util/log.h"

#define CONF_USERS_MAX	64
#define CONF_HOSTS_MAX	16
#define CONF_HOOKS_MAX	PARCEL_HOOKS_MAX
#define CONF_GUESTS_MAX 16
#define CONF_NAME_MAX	64 /* bytes, as for every user's name */
#define CONF_KEYS_MAX	40
/* A socket's path has 107 bytes; RUN/c/ and a name must fit. */
#define CONF_RUN_MAX 80

#define CONF_LISTEN_DEFAULT "127.0.0.1:7766"

/* A loopback address: 127.0.0.0/8 or ::1. */
struct conf_listen {
	char host[40]; /* numeric, without brackets */
	bool is_ipv6;
	uint16_t port; /* 0: choose a free one */
};

/* Who has said it. */
enum conf_origin {
	CONF_DEFAULT,
	CONF_FILE,
	CONF_ENVIRONMENT,
	CONF_FLAG,
};

struct conf_source {
	enum conf_origin origin;
	unsigned line; /* of the file */
};

struct conf_user {
	char *name;
	char *passphrase_file;
	unsigned line; /* of the section */
};

#define CONF_HOOK_NAME_MAX  32
#define CONF_HOOK_WORDS_MAX 8

/* See conf_hook.h. */
struct conf_hook {
	char *name;
	char *types; /* as event_names_read() takes it */
	char *words[CONF_HOOK_WORDS_MAX + 1]; /* the program, its arguments */
	size_t word_count;
	unsigned timeout_s;
	char *user;    /* NULL: everybody */
	unsigned line; /* of the section */
	unsigned seen; /* keys, while it is read */
};

/* Owns its strings.  Paths are absolute after conf_finish(). */
struct conf {
	char *file; /* that was read; NULL: none */
	char *data;
	char *run; /* no space in it, at most CONF_RUN_MAX bytes */
	struct conf_listen listen;
	enum log_level log_level;
	unsigned auto_lock_minutes; /* 0: never */
	char *tor_path;
	char *tor_extra;     /* NULL, or a file of torrc lines */
	char *tor_writes;    /* NULL, or a folder that they need */
	unsigned transports; /* bits, by place in conf_transports */
	char *tor_bridges;   /* NULL, or a file of bridge lines */
	bool tor_child;	     /* start a tor of our own */
	bool self_test;	     /* users dial their own services now and then */
	/* Of the tor that is there; NULL with a tor of our own. */
	char *control_socket;
	char *socks_socket;
	char *cookie_file; /* NULL: to be looked for */
	bool tor_filtered; /* it asks for no cookie */
	unsigned kdf_memory_mib;
	unsigned kdf_passes;
	unsigned calls_per_minute; /* for each token; 0: no limit */
	unsigned sends_per_minute;
	/* Of one contact; see core/limits.h. */
	unsigned streams_per_hour;
	unsigned messages_per_second;
	unsigned mib_per_day;
	/* See store/file_limits.h. */
	unsigned file_quota_mib;
	unsigned contact_quota_mib;
	unsigned disk_reserve_mib;
	unsigned circuits_max;	     /* see core/limits.h: bulk_links */
	char *hosts[CONF_HOSTS_MAX]; /* more names for the Host header */
	size_t host_count;
	/* Numbers of other users of this machine; see guests.h. */
	unsigned guests[CONF_GUESTS_MAX];
	size_t guest_count;
	char *
	    admins; /* NULL, or a group whose members are let in as the owner */
	struct conf_user users[CONF_USERS_MAX];
	size_t user_count;
	struct conf_hook hooks[CONF_HOOKS_MAX];
	size_t hook_count;
	struct conf_source source[CONF_KEYS_MAX]; /* by place in conf_keys */
};

#define CONF_PLACE_MAX 320
#define CONF_VALUE_MAX 5000

/* One sentence for a person: "umbel.conf:3: expected ...". */
struct conf_error {
	char text[1024];
};

struct conf_key; /* conf_keys.h */

/* What conf_finish() needs to know of the world; NULL if unset. */
struct conf_env {
	const char *cwd;
	const char *home;
	const char *xdg_data_home;
	const char *xdg_runtime_dir;
	const char *credentials_directory;
	/* umbel-core is a unit of its own, which has the credentials. */
	bool credentials_elsewhere;
	bool is_root;
	/* Nothing is to be started: credentials need not be there. */
	bool only_looks;
};

void conf_error_set(struct conf_error *error, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "umbel.conf:7", "UMBEL_TOR_PATH", "--tor" or "the default". */
struct conf_place {
	char text[CONF_PLACE_MAX];
};
struct conf_place conf_where(const struct conf *c, const struct conf_key *key);
/* Notes where its value is from. */
void conf_note(struct conf *c, const struct conf_key *key,
	       enum conf_origin origin, unsigned line);
/* The value as the file has it; an empty one: there is none.  Cut if it is
 * longer than any that conf_set() takes. */
void conf_get(const struct conf *c, const struct conf_key *key,
	      char out[CONF_VALUE_MAX]);

bool conf_listen_is_loopback(const struct conf_listen *l);

/* Fills in the defaults of the table; those that depend on the environment
 * wait for conf_finish(). */
void conf_init(struct conf *c);
void conf_clear(struct conf *c);

/* Sets one key from its text; a list takes the place of the one before.
 * ERR_SYNTAX, and *error says what was expected. */
enum err conf_set(struct conf *c, const struct conf_key *key, const char *text,
		  struct conf_error *error) MUST_CHECK;

/* Fills in what was not given, makes paths absolute, expands
 * ${CREDENTIALS_DIRECTORY}, and checks what needs the whole.  ERR_RANGE and
 * *error filled if it cannot be used. */
enum err conf_finish(struct conf *c, const struct conf_env *env,
		     struct conf_error *error) MUST_CHECK;

#endif
