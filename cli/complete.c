/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * complete - what may come next on a command line, for the shells.
 *
 * They know nothing themselves: cli/shells/ holds for each what it takes to
 * ask here.  What is printed is never typed in by a person, so all that could
 * mean something to a terminal is left out; that a shell takes it for nothing
 * but a word is for those scripts to see to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/option.h"
#include "cli/out.h"
#include "cli/table.h"
#include "cli/value.h"
#include "util/mem.h"

#define HURRY_SECONDS 3

struct line {
	struct command_args args; /* run folder and user, as they are typed */
	const struct command *command;
	char **words; /* neither options nor their values */
	int word_count;
	char *awaited; /* OWNED the option whose value comes next, or NULL */
	bool is_text;  /* behind "--" */
	const char *current; /* what is typed of the last word */
	char *prefix;	     /* OWNED what stands before each answer */
};

/* word: of ours, or clean. */
static void offer(const struct line *l, const char *word, const char *help)
{
	size_t n = strlen(l->prefix);
	char *clean;

	if (strncmp(l->current, l->prefix, n) != 0 ||
	    strncmp(word, l->current + n, strlen(l->current + n)) != 0)
		return;
	clean = out_clean(help, false);
	printf("%s%s\t%s\n", l->prefix, word, clean);
	free(clean);
}

static bool is_clean(const char *word)
{
	char *clean = out_clean(word, false);
	bool is = word[0] && strcmp(clean, word) == 0;

	free(clean);
	return is;
}

/* The name, which says more to a person; the id where that is not enough. */
static void offer_named(const struct line *l, const json_t *all,
			const json_t *item, const char *name)
{
	const char *id = out_string(item, "id");
	size_t count = 0, i;
	json_t *other;

	json_array_foreach(all, i, other)
	{
		if (strcmp(out_string(other, "name"), name) == 0 ||
		    strcmp(find_name(other), name) == 0)
			count++;
	}
	if (count == 1 && is_clean(name))
		offer(l, name, id);
	else
		offer(l, id, name);
}

static void offer_ids(const struct line *l, const json_t *item)
{
	static const char *const labels[] = {"name", "label", "display_name",
					     "url"};
	const char *label = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(labels) && !label[0]; i++)
		label = out_string(item, labels[i]);
	offer(l, out_string(item, "id"), label);
}

/* path: of the list, OWNED and freed here. */
static void offer_list(const struct line *l, enum value_kind kind, char *path)
{
	json_t *all = path ? find_all(l->args.http, path) : NULL, *item;
	size_t i;

	json_array_foreach(all, i, item)
	{
		if (kind == VALUE_CONTACT)
			offer_named(l, all, item, find_name(item));
		else if (kind == VALUE_USER)
			offer_named(l, all, item, out_string(item, "name"));
		else
			offer_ids(l, item);
	}
	json_decref(all);
	free(path);
}

/* What only the daemon knows. */
static void ask_daemon(struct line *l, enum value_kind kind)
{
	const char *list = l->command ? l->command->list : NULL;
	char *rest;
	int code;

	if (kind == VALUE_ID && (!list || l->awaited))
		return;
	l->args.http = http_new(l->args.run_dir);
	if (!l->args.http)
		return;
	http_hurry(l->args.http, HURRY_SECONDS);
	if (kind == VALUE_USER) {
		offer_list(l, kind, xstrdup("/v1/users"));
	} else if (kind == VALUE_ID && list[0] == '/') {
		offer_list(l, kind, xstrdup(list));
	} else {
		rest = xasprintf("/%s", kind == VALUE_ID ? list : "contacts");
		offer_list(l, kind, find_user_path(&l->args, rest, &code));
		free(rest);
	}
	http_free(l->args.http);
	l->args.http = NULL;
}

static void offer_words(const struct line *l, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, " ");
		char *word = xasprintf("%.*s", (int)n, words);

		offer(l, word, "");
		free(word);
		words += n + (words[n] == ' ');
	}
}

/* Another one of them behind the last comma. */
static void offer_more(struct line *l, const char *words)
{
	char *old = l->prefix;
	const char *comma = strrchr(l->current, ',');
	size_t n = comma ? (size_t)(comma - l->current) + 1 : strlen(old);

	l->prefix = xasprintf("%.*s", (int)n, l->current);
	offer_words(l, words);
	free(l->prefix);
	l->prefix = old;
}

static void offer_commands(const struct line *l, int argc, char **argv);

static void offer_value(struct line *l, const struct choice *c)
{
	if (!c->value) {
		offer(l, c->word, "");
		return;
	}
	switch (c->value->kind) {
	case VALUE_WORD: offer_words(l, c->value->words); break;
	case VALUE_LIST:
		if (c->value->words)
			offer_more(l, c->value->words);
		break;
	case VALUE_CONTACT:
	case VALUE_USER:
	case VALUE_ID: ask_daemon(l, c->value->kind); break;
	case VALUE_COMMAND:
		offer_commands(l, l->word_count - command_words(l->command),
			       l->words + command_words(l->command));
		break;
	case VALUE_TEXT:
	case VALUE_NUMBER:
	case VALUE_TIME:
	case VALUE_DATE:
	case VALUE_SIZE:
	case VALUE_FILE:
	case VALUE_FOLDER: break;
	}
}

static bool has_kind(const char *spec, enum value_kind kind)
{
	struct choice c;

	while (spec_next(&spec, &c))
		if (c.value && c.value->kind == kind)
			return true;
	return false;
}

static void offer_spec(struct line *l, const char *spec)
{
	struct choice c;

	if (has_kind(spec, VALUE_FILE))
		puts("files");
	else if (has_kind(spec, VALUE_FOLDER))
		puts("folders");
	else
		puts("words");
	while (spec_next(&spec, &c))
		offer_value(l, &c);
}

