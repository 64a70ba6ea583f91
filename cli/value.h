/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * value - what may stand for the words in capitals: WHO, TIME, FILE ...
 *
 * A spec is such a word, a word that is typed as it stands, or several of
 * them: "WHO", "on|off", "TIME|off".  The usage of a command is a list of
 * specs: "WHO [TIME|off]", "FILE...".  The checks, the help, the manual and
 * the completions all read these.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPEC_TEXT  40
#define VALUES_MAX 64

enum value_kind {
	VALUE_TEXT, /* whatever one likes */
	VALUE_NUMBER,
	VALUE_TIME,
	VALUE_DATE,
	VALUE_SIZE,
	VALUE_WORD, /* one of a few */
	VALUE_LIST, /* some of them, with commas between */
	VALUE_FILE,
	VALUE_FOLDER,
	VALUE_CONTACT,
	VALUE_USER,
	VALUE_ID,
	VALUE_COMMAND,
};

struct value {
	const char *name; /* "WHO" */
	enum value_kind kind;
	/* Of a number; max of a time in whole minutes, in seconds. */
	uint32_t min, max;
	const char *words; /* "file image voice" */
	const char *text;  /* what it is; NULL: that goes without saying */
};

/* All of them; NULL behind the last. */
const struct value *value_at(size_t i);
/* By its name; NULL if it is none. */
const struct value *value_find(const char *name, size_t n);

/* One of the choices of a spec. */
struct choice {
	char word[SPEC_TEXT];
	const struct value *value; /* NULL: a word that is typed as it stands */
};

/* The next choice of a spec, from *rest on; false behind the last. */
bool spec_next(const char **rest, struct choice *out);
/* Is the text one of the choices?  false after saying why not. */
bool spec_takes(const char *spec, const char *text);

/* One word of a usage. */
struct slot {
	char spec[SPEC_TEXT];
	bool is_optional, is_many;
};

/* The next word of a usage, from *rest on; false behind the last. */
bool usage_next(const char **rest, struct slot *out);
/* What stands at that place; the last one may stand for many.  false: there
 * is nothing. */
bool usage_at(const char *usage, size_t i, struct slot *out);
/* How many words there may be. */
void usage_count(const char *usage, int *min, int *max);

/* A number that was found right; NULL is what is given instead. */
uint64_t value_number(const char *text, uint64_t otherwise);

#endif
