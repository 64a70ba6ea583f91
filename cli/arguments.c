/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/arguments.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option.h"
#include "cli/out.h"
#include "cli/value.h"
#include "util/mem.h"

/* Above all letters. */
#define LONG_FIRST 256

struct given {
	enum option_id id; /* the first row of that name */
	const char *value;
};

/* What getopt_long() wants to know. */
struct getopt_table {
	struct option longs[OPTION_COUNT + 1];
	char letters[1 + 3 * OPTION_COUNT + 1];
};

static void fill(struct getopt_table *t)
{
	size_t count = 0, letters = 1;
	unsigned id;

	/* The colon: tell a value that is missing from what is unknown. */
	*t = (struct getopt_table){.letters = ":"};
	for (id = OPT_END + 1; id < OPTION_COUNT; id++) {
		const struct option_row *o = option_row((enum option_id)id);

		if (option_find(o->name, strlen(o->name)) != id)
			continue;
		t->longs[count++] = (struct option){
		    o->name, o->value ? required_argument : no_argument, NULL,
		    LONG_FIRST + (int)id};
		if (!o->letter)
			continue;
		t->letters[letters++] = o->letter;
		if (o->value)
			t->letters[letters++] = ':';
	}
}

/* A value is a const char *, a switch a bool; see option.c. */
static void put(struct command_args *args, const struct option_row *o,
		const char *value)
{
	const bool yes = true;
	char *place = (char *)args + o->place;

	if (o->value)
		memcpy(place, &value, sizeof(value));
	else
		memcpy(place, &yes, sizeof(yes));
}

static enum option_id id_of(int c)
{
	return c >= LONG_FIRST ? (enum option_id)(c - LONG_FIRST)
			       : option_find_letter((char)c);
}

/* An option whose name begins like this: then there are several. */
static bool is_beginning(const char *word)
{
	size_t n = strcspn(word, "=");
	unsigned id;

	for (id = OPT_END + 1; n > 0 && id < OPTION_COUNT; id++)
		if (strncmp(option_row((enum option_id)id)->name, word, n) == 0)
			return true;
	return false;
}

/* What getopt_long() has stumbled over; it would say so in its own words. */
static void say_wrong(int c, const char *word)
{
	const struct option_row *o;

	if (c == ':') {
		o = option_row(id_of(optopt));
		say("--%s needs a value: %s.", o->name, o->value);
	} else if (optopt >= LONG_FIRST) {
		say("--%s takes no value.", option_row(id_of(optopt))->name);
	} else if (optopt) {
		say("'-%c' is no option; umbel help lists them.", optopt);
	} else if (is_beginning(word + 2)) {
		say("'%s' may be several options: write it in full.", word);
	} else {
		say("'%s' is no option; umbel help lists them.", word);
	}
}

bool arguments_read(struct arguments *a, int argc, char **argv)
{
	struct getopt_table t;
	int c;

	*a = (struct arguments){
	    .given = xcalloc((size_t)argc + 1, sizeof(*a->given))};
	fill(&t);
	opterr = 0;
	while ((c = getopt_long(argc, argv, t.letters, t.longs, NULL)) != -1) {
		enum option_id id;

		if (c == '?' || c == ':') {
			say_wrong(c, argv[optind - 1]);
			return false;
		}
		id = id_of(c);
		a->given[a->given_count++] = (struct given){id, optarg};
		if (option_is_common(id))
			put(&a->args, option_row(id), optarg);
	}
	a->args.argc = argc - optind;
	a->args.argv = argv + optind;
	return true;
}

void arguments_clear(struct arguments *a)
{
	free(a->given);
	a->given = NULL;
}

/* Are there commands of two words that begin with this one? */
static bool has_more(char *const *argv)
{
	const struct command *c;
	size_t i;

	for (i = 0; (c = table_at(i)) != NULL; i++)
		if (command_words(c) == 2 && command_begins(c, 1, argv))
			return true;
	return false;
}

static const struct command *find(const struct command_args *args)
{
	const struct command *c = table_find(args->argc, args->argv);
	bool is_group = has_more(args->argv);

	if (c && (args->argc == command_words(c) || c->usage || !is_group))
		return c;
	if (!c && !is_group)
		say("'%s' is no command; umbel help lists them.",
		    args->argv[0]);
	else if (args->argc > 1)
		say("umbel %s takes no '%s'; umbel help %s tells what it "
		    "takes.",
		    args->argv[0], args->argv[1], args->argv[0]);
	else
		say("umbel %s what? umbel help %s tells.", args->argv[0],
		    args->argv[0]);
	return NULL;
}

static bool take_options(struct arguments *a)
{
	int i;

	for (i = 0; i < a->given_count; i++) {
		const struct given *g = &a->given[i];
		const char *name = option_row(g->id)->name;
		enum option_id id = command_takes(a->command, name);
		const struct option_row *o = option_row(id);

		if (id == OPT_END) {
			say("umbel %s takes no --%s; umbel help %s tells what "
			    "it takes.",
			    a->command->name, name, a->command->name);
			return false;
		}
		if (o->value && !spec_takes(o->value, g->value))
			return false;
		put(&a->args, o, g->value);
	}
	return true;
}

static bool take_words(const struct arguments *a)
{
	const struct command_args *args = &a->args;
	const char *usage = a->command->usage ? a->command->usage : "";
	struct slot slot;
	int min, max, i;

	usage_count(usage, &min, &max);
	if (args->argc < min || args->argc > max) {
		say("Too %s words. It is: umbel %s%s%s",
		    args->argc < min ? "few" : "many", a->command->name,
		    usage[0] ? " " : "", usage);
		return false;
	}
	for (i = 0; i < args->argc; i++)
		if (usage_at(usage, (size_t)i, &slot) &&
		    !spec_takes(slot.spec, args->argv[i]))
			return false;
	return true;
}

bool arguments_settle(struct arguments *a)
{
	a->command = find(&a->args);
	if (!a->command)
		return false;
	a->args.command = a->command;
	a->args.argc -= command_words(a->command);
	a->args.argv += command_words(a->command);
	if (!take_options(a) || !take_words(a))
		return false;
	if (a->args.qr && a->args.json) {
		say("A QR code is not JSON: --qr or --json, not both.");
		return false;
	}
	return !a->command->is_right || a->command->is_right(&a->args);
}
