/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include "cli/check.h"
#include "cli/command.h"
#include "util/mem.h"

static const struct command commands[] = {
    {
	.name = "message",
	.usage = "ID",
	.takes = {OPT_IDS},
	.run = command_message,
	.help = "one message",
	.text = "Print a message, as `tail` does.",
    },
    {
	.name = "send",
	.usage = "WHO TEXT",
	.takes = {OPT_REPLY, OPT_WITHIN, OPT_WAIT_MESSAGE, OPT_IDS_SENT},
	.run = command_send,
	.help = "send a message",
	.text = "Send a message to a contact, who is named by alias, name "
		"or id. With `-` for TEXT, read it from standard input, "
		"without the line breaks at its end. A text that begins "
		"with a dash needs `--` before WHO.",
    },
    {
	.name = "edit",
	.usage = "ID TEXT",
	.run = command_edit,
	.help = "change an own text, within 7 days",
	.text = "Change the text of an own message, within 7 days; TEXT "
		"is taken as by `send`.",
    },
    {
	.name = "delete",
	.usage = "ID",
	.takes = {OPT_FOR_ALL},
	.run = command_delete,
	.help = "delete it here, or for both",
	.text = "Delete a message here, without a trace.",
    },
    {
	.name = "cancel",
	.usage = "ID",
	.run = command_cancel,
	.help = "do not send what is not delivered",
	.text = "Do not send a message that is not delivered yet. It "
		"stays as failed.",
    },
    {
	.name = "retry",
	.usage = "ID",
	.takes = {OPT_WAIT_MESSAGE, OPT_IDS_SENT},
	.run = command_retry,
	.help = "send again what has failed",
	.text = "Send again what has failed, as a new message with an id "
		"of its own.",
    },
    {
	.name = "react",
	.usage = "ID [EMOJI]",
	.takes = {OPT_NONE},
	.run = command_react,
	.is_right = check_react,
	.help = "put an emoji to it, or take it back",
	.text = "Put an emoji to a message, in the place of the one "
		"before.",
    },
};

const struct command_group table_messages = {
    .heading = "Messages",
    .commands = commands,
    .count = ARRAY_SIZE(commands),
};
