/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include <string.h>

#include "cli/value.h"
#include "util/mem.h"

static const struct command_group *const groups[] = {
    &table_daemon,   &table_self,  &table_people, &table_talk,
    &table_messages, &table_files, &table_api,	  &table_shell,
};

const struct command_group *table_group(size_t i)
{
	return i < ARRAY_SIZE(groups) ? groups[i] : NULL;
}

const struct command *table_at(size_t i)
{
	size_t g;

	for (g = 0; g < ARRAY_SIZE(groups); g++) {
		if (i < groups[g]->count)
			return &groups[g]->commands[i];
		i -= groups[g]->count;
	}
	return NULL;
}

int command_words(const struct command *c)
{
	return strchr(c->name, ' ') ? 2 : 1;
}

bool command_begins(const struct command *c, int argc, char *const *argv)
{
	const char *name = c->name;
	int i;

	for (i = 0; i < argc; i++) {
		size_t n = strcspn(name, " ");

		if (n == 0 || strlen(argv[i]) != n ||
		    memcmp(argv[i], name, n) != 0)
			return false;
		name += n + (name[n] == ' ');
	}
	return true;
}

const struct command *table_find(int argc, char *const *argv)
{
	const struct command *c, *plain = NULL;
	size_t i;

	for (i = 0; (c = table_at(i)) != NULL; i++) {
		int words = command_words(c);

		if (words > argc || !command_begins(c, words, argv))
			continue;
		if (words == 2)
			return c;
		plain = c;
	}
	return plain;
}

enum option_id command_takes(const struct command *c, const char *name)
{
	enum option_id common = option_find(name, strlen(name));
	size_t i;

	if (option_is_common(common))
		return common;
	for (i = 0; c && c->takes[i] != OPT_END; i++)
		if (strcmp(option_row(c->takes[i])->name, name) == 0)
			return c->takes[i];
	return OPT_END;
}
