/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf - what the person who starts umbeld decides.
 *
 * One table names every key, its type, default, flag and help.  Values come
 * from the table, then the file (conf_ini), then the flags (conf_flags).
 * Pure: the caller reads the file and the environment.  Used by umbeld
 * only; the other two processes are told what they need on their command
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
/* A socket's path has 107 bytes; RUN/c/ and a name must fit. */
#define CONF_RUN_MAX 80

/* A loopback address: 127.0.0.0/8 or ::1. */
struct conf_listen {
	char host[40]; /* numeric, without brackets */
	bool is_ipv6;
	uint16_t port; /* 0: choose a free one */
};

struct conf_user {
	char *name;
	char *passphrase_file;
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
	char *tor_extra;  /* NULL, or a file of torrc lines */
	char *tor_writes; /* NULL, or a folder that they need */
	bool tor_child;	  /* start a tor of our own */
	bool self_test;	  /* users dial their own services now and then */
	/* Of the tor that is there; NULL with a tor of our own. */
	char *control_socket;
	char *socks_socket;
	char *cookie_file; /* NULL: to be looked for */
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
	struct conf_user users[CONF_USERS_MAX];
	size_t user_count;
	struct conf_hook hooks[CONF_HOOKS_MAX];
	size_t hook_count;
};

/* One sentence for a person: "umbel.conf:3: expected ...". */
struct conf_error {
	char text[512];
};

enum conf_type {
	CONF_PATH,
	CONF_LISTEN,
	CONF_LEVEL,
	CONF_YES_NO,
	CONF_NUMBER,
	CONF_HOSTS,
	CONF_GUESTS,
};

struct conf_key {
	const char *section;
	const char *name;
	enum conf_type type;
	size_t at;	     /* offset of the member in struct conf */
	const char *initial; /* as text; NULL: nothing, or found out later */
	const char *flag;    /* without the dashes; NULL: only in the file */
	const char *operand; /* for the help */
	const char *help;
	unsigned min, max; /* of a CONF_NUMBER */
};

extern const struct conf_key conf_keys[];
extern const size_t conf_key_count;

/* What conf_finish() needs to know of the world; NULL if unset. */
struct conf_env {
	const char *cwd;
	const char *home;
	const char *xdg_data_home;
	const char *xdg_runtime_dir;
	const char *credentials_directory;
	bool is_root;
};

void conf_error_set(struct conf_error *error, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

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
