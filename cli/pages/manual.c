/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel-manual TEMPLATE - the manual umbel.1 to standard output, at build
 * time: the template with what the tables of the command line say in place of
 * its lines @COMMANDS@, @VALUES@, @OPTIONS@ and @EXITS@.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cli/option.h"
#include "cli/pages/mdoc.h"
#include "cli/table.h"
#include "cli/value.h"
#include "util/mem.h"

static void write_command(const struct command *c)
{
	struct slot slot;
	const char *usage = c->usage ? c->usage : "";
	size_t i;

	puts(".It Xo");
	mdoc_macro("Cm", c->name);
	for (i = 0; c->takes[i] != OPT_END; i++) {
		fputs(".Op ", stdout);
		mdoc_option(option_row(c->takes[i]));
		putchar('\n');
	}
	while (usage_next(&usage, &slot)) {
		fputs(slot.is_optional ? ".Op " : ".", stdout);
		mdoc_spec(slot.spec);
		puts(slot.is_many ? " ..." : "");
	}
	puts(".Xc");
	mdoc_text(c->text);
}

static void write_commands(void)
{
	const struct command_group *group;
	size_t g, i;

	for (g = 0; (group = table_group(g)) != NULL; g++) {
		printf(".Ss %s\n.Bl -tag -width Ds\n", group->heading);
		for (i = 0; i < group->count; i++)
			write_command(&group->commands[i]);
		puts(".El");
	}
}

static void write_values(void)
{
	const struct value *v;
	size_t i;

	for (i = 0; (v = value_at(i)) != NULL; i++) {
		if (!v->text)
			continue;
		puts(".Pp");
		mdoc_text(v->text);
	}
}

static bool takes(const struct command *c, enum option_id id)
{
	size_t i;

	for (i = 0; c->takes[i] != OPT_END; i++)
		if (c->takes[i] == id)
			return true;
	return false;
}

/* "For connect and request accept:" */
static void write_takers(enum option_id id)
{
	const struct command *c;
	size_t i, count = 0, done = 0;

	for (i = 0; (c = table_at(i)) != NULL; i++)
		count += takes(c, id);
	puts("For");
	for (i = 0; (c = table_at(i)) != NULL; i++) {
		if (!takes(c, id))
			continue;
		done++;
		printf(".Cm %s%s\n", c->name,
		       done == count	   ? " :"
		       : done + 1 == count ? ""
					   : " ,");
		if (done + 1 == count)
			puts("and");
	}
}

/* All that options of this name mean. */
static void write_option(enum option_id first)
{
	const struct option_row *o = option_row(first);
	unsigned id;
	bool is_first = true;

	fputs(".It ", stdout);
	mdoc_option(o);
	putchar('\n');
	for (id = first; id < OPTION_COUNT; id++) {
		const struct option_row *row = option_row((enum option_id)id);

		if (strcmp(row->name, o->name) != 0)
			continue;
		if (!is_first)
			puts(".Pp");
		is_first = false;
		if (!option_is_common((enum option_id)id))
			write_takers((enum option_id)id);
		mdoc_text(row->text);
	}
}

static void write_options(void)
{
	unsigned id;

	puts(".Bl -tag -width Ds");
	for (id = OPT_END + 1; id < OPTION_COUNT; id++) {
		const char *name = option_row((enum option_id)id)->name;

		if (option_find(name, strlen(name)) == id)
			write_option((enum option_id)id);
	}
	puts(".El");
}

static void write_exits(void)
{
	const struct exit_text *e;
	size_t i;

	puts(".Bl -tag -width Ds");
	for (i = 0; (e = help_exit(i)) != NULL; i++) {
		printf(".It %d\n", e->code);
		mdoc_text(e->text);
	}
	puts(".El");
}

static const struct {
	const char *line;
	void (*write)(void);
} parts[] = {
    {"@COMMANDS@\n", write_commands},
    {"@VALUES@\n", write_values},
    {"@OPTIONS@\n", write_options},
    {"@EXITS@\n", write_exits},
};

static void write_line(const char *line)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (strcmp(line, parts[i].line) != 0)
			continue;
		parts[i].write();
		return;
	}
	fputs(line, stdout);
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
	char *line = NULL;
	size_t room = 0;

	if (!f) {
		fprintf(stderr, "umbel-manual TEMPLATE: %s\n", strerror(errno));
		return 1;
	}
	while (getline(&line, &room, f) > 0)
		write_line(line);
	free(line);
	return fclose(f) || fflush(stdout) ? 1 : 0;
}
