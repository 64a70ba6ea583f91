/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf_ini.h"

#include "conf_hook.h"
#include "conf_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

struct parser {
	struct conf *conf;
	struct conf_error *error;
	const char *name;
	unsigned line_number;
	/* The section: none before the first; user is set in a [user], hook
	 * in a [hook]. */
	char section[16];
	struct conf_user *user;
	struct conf_hook *hook;
	bool seen[CONF_KEYS_MAX]; /* by place in conf_keys */
};

static enum err fail(struct parser *p, const char *what)
{
	conf_error_set(p->error, "%s:%u: %s", p->name, p->line_number, what);
	return ERR_SYNTAX;
}

static char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	for (n = strlen(s); n > 0 && strchr(" \t", s[n - 1]); n--)
		s[n - 1] = '\0';
	return s;
}

static bool is_section(const char *name)
{
	size_t i;

	for (i = 0; i < conf_key_count; i++)
		if (!strcmp(name, conf_keys[i].section))
			return true;
	return false;
}

/* What stands between "user" and the bracket: "NAME" in quotes. */
static enum err start_user(struct parser *p, char *quoted)
{
	struct conf *c = p->conf;
	size_t n = strlen(quoted), i;
	char *name;

	if (n < 3 || quoted[0] != '"' || quoted[n - 1] != '"')
		return fail(p, "expected [user \"NAME\"]");
	quoted[n - 1] = '\0';
	name = quoted + 1;
	/* = separates name and file on the core's command line. */
	if (strlen(name) > CONF_NAME_MAX || strpbrk(name, "\"="))
		return fail(p, "expected a name of at most 64 bytes without "
			       "quotes and '='; a user's id does as well");
	for (i = 0; i < c->user_count; i++)
		if (!strcmp(c->users[i].name, name))
			return fail(p, "expected each user once");
	if (c->user_count == CONF_USERS_MAX)
		return fail(p, "expected at most 64 users");
	p->user = &c->users[c->user_count++];
	p->user->name = xstrdup(name);
	p->user->line = p->line_number;
	return OK;
}

static enum err start_hook(struct parser *p, const char *quoted)
{
	struct conf_error inner;

	if (conf_hook_start(p->conf, quoted, &p->hook, &inner) != OK)
		return fail(p, inner.text);
	p->hook->line = p->line_number;
	return OK;
}

/* Is it "WORD ..."?  Then what follows the word. */
static char *after_word(char *inner, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(inner, word, n) != 0 || !strchr(" \"", inner[n]))
		return NULL;
	return trim(inner + n);
}

static enum err start_section(struct parser *p, char *line)
{
	size_t n = strlen(line);
	char *inner, *rest;

	if (line[n - 1] != ']')
		return fail(p, "expected ']' at the end of the line");
	line[n - 1] = '\0';
	inner = trim(line + 1);
	p->user = NULL;
	p->hook = NULL;
	p->section[0] = '\0';
	if ((rest = after_word(inner, "user")))
		return start_user(p, rest);
	if ((rest = after_word(inner, "hook")))
		return start_hook(p, rest);
	if (!is_section(inner))
		return fail(
		    p,
		    "expected [daemon], [tor], [kdf], [api], "
		    "[api.unix], [contacts], [files], [user \"NAME\"] or [hook "
		    "\"NAME\"]");
	snprintf(p->section, sizeof(p->section), "%s", inner);
	return OK;
}

static enum err set_user(struct parser *p, const char *key, const char *value)
{
	if (strcmp(key, "passphrase_file") != 0)
		return fail(p, "expected passphrase_file, the one key of "
			       "[user \"NAME\"]");
	if (p->user->passphrase_file)
		return fail(p, "expected passphrase_file once");
	if (value[0] != '/' &&
	    strncmp(value, "${CREDENTIALS_DIRECTORY}/", 25) != 0)
		return fail(p, "expected an absolute path, or one that "
			       "begins with ${CREDENTIALS_DIRECTORY}/");
	p->user->passphrase_file = xstrdup(value);
	return OK;
}

static enum err set_hook(struct parser *p, const char *key, const char *value)
{
	struct conf_error inner;

	if (conf_hook_set(p->hook, key, value, &inner) != OK)
		return fail(p, inner.text);
	return OK;
}

static enum err fail_unknown(struct parser *p)
{
	char list[200] = "";
	char what[240];
	size_t i;

	for (i = 0; i < conf_key_count; i++)
		if (!strcmp(conf_keys[i].section, p->section))
			snprintf(list + strlen(list),
				 sizeof(list) - strlen(list), "%s%s",
				 list[0] ? ", " : "", conf_keys[i].name);
	snprintf(what, sizeof(what), "expected a key of [%s]: %s", p->section,
		 list);
	return fail(p, what);
}

static enum err set_key(struct parser *p, const char *name, const char *value)
{
	const struct conf_key *key = conf_key_find(p->section, name);
	struct conf_error inner;

	if (!key)
		return fail_unknown(p);
	if (p->seen[key - conf_keys])
		return fail(p, "expected each key once");
	p->seen[key - conf_keys] = true;
	if (key->type == CONF_PATH && value[0] != '/')
		return fail(p, "expected an absolute path");
	if (conf_set(p->conf, key, value, &inner) != OK)
		return fail(p, inner.text);
	conf_note(p->conf, key, CONF_FILE, p->line_number);
	return OK;
}

static enum err parse_line(struct parser *p, char *line)
{
	char *equals, *key, *value;

	line = trim(line);
	if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
		return OK;
	if (line[0] == '[')
		return start_section(p, line);
	equals = strchr(line, '=');
	if (!equals)
		return fail(p, "expected key = value, or [section]");
	*equals = '\0';
	key = trim(line);
	value = trim(equals + 1);
	if (!value[0])
		return fail(p, "expected a value after '='");
	if (p->user)
		return set_user(p, key, value);
	if (p->hook)
		return set_hook(p, key, value);
	if (!p->section[0])
		return fail(p, "expected a [section] before the first key");
	return set_key(p, key, value);
}

/* Tabs pass as the spaces they stand for. */
static enum err check_line(struct parser *p, char *line, size_t n)
{
	size_t i;

	if (p->line_number == 1 && n >= 2 &&
	    (!memcmp(line, "\xff\xfe", 2) || !memcmp(line, "\xfe\xff", 2) ||
	     !strncmp(line, "\xef\xbb\xbf", 3)))
		return fail(p, "expected UTF-8 without a byte order mark: save "
			       "it as that");
	for (i = 0; i < n; i++)
		if (line[i] == '\t')
			line[i] = ' ';
	if (n > 0 && line[n - 1] == '\r')
		return fail(p, "expected lines that end as on Unix (LF), not "
			       "as on Windows (CR LF)");
	if (!utf8_is_label((const uint8_t *)line, n))
		return fail(p, "expected text in UTF-8 without control "
			       "characters");
	return OK;
}

enum err conf_ini_parse(struct bytes text, const char *name, struct conf *c,
			struct conf_error *error)
{
	struct parser p = {.conf = c, .error = error, .name = name};
	const char *at = (const char *)text.p;
	const char *end = at + text.n;
	char line[CONF_INI_LINE_MAX + 1];
	enum err e = OK;

	while (at < end && e == OK) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((eol ? eol : end) - at);

		p.line_number++;
		if (n > CONF_INI_LINE_MAX)
			return fail(&p, "expected a line of at most 1024 "
					"bytes");
		memcpy(line, at, n);
		line[n] = '\0';
		e = check_line(&p, line, n);
		if (e == OK)
			e = parse_line(&p, line);
		at += n + 1;
	}
	return e;
}
