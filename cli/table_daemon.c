/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include "cli/command.h"
#include "util/mem.h"

static const struct command commands[] = {
    {
	.name = "status",
	.run = command_status,
	.help = "the daemon, Tor and the users",
	.text = "Show the daemon, how far Tor is, and the users.",
    },
    {
	.name = "ready",
	.takes = {OPT_WAIT_READY},
	.run = command_ready,
	.help = "is all there that sending takes?",
	.text = "Say how far Tor and the stores are, and with the exit "
		"code whether all is ready: 0 if so, else 3.",
    },
    {
	.name = "tor",
	.run = command_tor,
	.help = "how far Tor is",
	.text = "Show how far Tor is.",
    },
    {
	.name = "open",
	.takes = {OPT_PRINT},
	.run = command_open,
	.help = "open the web page, logged in",
	.text = "Open the web page in the browser, logged in. The link "
		"works once, for a minute.",
    },
    {
	.name = "stop",
	.run = command_stop,
	.help = "end the daemon",
	.text = "End the daemon, in order: what is on its way is still "
		"written. Where systemd has started it, systemd starts it "
		"again unless it was asked to stop it.",
    },
    {
	.name = "user add",
	.usage = "NAME",
	.takes = {OPT_PASSPHRASE_FILE},
	.run = command_user_add,
	.help = "make a user, unlocked",
	.text = "Make a user, who is unlocked then. The passphrase is "
		"asked for twice on the terminal. It has 8 to 1024 bytes, "
		"and nobody can recover it.",
    },
    {
	.name = "user list",
	.run = command_user_list,
	.help = "all users of this daemon",
	.text = "Show all users of this daemon, their state and their "
		"ids.",
    },
    {
	.name = "user show",
	.usage = "[USER]",
	.run = command_user_show,
	.help = "one of them",
	.text = "Show what there is to know of a user without his "
		"passphrase.",
    },
    {
	.name = "user unlock",
	.usage = "[USER]",
	.takes = {OPT_PASSPHRASE_FILE},
	.run = command_user_unlock,
	.help = "open a user's data",
	.text = "Open the user's data with the passphrase, and go online.",
    },
    {
	.name = "user passphrase",
	.usage = "[USER]",
	.takes = {OPT_PASSPHRASE_FILE_OLD, OPT_NEW_PASSPHRASE_FILE},
	.run = command_user_passphrase,
	.help = "give the user another one",
	.text = "Give the user another passphrase; the present one is "
		"asked for once, the new one twice. The user may be "
		"locked, and stays as he is. Browser sessions that began "
		"with the old passphrase end. Nothing is encrypted anew: "
		"an old copy of the user's files is still opened by the "
		"old passphrase. A `passphrase_file` in umbel.conf(5) has "
		"to be changed too.",
    },
    {
	.name = "user lock",
	.usage = "[USER]",
	.run = command_user_lock,
	.help = "close it, and be offline",
	.text = "Close the user's data, forget the keys, and go offline.",
    },
};

const struct command_group table_daemon = {
    .heading = "The daemon and its users",
    .commands = commands,
    .count = ARRAY_SIZE(commands),
};
