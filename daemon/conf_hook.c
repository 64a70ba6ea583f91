/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf_hook.h"

#include <stdlib.h>
#include <string.h>

#include "api/event_names.h"
#include "util/mem.h"

#define TIMEOUT_S     30
#define TIMEOUT_MAX_S 3600

static enum err fail(struct conf_error *error, const char *what)
{
	conf_error_set(error, "%s", what);
	return ERR_SYNTAX;
}

/* It stands in URLs, logs and command lines. */
static bool is_name(const char *s, size_t n)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

	return n > 0 && n <= CONF_HOOK_NAME_MAX && strspn(s, allowed) >= n;
}

enum err conf_hook_start(struct conf *c, const char *quoted,
			 struct conf_hook **out, struct conf_error *error)
{
	size_t n = strlen(quoted), i;
	char *name;

	if (n < 3 || quoted[0] != '"' || quoted[n - 1] != '"' ||
	    !is_name(quoted + 1, n - 2))
		return fail(error, "expected [hook \"NAME\"], the name of at "
				   "most 32 of a-z, 0-9, '.', '_' and '-'");
	if (c->hook_count == CONF_HOOKS_MAX)
		return fail(error, "expected at most 16 hooks");
	name = xasprintf("%.*s", (int)n - 2, quoted + 1);
	for (i = 0; i < c->hook_count; i++)
		if (!strcmp(c->hooks[i].name, name)) {
			free(name);
			return fail(error, "expected each hook once");
		}
	*out = &c->hooks[c->hook_count++];
	**out = (struct conf_hook){.name = name, .timeout_s = TIMEOUT_S};
	return OK;
}

/* The next word, its quotes taken off, and what follows; NULL: none, or one
 * that does not end. */
static const char *take_word(const char *p, size_t *n, const char **rest)
{
	const char *end;

	p += strspn(p, " ");
	if (*p != '"') {
		*n = strcspn(p, " \"");
		*rest = p + *n;
		return *n > 0 && strchr(" ", **rest) ? p : NULL;
	}
	end = strchr(++p, '"');
	if (!end || !strchr(" ", end[1]))
		return NULL;
	*n = (size_t)(end - p);
	*rest = end + 1;
	return p;
}

static enum err set_command(struct conf_hook *h, const char *value,
			    struct conf_error *error)
{
	const char *p = value;

	while (p[strspn(p, " ")]) {
		size_t n;
		const char *rest, *word = take_word(p, &n, &rest);

		if (!word)
			return fail(error, "expected words, or \"words in "
					   "quotes\", separated by spaces");
		if (h->word_count == CONF_HOOK_WORDS_MAX)
			return fail(error, "expected a program and at most 7 "
					   "arguments");
		h->words[h->word_count++] = xasprintf("%.*s", (int)n, word);
		p = rest;
	}
	if (h->word_count == 0 || h->words[0][0] != '/')
		return fail(error, "expected the absolute path of a program");
	return OK;
}

static enum err set_types(struct conf_hook *h, const char *value,
			  struct conf_error *error)
{
	if (!event_names_read(value))
		return fail(error, "expected types of events that are kept, "
				   "separated by spaces, as message.received");
	h->types = xstrdup(value);
	return OK;
}

static enum err set_timeout(struct conf_hook *h, const char *value,
			    struct conf_error *error)
{
	char *end;
	unsigned long v = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end || v < 1 ||
	    v > TIMEOUT_MAX_S)
		return fail(error, "expected a number of seconds from 1 to "
				   "3600");
	h->timeout_s = (unsigned)v;
	return OK;
}

static enum err set_user(struct conf_hook *h, const char *value,
			 struct conf_error *error)
{
	if (strlen(value) > CONF_NAME_MAX)
		return fail(error, "expected the name or the id of a user");
	h->user = xstrdup(value);
	return OK;
}

enum err conf_hook_set(struct conf_hook *h, const char *key, const char *value,
		       struct conf_error *error)
{
	static const struct {
		const char *key;
		enum err (*set)(struct conf_hook *h, const char *value,
				struct conf_error *error);
	} keys[] = {{"on", set_types},
		    {"command", set_command},
		    {"timeout", set_timeout},
		    {"user", set_user}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(key, keys[i].key) != 0)
			continue;
		if (h->seen & 1u << i)
			return fail(error, "expected each key once");
		h->seen |= 1u << i;
		return keys[i].set(h, value, error);
	}
	return fail(error, "expected a key of [hook \"NAME\"]: on, command, "
			   "timeout, user");
}
