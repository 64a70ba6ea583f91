/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include "cli/command.h"
#include "cli/raw.h"
#include "util/mem.h"

static const struct command commands[] = {
    {
	.name = "profile",
	.takes = {OPT_NAME, OPT_STATUS},
	.run = command_profile,
	.help = "what contacts see of you",
	.text = "Print the name and the line of text that contacts see of "
		"you. With `--name` or `--status` change them; each "
		"contact is told when it is there.",
    },
    {
	.name = "presence",
	.usage = "[MODE]",
	.run = command_presence,
	.help = "online, invisible or offline",
	.text = "Print whether you are there, or change it. `online`: for "
		"each contact as its policy says. `invisible`: for no "
		"contact, but invites and the address are open. "
		"`offline`: nothing is published and nobody called.",
    },
    {
	.name = "privacy",
	.takes = {OPT_RECEIPTS, OPT_TYPING, OPT_ACCEPT, OPT_UP_TO},
	.run = command_privacy,
	.help = "receipts, typing, and files unasked",
	.text = "Print whether contacts are told what you have read, and "
		"that you are writing. With `--receipts` or `--typing` "
		"change it. Both are off unless you switch them on.\n\n"
		"It also prints which files are taken without asking you: "
		"those of the kinds that `--accept` names, as far as they "
		"are not larger than `--up-to` says; none unless you say "
		"so.",
    },
    {
	.name = "preferences",
	.usage = "[JSON]",
	.run = command_preferences,
	.is_right = raw_is_body,
	.help = "how you like the programs you use",
	.text = "Print what the page, or another program, keeps with you: "
		"its language, colours and the like. With an object in "
		"JSON, or `-` to read it from standard input, put that in "
		"the place of all of it.",
    },
    {
	.name = "address",
	.takes = {OPT_QR},
	.run = command_address,
	.help = "where anybody can ask for contact",
	.text = "Print your address, and whether it is published. Unlike "
		"an invite it is no secret: whoever has it can ask to "
		"become a contact, and you decide; see `requests`.",
    },
    {
	.name = "address on",
	.run = command_address_on,
	.help = "publish it",
	.text = "Publish the address.",
    },
    {
	.name = "address off",
	.run = command_address_off,
	.help = "stop that; contacts still reach you",
	.text = "Do not publish it any more. Contacts still reach you.",
    },
    {
	.name = "address rotate",
	.run = command_address_rotate,
	.help = "get another one, for ever",
	.text = "Get another address, and print it. Who has the old one "
		"finds nobody there, and there is no way back.",
    },
    {
	.name = "self-test",
	.run = command_self_test,
	.help = "try whether you can be reached",
	.text = "Dial your own address, and one of those for your contacts, "
		"through Tor. It happens now and then without being asked, "
		"and what cannot be reached is put right; umbel tor shows "
		"what came of it.",
    },
    {
	.name = "address difficulty",
	.usage = "BITS",
	.run = command_address_difficulty,
	.help = "how much work it costs to ask",
	.text = "Set how much work a computer has to do before it may "
		"ask, 0 to 32. Each bit doubles it.",
    },
};

const struct command_group table_self = {
    .heading = "Yourself",
    .commands = commands,
    .count = ARRAY_SIZE(commands),
};
