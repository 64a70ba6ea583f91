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
		"code whether all is ready: 0 if so, else 3. It is while all "
		"of these are ok, and nobody is unreachable.",
    },
    {
	.name = "tor",
	.run = command_tor,
	.help = "how far Tor is, and who can be reached",
	.text = "Show how far Tor is, and whether each user can be reached: "
		"what the last dial of his own addresses showed.",
    },
    {
	.name = "tor bridges",
	.usage = "[on|off|FILE]",
	.run = command_bridges,
	.help = "ways into Tor that are in no list",
	.text = "Show the bridges that Tor is to use, and whether it "
		"does. With FILE take them from there, a line each as "
		"whoever runs the bridge gives it out, or from standard "
		"input if it is `-`, and use them; `on` and `off` keep "
		"what is there. It holds at once, and after a restart. "
		"Only a tor that umbeld started itself can be told so.",
    },
    {
	.name = "tor new-circuits",
	.run = command_new_circuits,
	.help = "go other ways from now on",
	.text = "Leave the ways through Tor that are in use, and build "
		"others: contacts are connected anew. For when all of it "
		"is slow.",
    },
    {
	.name = "open",
	.takes = {OPT_PRINT, OPT_ADMIN},
	.run = command_open,
	.help = "open the web page, logged in",
	.text = "Open the web page in the browser, logged in. The link "
		"works once, for a minute; the browser gets it from the file "
		"open.html in the run folder, which nobody else can read.",
    },
    {
	.name = "stop",
	.run = command_stop,
	.help = "end the daemon",
	.text = "End the daemon, in order: what is on its way is still "
		"written. Where systemd holds its port, who comes to that "
		"starts it again; `systemctl stop umbel.socket "
		"umbel.service` ends that, too.",
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
	.name = "user rename",
	.usage = "USER NAME",
	.run = command_user_rename,
	.help = "give the user another name",
	.text = "Give the user another name on this machine. What "
		"contacts see is `profile`.",
    },
    {
	.name = "user auto-lock",
	.usage = "USER MINUTES|never|default",
	.run = command_user_auto_lock,
	.help = "lock him when nobody uses him",
	.text = "Lock the user when nothing has used his part of the API "
		"for so long; `default` is as in `settings`.",
    },
    {
	.name = "user duress",
	.usage = "[USER]",
	.takes = {OPT_PASSPHRASE_FILE_OLD, OPT_NEW_PASSPHRASE_FILE,
		  OPT_NONE_DURESS},
	.run = command_user_duress,
	.help = "a passphrase that destroys",
	.text = "Set a second passphrase, for when somebody forces you to "
		"tell it. Whoever gives it, in whatever place where the "
		"real one belongs, gets an empty user of the same name, "
		"id and age; before that, the key of the real one is "
		"destroyed, and nothing brings it back. The real "
		"passphrase is a wrong one from then on, also that of a "
		"`passphrase_file` in umbel.conf(5).\n\n"
		"Nothing tells whether there is a second passphrase, not "
		"even here. Nor does the daemon tell afterwards: the "
		"numbers of events go on, and an export that was made "
		"seems to be there still, but nothing opens it. What "
		"does tell: that the user is empty, with another "
		"address, and without consumers and webhooks; and to "
		"who looks at the disk, that the files are younger than "
		"the user. So it helps against somebody who did not "
		"know the user before. Files of `export-user` that lie "
		"elsewhere open as before, by their own passphrase.\n\n"
		"It is asked for twice on the terminal, after the real "
		"one. A change of the real one keeps it, unless `[kdf]` "
		"in umbel.conf(5) was changed before.",
    },
    {
	.name = "user lock",
	.usage = "[USER]",
	.run = command_user_lock,
	.help = "close it, and be offline",
	.text = "Close the user's data, forget the keys, and go offline.",
    },
    {
	.name = "user destroy",
	.usage = "USER",
	.takes = {OPT_PASSPHRASE_FILE, OPT_CONFIRM},
	.run = command_user_destroy,
	.help = "for ever, with all messages",
	.text = "Destroy the keys of a user, and then all that is his on "
		"this machine. Nothing brings it back but a file of "
		"`export-user`. Contacts are not told.",
    },
    {
	.name = "export-user",
	.usage = "FILE",
	.takes = {OPT_PASSPHRASE_FILE, OPT_NO_FILES, OPT_FORCE},
	.run = command_export_user,
	.help = "all of a user in one encrypted file",
	.text = "Write all of a user into one file, encrypted by a "
		"passphrase of its own: profile, contacts, messages, and "
		"the files that are here. The connections to contacts are "
		"not in it, since two that use the same would lose "
		"messages: after `import-user` each contact has to be "
		"connected anew, by `invite --for` at one end and "
		"`connect --for` at the other. With `-` for FILE, write "
		"to standard output. Control-C ends it, and leaves "
		"nothing.",
    },
    {
	.name = "import-user",
	.usage = "FILE",
	.takes = {OPT_PASSPHRASE_FILE, OPT_NAME_USER},
	.run = command_import_user,
	.help = "make a user of such a file",
	.text = "Make a user of a file that `export-user` has written. "
		"The passphrase of the file is that of the user from then "
		"on, who is locked. On a terminal a wrong one is asked for "
		"again, and the file is not brought again. Where there is a "
		"user of that name already, give another one with `--name`.",
    },
    {
	.name = "settings",
	.run = command_settings,
	.help = "what can be changed while it runs",
	.text = "Show what can be changed while the daemon runs.",
    },
    {
	.name = "settings log-level",
	.usage = "LEVEL|default",
	.run = command_settings_log_level,
	.help = "how much it logs",
	.text = "Say how much umbel-core logs. It is kept over restarts "
		"and goes before umbel.conf(5), until `default` gives it "
		"back to that.",
    },
    {
	.name = "settings auto-lock",
	.usage = "MINUTES|never|default",
	.run = command_settings_auto_lock,
	.help = "lock whom nobody uses",
	.text = "Lock each user whose part of the API nothing has used "
		"for so long; those with a time of their own excepted, "
		"see `user auto-lock`.",
    },
    {
	.name = "log",
	.takes = {OPT_COUNT, OPT_LEVEL, OPT_FOLLOW_LOG},
	.run = command_log,
	.help = "the last lines of the log",
	.text = "Print the last lines that umbel-core has logged; those of "
		"tor and of the other processes are in the journal. There "
		"are no names, texts, addresses and keys in it.",
    },
    {
	.name = "metrics",
	.run = command_metrics,
	.help = "figures, for Prometheus",
	.text = "Print figures of the daemon as Prometheus reads them; "
		"none tells of a person.",
    },
};

const struct command_group table_daemon = {
    .heading = "The daemon and its users",
    .commands = commands,
    .count = ARRAY_SIZE(commands),
};
