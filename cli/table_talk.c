/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include "cli/check.h"
#include "cli/command.h"
#include "util/mem.h"

static const struct command commands[] = {
    {
	.name = "conversations",
	.run = command_conversations,
	.help = "all of them",
	.text = "Show all conversations, the newest activity first: their "
		"ids, with whom, when something was last written, how "
		"much is unread, and whether they are pinned, archived or "
		"muted, or there is a draft.",
    },
    {
	.name = "tail",
	.usage = "[WHO]",
	.takes = {OPT_COUNT, OPT_FOLLOW, OPT_IDS, OPT_BEFORE, OPT_AFTER,
		  OPT_AROUND},
	.run = command_tail,
	.is_right = check_tail,
	.help = "the last messages",
	.text = "Print the last messages, of all contacts or of one, the "
		"oldest first. Below a message stand, each on a line of "
		"its own behind a margin: further lines of its text "
		"(`|`), the beginning of the message that it answers "
		"(`>`), the id, state, size and name of a file (`=`), "
		"when it was edited, when it will disappear, and "
		"reactions (`+`). Behind an own message stands how far it "
		"is, unless it is just delivered: queued, sending, sent, "
		"read, or failed and why.",
    },
    {
	.name = "read",
	.usage = "WHO",
	.run = command_read,
	.help = "mark all of it as read",
	.text = "Mark the whole conversation as read. The contact is told "
		"only if `privacy` or `contact privacy` says so.",
    },
    {
	.name = "typing",
	.usage = "WHO [on|off]",
	.run = command_typing,
	.help = "tell that you are writing",
	.text = "Tell the contact that you are writing, or no longer are, "
		"if it may know. It is forgotten after a few seconds "
		"unless it is repeated.",
    },
    {
	.name = "timer",
	.usage = "WHO [TIME|off]",
	.run = command_timer,
	.help = "let messages disappear once read",
	.text = "Let messages of both sides, from now on, disappear so "
		"long after they were read; 5 seconds at least. Without "
		"TIME print what holds now.",
    },
    {
	.name = "draft",
	.usage = "WHO [TEXT]",
	.run = command_draft,
	.help = "a text that is not sent yet",
	.text = "Keep a text that is to be sent later, where the web page "
		"shows it, too. An empty TEXT takes it away; without one "
		"it is printed.",
    },
    {
	.name = "mute",
	.usage = "WHO [TIME]",
	.run = command_mute,
	.help = "be told nothing of it",
	.text = "Be told nothing of this conversation so long, or for "
		"ever.",
    },
    {
	.name = "unmute",
	.usage = "WHO",
	.run = command_unmute,
	.help = "be told again",
	.text = "Be told again.",
    },
    {
	.name = "pin",
	.usage = "WHO",
	.run = command_pin,
	.help = "keep it at the top",
	.text = "Keep the conversation at the top of the list.",
    },
    {
	.name = "unpin",
	.usage = "WHO",
	.run = command_unpin,
	.help = "let it go",
	.text = "Let it go.",
    },
    {
	.name = "archive",
	.usage = "WHO",
	.run = command_archive,
	.help = "put it away",
	.text = "Put the conversation away.",
    },
    {
	.name = "unarchive",
	.usage = "WHO",
	.run = command_unarchive,
	.help = "take it out again",
	.text = "Take it out again.",
    },
    {
	.name = "clear",
	.usage = "WHO",
	.run = command_clear,
	.help = "delete the messages here",
	.text = "Delete all messages of a conversation here. The contact "
		"stays, and keeps what it has.",
    },
    {
	.name = "search",
	.usage = "TEXT",
	.takes = {OPT_WITH, OPT_KIND_SEARCH, OPT_NEWER, OPT_OLDER, OPT_COUNT,
		  OPT_IDS},
	.run = command_search,
	.help = "messages by the words in them",
	.text = "Print messages in which all these words are, the newest "
		"first. Case and accents count nothing, and the last word "
		"may be the beginning of one. What stands in double "
		"quotes has to be there word after word. Captions and "
		"names of files are looked through, too.",
    },
};

const struct command_group table_talk = {
    .heading = "Conversations",
    .commands = commands,
    .count = ARRAY_SIZE(commands),
};
