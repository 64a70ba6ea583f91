/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include "cli/command.h"
#include "util/mem.h"

static const struct command commands[] = {
    {
	.name = "help",
	.usage = "[COMMAND...]",
	.run = command_help,
	.is_local = true,
	.help = "what a command does and takes",
	.text = "Print what a command does and takes; without one, all of "
		"them in a line each.",
    },
    {
	.name = "complete",
	.usage = "[WORD...]",
	.run = command_complete,
	.is_local = true,
	.help = "what may come next; for shells",
	.text = "Print what may stand for the last WORD, where those "
		"before it stand behind `umbel`. The shell asks this when "
		"the tabulator key is pressed. The first line is `files` "
		"or `folders` if it is the name of one of these, else "
		"`words`; each line that follows is a word and, behind a "
		"tabulator, what it means.",
    },
};

const struct command_group table_shell = {
    .heading = "Help",
    .commands = commands,
    .count = ARRAY_SIZE(commands),
};
