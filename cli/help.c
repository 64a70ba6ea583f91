/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/markup.h"
#include "cli/option.h"
#include "cli/out.h"
#include "cli/style.h"
#include "cli/table.h"
#include "cli/value.h"
#include "util/mem.h"

#define NAME_COLUMNS 27
#define LABEL_BYTES  96

static const struct exit_text exits[] = {
    {EXIT_OK, "done", "Done."},
    {EXIT_REFUSED, "refused",
     "The daemon refused, something came to a bad end, or could not be "
     "written."},
    {EXIT_USAGE, "wrong usage",
     "Wrong usage: the command line, or what it says, is not valid."},
    {EXIT_NO_DAEMON, "no daemon", "The daemon does not run, or is not ready."},
    {EXIT_LOCKED, "user is locked", "The user is locked."},
    {EXIT_DENIED, "wrong passphrase", "Wrong passphrase."},
    {EXIT_NOT_FOUND, "not found",
     "There is no such user, contact, request, message, file or link."},
    {EXIT_TIMEOUT, "--wait ran out",
     "`--wait` ran out; the daemon goes on trying."},
};

const struct exit_text *help_exit(size_t i)
{
	return i < ARRAY_SIZE(exits) ? &exits[i] : NULL;
}

static void print_line(const char *label, const char *help)
{
	if (strlen(label) < NAME_COLUMNS)
		printf("  %-*s %s\n", NAME_COLUMNS, label, help);
	else
		printf("  %s\n%*s%s\n", label, NAME_COLUMNS + 3, "", help);
}

static void print_heading(const char *heading)
{
	putchar('\n');
	style_begin(STYLE_BOLD);
	printf("%s:", heading);
	style_end();
	putchar('\n');
}

static void print_commands(void)
{
	const struct command_group *group;
	char label[LABEL_BYTES];
	size_t g, i;

	for (g = 0; (group = table_group(g)) != NULL; g++) {
		print_heading(group->heading);
		for (i = 0; i < group->count; i++) {
			const struct command *c = &group->commands[i];

			snprintf(label, sizeof(label), "%s%s%s", c->name,
				 c->usage ? " " : "", c->usage ? c->usage : "");
			print_line(label, c->help);
		}
	}
}

/* "-n, --count N" */
static void write_option(const struct option_row *o, char out[LABEL_BYTES])
{
	char letter[8] = "";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(out, LABEL_BYTES, "%s--%s%s%s", letter, o->name,
		 o->value ? " " : "", o->value ? o->value : "");
}

static void print_options(void)
{
	char label[LABEL_BYTES];
	unsigned id;

	print_heading("Options; umbel help COMMAND tells which it takes");
	for (id = OPT_END + 1; id < OPTION_COUNT; id++) {
		const struct option_row *o = option_row((enum option_id)id);

		if (!o->help)
			continue;
		write_option(o, label);
		print_line(label, o->help);
	}
}

static void print_exits(void)
{
	size_t i;

	print_heading("Exit codes");
	for (i = 0; i < ARRAY_SIZE(exits); i++)
		printf("  %d  %s\n", exits[i].code, exits[i].help);
}

void help_print(void)
{
	puts("umbel talks to the Umbel daemon that runs on this machine.\n\n"
	     "Usage: umbel [OPTION...] COMMAND [WORD...]\n"
	     "       umbel help COMMAND");
	print_commands();
	print_options();
	print_exits();
	puts("\nWHO is an alias, a name or an id; TIME is 30s, 10m, 8h, 7d or "
	     "2w; ID is what\nlists and --ids show. -- before a text that "
	     "begins with a dash.");
}

/* What the words in capitals mean, each once. */
static void print_values(const char *usage, bool *is_told)
{
	struct slot slot;
	struct choice choice;
	const char *rest;

	while (usage && usage_next(&usage, &slot)) {
		rest = slot.spec;
		while (spec_next(&rest, &choice)) {
			size_t i;

			if (!choice.value || !choice.value->text)
				continue;
			for (i = 0; value_at(i) != choice.value; i++)
				;
			if (is_told[i])
				continue;
			is_told[i] = true;
			putchar('\n');
			markup_print(choice.value->text, 0);
		}
	}
}

static void print_option(enum option_id id)
{
	const struct option_row *o = option_row(id);
	char label[LABEL_BYTES];

	write_option(o, label);
	fputs("  ", stdout);
	style_print(STYLE_BOLD, label);
	fputs("\n      ", stdout);
	markup_print(o->text, 6);
}

static void print_command(const struct command *c)
{
	bool is_told[VALUES_MAX] = {false};
	size_t i;

	fputs("Usage: umbel ", stdout);
	style_print(STYLE_BOLD, c->name);
	printf("%s%s%s\n\n", c->takes[0] ? " [OPTION...]" : "",
	       c->usage ? " " : "", c->usage ? c->usage : "");
	markup_print(c->text, 0);
	print_values(c->usage, is_told);
	if (c->takes[0])
		print_heading("Options");
	for (i = 0; c->takes[i] != OPT_END; i++)
		print_option(c->takes[i]);
	for (i = 0; c->takes[i] != OPT_END; i++)
		print_values(option_row(c->takes[i])->value, is_told);
}

int help_print_command(int argc, char *const *argv)
{
	const struct command *c;
	size_t i, count = 0;

	for (i = 0; (c = table_at(i)) != NULL; i++) {
		if (argc > command_words(c) || !command_begins(c, argc, argv))
			continue;
		if (count++ > 0)
			puts("\n");
		print_command(c);
	}
	if (count > 0)
		return EXIT_OK;
	say("'%s%s%s' is no command; umbel help lists them.", argv[0],
	    argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	return EXIT_USAGE;
}

int command_help(const struct command_args *a)
{
	if (a->argc > 0)
		return help_print_command(a->argc, a->argv);
	help_print();
	return EXIT_OK;
}
