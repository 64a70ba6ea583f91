/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf_environ.h"

#include <string.h>

#include "conf_keys.h"
#include "util/mem.h"

static const struct conf_key *find_key(const char *name, size_t n)
{
	char variable[CONF_VARIABLE_MAX];
	size_t i;

	for (i = 0; i < conf_key_count; i++) {
		conf_key_variable(&conf_keys[i], variable);
		if (strlen(variable) == n && !strncmp(variable, name, n))
			return &conf_keys[i];
	}
	return NULL;
}

/* "UMBEL_TOR_", up to the section. */
static bool is_like_ours(const char *name, size_t n)
{
	char variable[CONF_VARIABLE_MAX];
	size_t i, head;

	for (i = 0; i < conf_key_count; i++) {
		conf_key_variable(&conf_keys[i], variable);
		head = strlen(variable) - strlen(conf_keys[i].name);
		if (n > head && !strncmp(variable, name, head))
			return true;
	}
	return false;
}

static enum err apply(const char *name, size_t n, const char *value,
		      struct conf *c, struct conf_error *error)
{
	const struct conf_key *key = find_key(name, n);
	struct conf_error inner;

	if (!key && !is_like_ours(name, n))
		return OK;
	if (!key) {
		conf_error_set(error,
			       "%s in the environment is no key of the "
			       "configuration: umbeld --print-config shows all "
			       "of them",
			       log_text(name, n).s);
		return ERR_SYNTAX;
	}
	if (key->type == CONF_PATH && value[0] != '/') {
		conf_error_set(error, "%.*s: expected an absolute path", (int)n,
			       name);
		return ERR_SYNTAX;
	}
	if (conf_set(c, key, value, &inner) != OK) {
		conf_error_set(error, "%.*s: %s", (int)n, name, inner.text);
		return ERR_SYNTAX;
	}
	conf_note(c, key, CONF_ENVIRONMENT, 0);
	return OK;
}

enum err conf_environ_apply(char *const *vars, struct conf *c,
			    struct conf_error *error)
{
	enum err e = OK;

	for (; *vars && e == OK; vars++) {
		const char *equals = strchr(*vars, '=');

		if (!strncmp(*vars, "UMBEL_", 6) && equals && equals[1])
			e = apply(*vars, (size_t)(equals - *vars), equals + 1,
				  c, error);
	}
	return e;
}
