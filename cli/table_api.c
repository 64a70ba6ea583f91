/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include "cli/check.h"
#include "cli/command.h"
#include "cli/raw.h"
#include "util/mem.h"

static const struct command commands[] = {
    {
	.name = "events",
	.takes = {OPT_FOLLOW_EVENTS, OPT_TYPES, OPT_AFTER_EVENT, OPT_DAEMON},
	.run = command_events,
	.is_right = check_events,
	.help = "what has happened, and what does",
	.text = "Print the events of a user as far as the journal has "
		"them, one a line, the oldest first; with `--follow` go "
		"on as they come, across restarts of the daemon. With "
		"`--json` each has all that it is about, so that a script "
		"need not ask further. What others do is in it: messages, "
		"requests, files; and what you do by any other program.",
    },
    {
	.name = "call",
	.usage = "METHOD TARGET [JSON]",
	.run = command_call,
	.is_right = raw_is_right,
	.help = "any call of the API",
	.text = "Make any call of the API and print what it answers: "
		"`call GET /v1/daemon`. JSON is the body, or `-` to read "
		"it from standard input. The document that lists all "
		"calls is `/v1/openapi.json`.",
    },
};

const struct command_group table_api = {
    .heading = "For programs",
    .commands = commands,
    .count = ARRAY_SIZE(commands),
};
