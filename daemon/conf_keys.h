/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_keys - the table of all keys of the configuration: type, default, flag
 * and help, and the variable of the environment.
 */
#ifndef DAEMON_CONF_KEYS_H
#define DAEMON_CONF_KEYS_H

#include <stddef.h>

enum conf_type {
	CONF_PATH,
	CONF_LISTEN,
	CONF_LEVEL,
	CONF_YES_NO,
	CONF_NUMBER,
	CONF_HOSTS,
	CONF_GUESTS,
	CONF_TRANSPORTS,
	CONF_GROUP,
};

/* What becomes of a change while umbeld runs (conf_change.h). */
enum conf_life {
	CONF_FIXED, /* waits until umbeld is started again */
	CONF_LIVE,
};

/* A pluggable transport, and the one program that umbeld lets tor run for
 * it. */
struct conf_transport {
	const char *name;
	const char *path;
};
extern const struct conf_transport conf_transports[];
extern const size_t conf_transport_count;

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
	enum conf_life life;
};

/* Those of a section stand together. */
extern const struct conf_key conf_keys[];
extern const size_t conf_key_count;

/* NULL if there is none. */
const struct conf_key *conf_key_find(const char *section, const char *name);
/* By its place in struct conf, which is one. */
const struct conf_key *conf_key_at(size_t at);
/* "UMBEL_API_UNIX_ALLOW" for allow in [api.unix]. */
#define CONF_VARIABLE_MAX 64
void conf_key_variable(const struct conf_key *key, char out[CONF_VARIABLE_MAX]);

#endif
