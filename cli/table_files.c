/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include "cli/check.h"
#include "cli/command.h"
#include "util/mem.h"

static const struct command commands[] = {
    {
	.name = "send-file",
	.usage = "WHO FILE...",
	.takes = {OPT_TEXT, OPT_NAME_FILE, OPT_TYPE, OPT_KIND, OPT_METADATA,
		  OPT_REPLY, OPT_WITHIN, OPT_WAIT_FILE, OPT_IDS_FILE},
	.run = command_send_file,
	.is_right = check_send_file,
	.help = "offer files",
	.text = "Offer files to a contact, each by a message of its own. "
		"The file is brought to the daemon, which keeps it "
		"encrypted until the contact has it, and the contact "
		"decides whether to take it; nobody has to be there at "
		"the same time, and the file may be gone from its folder "
		"by then. A path is not told to anybody, only the last "
		"part of it. With `-` for FILE, read standard input. What "
		"has no size, such as a pipe, is kept in memory "
		"meanwhile, 256 MiB at most; nothing is written to a disk "
		"unencrypted.\n\n"
		"What is broken off, by a daemon that was stopped or by "
		"control-C, is gone on with by the same command, as long "
		"as the file was not touched, for 7 days. From a JPEG or "
		"PNG all is taken that is not the picture, such as where "
		"and when it was made and by which camera; see "
		"`--metadata`. Of other kinds of files nothing is: a "
		"document may tell who wrote it.",
    },
    {
	.name = "files",
	.usage = "[WHO]",
	.takes = {OPT_STATE},
	.run = command_files,
	.help = "sent and received",
	.text = "Show files, sent and received, the oldest first: their "
		"ids, whose they are, how large, how far they are, and "
		"their names.",
    },
    {
	.name = "file show",
	.usage = "ID",
	.run = command_show,
	.list = "files",
	.help = "one of them",
	.text = "Show all that is known of a file.",
    },
    {
	.name = "file accept",
	.usage = "ID",
	.takes = {OPT_WAIT_FILE},
	.run = command_file_run,
	.list = "files",
	.help = "let it come",
	.text = "Let a file come that a contact offers.",
    },
    {
	.name = "file decline",
	.usage = "ID",
	.run = command_file_cancel,
	.list = "files",
	.help = "say that you do not want it",
	.text = "Say that you do not want it. The contact is told.",
    },
    {
	.name = "file pause",
	.usage = "ID",
	.run = command_file_pause,
	.list = "files",
	.help = "stop its transfer for a while",
	.text = "Stop the transfer for a while, at both ends.",
    },
    {
	.name = "file resume",
	.usage = "ID",
	.takes = {OPT_WAIT_FILE},
	.run = command_file_run,
	.list = "files",
	.help = "let it go on",
	.text = "Let it go on where it was.",
    },
    {
	.name = "file cancel",
	.usage = "ID",
	.run = command_file_cancel,
	.list = "files",
	.help = "take it back, or stop it for good",
	.text = "Take back a file that you have offered, or stop its "
		"transfer for good.",
    },
    {
	.name = "file delete",
	.usage = "ID",
	.run = command_take_away,
	.list = "files",
	.help = "delete it here",
	.text = "Delete the file here. If it is on its way, that ends.",
    },
    {
	.name = "file link",
	.usage = "ID",
	.run = command_file_link,
	.list = "files",
	.help = "a link for a player or a browser",
	.text = "Print a link to the content of a file, for a player or a "
		"browser on this machine. It needs no password, and ends "
		"after 5 minutes.",
    },
    {
	.name = "get",
	.usage = "ID [PATH]",
	.takes = {OPT_WAIT_GET, OPT_FORCE, OPT_THUMBNAIL},
	.run = command_get,
	.is_right = check_get,
	.list = "files",
	.help = "write it to a file or folder",
	.text = "Write the content of a file to PATH, or to standard "
		"output if that is `-`. If PATH is a folder, or missing, "
		"which means the current one, the file gets the name that "
		"the sender gave it, with what could lead out of the "
		"folder, hide the file or be taken for an option made "
		"`_`. Its path is printed.\n\n"
		"Under that name there is the whole file or nothing: it "
		"grows as `.umbel-*.part` beside it, which is gone on "
		"with by the same command if it was broken off. What is "
		"there already is not replaced, unless by `--force`; a "
		"device or a pipe never is. The copy is not encrypted, "
		"and nothing deletes it again.",
    },
    {
	.name = "export",
	.usage = "FOLDER",
	.takes = {OPT_FOLLOW_EXPORT},
	.run = command_export,
	.help = "copy what has come, once each",
	.text = "Copy each file that has come, and is whole, into a "
		"folder, once; with `--follow` also those that come from "
		"then on. The names are made harmless as by `get`; where "
		"one is taken, a number is put behind it. A file "
		"`.umbel-exported` in the folder holds the ids of what "
		"was copied already. A file that is damaged is named, and "
		"holds up no other.\n\n"
		"Think twice. What the daemon keeps is encrypted, and "
		"ends with its message; what is copied is open to "
		"everybody who gets at the folder or a backup of it, "
		"stays when the message disappears, and other programs "
		"may open it, or make a preview, without being asked.",
    },
};

const struct command_group table_files = {
    .heading = "Files",
    .commands = commands,
    .count = ARRAY_SIZE(commands),
};
