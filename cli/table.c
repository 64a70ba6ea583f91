/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/check.h"
#include "cli/command.h"
#include "cli/out.h"
#include "util/mem.h"

static const struct command commands[] = {
    {.help = "The daemon and its users"},
    {"status", NULL, command_status, 0, 0, 0, "status",
     "the daemon, Tor and the users", NULL},
    {"open", NULL, command_open, 0, 0, BIT_PRINT, "open",
     "open the web page, logged in", NULL},
    {"user", "add", command_user_add, 1, 1, BIT_PASSPHRASE, "user add NAME",
     "make a user, unlocked", NULL},
    {"user", "list", command_user_list, 0, 0, 0, "user list",
     "all users of this daemon", NULL},
    {"user", "unlock", command_user_unlock, 0, 1, BIT_PASSPHRASE,
     "user unlock [NAME]", "open a user's data", NULL},
    {"user", "passphrase", command_user_passphrase, 0, 1,
     BIT_PASSPHRASE | BIT_NEW_PASSPHRASE, "user passphrase [NAME]",
     "give the user another one", NULL},
    {"user", "lock", command_user_lock, 0, 1, 0, "user lock [NAME]",
     "close it, and be offline", NULL},

    {.help = "Yourself"},
    {"profile", NULL, command_profile, 0, 0, BIT_NAME | BIT_STATUS, "profile",
     "what contacts see of you", NULL},
    {"presence", NULL, command_presence, 0, 1, 0, "presence [MODE]",
     "online, invisible or offline", check_presence},
    {"privacy", NULL, command_privacy, 0, 0, BIT_PRIVACY | BIT_ACCEPT,
     "privacy", "receipts, typing, and files unasked", check_privacy},
    {"address", NULL, command_address, 0, 0, BIT_QR, "address",
     "where anybody can ask for contact", NULL},
    {"address", "on", command_address_on, 0, 0, 0, "address on", "publish it",
     NULL},
    {"address", "off", command_address_off, 0, 0, 0, "address off",
     "stop that; contacts still reach you", NULL},
    {"address", "rotate", command_address_rotate, 0, 0, 0, "address rotate",
     "get another one, for ever", NULL},
    {"address", "difficulty", command_address_difficulty, 1, 1, 0,
     "address difficulty BITS", "how much work it costs to ask", check_bits},

    {.help = "People"},
    {"invite", NULL, command_invite, 0, 0, BIT_INVITE | BIT_QR, "invite",
     "print a link for one new contact", NULL},
    {"invite", "list", command_invite_list, 0, 0, BIT_QR, "invite list",
     "links that are still open", NULL},
    {"invite", "delete", command_invite_delete, 1, 1, 0, "invite delete ID",
     "take a link back", NULL},
    {"connect", NULL, command_connect, 1, 1,
     BIT_ALIAS | BIT_GREETING | BIT_WAIT, "connect LINK",
     "take someone's link, or knock at an address", NULL},
    {"requests", NULL, command_requests, 0, 0, 0, "requests",
     "who asks you, and whom you ask", NULL},
    {"request", "accept", command_request_accept, 1, 1, BIT_ALIAS | BIT_WAIT,
     "request accept ID", "let someone become a contact", NULL},
    {"request", "reject", command_request_reject, 1, 1, 0, "request reject ID",
     "say no; nothing is sent", NULL},
    {"request", "delete", command_request_delete, 1, 1, 0, "request delete ID",
     "forget it, or stop asking", NULL},
    {"contacts", NULL, command_contacts, 0, 0, 0, "contacts", "who is there",
     NULL},
    {"contact", "show", command_contact_show, 1, 1, 0, "contact show WHO",
     "all that is known of one", NULL},
    {"contact", "alias", command_contact_alias, 1, 2, 0,
     "contact alias WHO [NAME]", "what you call them", NULL},
    {"contact", "note", command_contact_note, 1, 2, 0,
     "contact note WHO [TEXT]", "a note that only you see", NULL},
    {"contact", "block", command_contact_block, 1, 1, 0, "contact block WHO",
     "be gone for them", NULL},
    {"contact", "unblock", command_contact_unblock, 1, 1, 0,
     "contact unblock WHO", "be there again", NULL},
    {"contact", "policy", command_contact_policy, 2, 2, 0,
     "contact policy WHO POLICY", "visible, dial-only or mail-only",
     check_policy},
    {"contact", "privacy", command_contact_privacy, 1, 1, BIT_PRIVACY,
     "contact privacy WHO", "the same switches, for one contact",
     check_contact_privacy},
    {"contact", "cover", command_contact_cover, 2, 2, 0,
     "contact cover WHO on|off", "traffic at a constant rate", check_cover},
    {"contact", "introduce", command_contact_introduce, 2, 2, 0,
     "contact introduce WHO TO", "let two contacts meet", NULL},
    {"contact", "remove", command_contact_remove, 1, 1, 0, "contact remove WHO",
     "and all of the conversation", NULL},
    {"safety", NULL, command_safety, 1, 1, BIT_QR, "safety WHO",
     "the number to be compared with them", NULL},
    {"contact", "verify", command_contact_verify, 1, 1, 0, "contact verify WHO",
     "the safety numbers are the same", NULL},
    {"contact", "unverify", command_contact_unverify, 1, 1, 0,
     "contact unverify WHO", "they have to be compared again", NULL},
    {"contact", "alarm-seen", command_contact_alarm_seen, 1, 1, 0,
     "contact alarm-seen WHO", "an alarm was looked into", NULL},

    {.help = "Conversations"},
    {"tail", NULL, command_tail, 0, 1, BIT_TAIL | BIT_FOLLOW | BIT_IDS,
     "tail [WHO]", "the last messages", NULL},
    {"read", NULL, command_read, 1, 1, 0, "read WHO", "mark all of it as read",
     NULL},
    {"typing", NULL, command_typing, 1, 2, 0, "typing WHO [on|off]",
     "tell that you are writing, if they may know", check_typing},
    {"timer", NULL, command_timer, 1, 2, 0, "timer WHO [TIME|off]",
     "let messages disappear once read", check_timer},
    {"mute", NULL, command_mute, 1, 2, 0, "mute WHO [TIME]",
     "be told nothing of it; without TIME for ever", check_mute},
    {"unmute", NULL, command_unmute, 1, 1, 0, "unmute WHO", "be told again",
     NULL},
    {"pin", NULL, command_pin, 1, 1, 0, "pin WHO", "keep it at the top", NULL},
    {"unpin", NULL, command_unpin, 1, 1, 0, "unpin WHO", "let it go", NULL},
    {"archive", NULL, command_archive, 1, 1, 0, "archive WHO", "put it away",
     NULL},
    {"unarchive", NULL, command_unarchive, 1, 1, 0, "unarchive WHO",
     "take it out again", NULL},
    {"clear", NULL, command_clear, 1, 1, 0, "clear WHO",
     "delete the messages here; the contact stays", NULL},

    {.help = "Messages"},
    {"send", NULL, command_send, 2, 2, BIT_SEND | BIT_WAIT | BIT_IDS,
     "send WHO TEXT", "send a message; TEXT - reads standard input",
     check_send},
    {"edit", NULL, command_edit, 2, 2, 0, "edit ID TEXT",
     "change an own text, within 7 days", NULL},
    {"delete", NULL, command_delete, 1, 1, BIT_FOR_ALL, "delete ID",
     "delete it here, or for both", NULL},
    {"cancel", NULL, command_cancel, 1, 1, 0, "cancel ID",
     "do not send what is not delivered yet", NULL},
    {"retry", NULL, command_retry, 1, 1, BIT_WAIT | BIT_IDS, "retry ID",
     "send again what has failed", NULL},
    {"react", NULL, command_react, 1, 2, BIT_NONE, "react ID [EMOJI]",
     "put an emoji to it, or take it back", check_react},

    {.help = "Files"},
    {"send-file", NULL, command_send_file, 2, INT_MAX,
     BIT_FILE | BIT_NAME | BIT_SEND | BIT_WAIT | BIT_IDS,
     "send-file WHO FILE...", "offer files; FILE - reads standard input",
     check_send_file},
    {"files", NULL, command_files, 0, 1, BIT_STATE, "files [WHO]",
     "sent and received, and how far they are", check_files},
    {"file", "accept", command_file_run, 1, 1, BIT_WAIT, "file accept ID",
     "let it come", NULL},
    {"file", "decline", command_file_cancel, 1, 1, 0, "file decline ID",
     "say that you do not want it", NULL},
    {"file", "pause", command_file_pause, 1, 1, 0, "file pause ID",
     "stop its transfer for a while", NULL},
    {"file", "resume", command_file_run, 1, 1, BIT_WAIT, "file resume ID",
     "let it go on", NULL},
    {"file", "cancel", command_file_cancel, 1, 1, 0, "file cancel ID",
     "take it back, or stop it for good", NULL},
    {"file", "delete", command_file_delete, 1, 1, 0, "file delete ID",
     "delete it here; what is on its way ends", NULL},
    {"get", NULL, command_get, 1, 2, BIT_WAIT | BIT_FORCE, "get ID [PATH]",
     "write it to a file or folder, or - for output", check_get},
    {"export", NULL, command_export, 1, 1, BIT_FOLLOW, "export FOLDER",
     "copy there what has come, once each", NULL},
};

void table_print(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (c->name)
			printf("  %-25s %s\n", c->usage, c->help);
		else
			printf("%s%s:\n", i == 0 ? "" : "\n", c->help);
	}
}

const struct command *table_find(int argc, char **argv)
{
	const struct command *plain = NULL;
	bool has_name = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (!c->name || strcmp(c->name, argv[0]) != 0)
			continue;
		has_name = true;
		if (!c->sub)
			plain = c;
		else if (argc > 1 && strcmp(c->sub, argv[1]) == 0)
			return c;
	}
	if (plain && (argc == 1 || plain->args_max > 0))
		return plain;
	if (!has_name)
		say("'%s' is no command; umbel --help lists them.", argv[0]);
	else if (argc > 1)
		say("umbel %s takes no '%s'; umbel --help tells what it takes.",
		    argv[0], argv[1]);
	else
		say("umbel %s what? umbel --help lists it.", argv[0]);
	return NULL;
}