/* The word of a name behind so many of them; "" if there is none. */
static const char *word_at(const struct command *c, int i)
{
	const char *space = strchr(c->name, ' ');

	if (i == 0)
		return c->name;
	return i == 1 && space ? space + 1 : "";
}

static bool is_same_word(const char *a, const char *b)
{
	size_t n = strcspn(a, " ");

	return n == strcspn(b, " ") && memcmp(a, b, n) == 0;
}

/* What begins with this word: "show, alias, note". */
static char *list_of(const char *word)
{
	const struct command *c;
	char *list = xstrdup(""), *longer;
	size_t i;

	for (i = 0; (c = table_at(i)) != NULL; i++) {
		if (!is_same_word(c->name, word) || !word_at(c, 1)[0])
			continue;
		longer = xasprintf("%s%s%s", list, list[0] ? ", " : "",
				   word_at(c, 1));
		free(list);
		list = longer;
	}
	return list;
}

static bool is_there_before(size_t i, int argc, char **argv)
{
	const struct command *c = table_at(i);
	size_t j;

	for (j = 0; j < i; j++)
		if (command_begins(table_at(j), argc, argv) &&
		    is_same_word(word_at(table_at(j), argc), word_at(c, argc)))
			return true;
	return false;
}

/* Of all commands that begin with these words, the next one, each once. */
static void offer_commands(const struct line *l, int argc, char **argv)
{
	const struct command *c;
	char *word, *list;
	size_t i;

	for (i = 0; (c = table_at(i)) != NULL; i++) {
		const char *next = word_at(c, argc);

		if (!next[0] || !command_begins(c, argc, argv) ||
		    is_there_before(i, argc, argv))
			continue;
		word = xasprintf("%.*s", (int)strcspn(next, " "), next);
		list = command_words(c) > argc + 1 ? list_of(word) : NULL;
		offer(l, word, list ? list : c->help);
		free(list);
		free(word);
	}
}

static void offer_options(const struct line *l)
{
	unsigned id;

	puts("words");
	for (id = OPT_END + 1; id < OPTION_COUNT; id++) {
		const struct option_row *o = option_row((enum option_id)id);
		char *word;

		if (!o->help || command_takes(l->command, o->name) == OPT_END)
			continue;
		word = xasprintf("--%s", o->name);
		offer(l, word, o->help);
		free(word);
	}
}

/* "--kind=fi" is one word to some shells. */
static void take_prefix(struct line *l)
{
	const char *equals = strchr(l->current, '=');
	size_t n = equals ? (size_t)(equals - l->current) : 0;

	if (!equals || strncmp(l->current, "--", 2) != 0 || l->is_text)
		return;
	free(l->prefix);
	l->prefix = xasprintf("%.*s", (int)n + 1, l->current);
	l->awaited = xasprintf("%.*s", (int)n - 2, l->current + 2);
}

static void answer(struct line *l)
{
	int words = l->command ? command_words(l->command) : 0;
	struct slot slot;

	if (l->awaited) {
		enum option_id id = command_takes(l->command, l->awaited);

		offer_spec(l, id == OPT_END ? "" : option_row(id)->value);
	} else if (l->current[0] == '-' && !l->is_text) {
		offer_options(l);
	} else if (l->command && l->command->usage &&
		   usage_at(l->command->usage, (size_t)(l->word_count - words),
			    &slot)) {
		offer_spec(l, slot.spec);
		if (words < 2)
			offer_commands(l, l->word_count, l->words);
	} else {
		puts("words");
		offer_commands(l, l->word_count, l->words);
	}
}

/* The option that the word names; NULL if it is none with a value. */
static const struct option_row *valued(const char *word)
{
	enum option_id id = OPT_END;

	if (strncmp(word, "--", 2) == 0)
		id = option_find(word + 2, strcspn(word + 2, "="));
	else if (word[0] == '-' && word[1] && !word[2])
		id = option_find_letter(word[1]);
	return id != OPT_END && option_row(id)->value ? option_row(id) : NULL;
}

static void note(struct line *l, const struct option_row *o, const char *value)
{
	if (strcmp(o->name, "run") == 0)
		l->args.run_dir = value;
	else if (strcmp(o->name, "user") == 0)
		l->args.user = value;
}

/* All but the last; to bash an equals sign is a word. */
static void scan(struct line *l, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		const struct option_row *o = valued(argv[i]);
		const char *equals = strchr(argv[i], '=');

		if (l->is_text || argv[i][0] != '-' || !argv[i][1]) {
			l->words[l->word_count++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			l->is_text = true;
		} else if (o && equals) {
			note(l, o, equals + 1);
		} else if (o) {
			if (i + 1 < argc && strcmp(argv[i + 1], "=") == 0)
				i++;
			if (++i < argc)
				note(l, o, argv[i]);
			else
				l->awaited = xstrdup(o->name);
		}
	}
}

int command_complete(const struct command_args *a)
{
	int before = a->argc > 0 ? a->argc - 1 : 0;
	struct line l = {
	    .args = {.run_dir = a->run_dir, .user = a->user},
	    .words = xcalloc((size_t)before + 1, sizeof(*l.words)),
	    .current = a->argc > 0 ? a->argv[before] : "",
	    .prefix = xstrdup(""),
	};

	scan(&l, before, a->argv);
	if (l.awaited && strcmp(l.current, "=") == 0)
		l.current = "";
	l.command = table_find(l.word_count, l.words);
	if (!l.awaited)
		take_prefix(&l);
	answer(&l);
	free(l.awaited);
	free(l.prefix);
	free(l.words);
	return EXIT_OK;
}
