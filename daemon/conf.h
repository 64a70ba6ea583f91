/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf - what the person who starts umbeld decides.
 *
 * One table names every key, its type, default, flag and help.  Values come
 * from the table, then the file, then the flags.  Pure: the caller reads the
 * file and the environment.  Used by umbeld only; the other two processes
 * are told what they need on their command lines.
 */
#ifndef DAEMON_CONF_H
#define DAEMON_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"

#define CONF_FILE_MAX  65536 /* bytes */
#define CONF_LINE_MAX  1024
#define CONF_USERS_MAX 64
#define CONF_HOSTS_MAX 16
#define CONF_PORT      7766
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
	char *passphrase_file; /* absolute after conf_finish() */
};

struct conf {
	/* Absolute, no slash at the end, after conf_finish(). */
	char *data;
	char *run;
	struct conf_listen listen;
	enum log_level log_level;
	char *tor_path;	      /* absolute */
	char *tor_extra;      /* NULL or absolute: a file of torrc lines */
	bool tor_child;	      /* start a tor of our own */
	char *control_socket; /* the three are set after conf_finish(): */
	char *socks_socket;   /* ours, or those of the tor that is there */
	char *cookie_file;
	unsigned kdf_memory_mib;
	unsigned kdf_passes;
	char *hosts[CONF_HOSTS_MAX]; /* more names for the Host header */
	size_t host_count;
	struct conf_user users[CONF_USERS_MAX];
	size_t user_count;
};

/* One sentence for a person: "umbel.conf:3: expected ...". */
struct conf_error {
	char text[512];
};

/* What conf_finish() needs to know of the world; NULL if unset. */
struct conf_env {
	const char *home;
	const char *xdg_data_home;
	const char *xdg_runtime_dir;
	const char *credentials_directory;
	const char *cwd;
	bool is_root;
};

/* What the command line asks for beside values. */
struct conf_flags {
	bool help;
	bool version;
	bool check;
	const char *file; /* --config; borrowed from argv; NULL: the default */
};

/* Fills in the defaults of the table; paths that depend on the environment
 * stay NULL until conf_finish(). */
void conf_init(struct conf *c);
void conf_clear(struct conf *c);

/* Reads an INI text; name stands in front of errors.  ERR_SYNTAX and *error
 * filled for the first line that is wrong; c then holds what came before. */
enum err conf_parse(struct bytes text, const char *name, struct conf *c,
		    struct conf_error *error) MUST_CHECK;

/* Reads the flags that are no values (--help, --config ...) into flags and
 * checks that every flag is known and complete. */
enum err conf_flags_scan(int argc, char *const *argv, struct conf_flags *flags,
			 struct conf_error *error) MUST_CHECK;

/* Lets the values among the flags overrule what c holds.  Call it after
 * conf_flags_scan() and conf_parse(). */
enum err conf_flags_apply(int argc, char *const *argv, struct conf *c,
			  struct conf_error *error) MUST_CHECK;

/* Fills in paths that were not given, makes all absolute, expands
 * ${CREDENTIALS_DIRECTORY}, and checks what needs the whole.  ERR_RANGE and
 * *error filled if it cannot be used. */
enum err conf_finish(struct conf *c, const struct conf_env *env,
		     struct conf_error *error) MUST_CHECK;

/* Writes the list of flags, from the table. */
void conf_print_help(FILE *out);

#endif
