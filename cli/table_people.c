/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include "cli/command.h"
#include "util/mem.h"

static const struct command commands[] = {
    {
	.name = "invite",
	.takes = {OPT_LABEL, OPT_DAYS, OPT_QR, OPT_FOR},
	.run = command_invite,
	.help = "print a link for one new contact",
	.text = "Print a link for one new contact. Hand it over by a way "
		"that only the two of you read. It works once.",
    },
    {
	.name = "invite list",
	.takes = {OPT_QR},
	.run = command_invite_list,
	.help = "links that are still open",
	.text = "Show the links that have made no contact yet: their ids, "
		"when they end and their labels. The links themselves "
		"come with `--json` or `--qr`.",
    },
    {
	.name = "invite show",
	.usage = "ID",
	.takes = {OPT_QR},
	.run = command_show,
	.list = "invites",
	.help = "one of them",
	.text = "Show an invite, and its link.",
    },
    {
	.name = "invite delete",
	.usage = "ID",
	.run = command_take_away,
	.list = "invites",
	.help = "take a link back",
	.text = "Take a link back; ID is what `invite list` shows.",
    },
    {
	.name = "connect",
	.usage = "LINK",
	.takes = {OPT_ALIAS, OPT_GREETING, OPT_WAIT, OPT_FOR},
	.run = command_connect,
	.help = "take someone's link, or knock",
	.text = "Take the link that someone else got from `invite`, or "
		"ask at the address that someone got from `address`. It "
		"goes on in the background until the other daemon, or at "
		"an address the other person, has answered.",
    },
    {
	.name = "requests",
	.run = command_requests,
	.help = "who asks you, and whom you ask",
	.text = "Show who asks to become a contact, and whom you have "
		"asked. Whoever asks is a new person, whatever the name "
		"says: anybody can choose any name. Where the name looks "
		"like that of a contact, it is said.",
    },
    {
	.name = "request show",
	.usage = "ID",
	.run = command_show,
	.list = "requests",
	.help = "one of them",
	.text = "Show a request, and how far it is.",
    },
    {
	.name = "request accept",
	.usage = "ID",
	.takes = {OPT_ALIAS, OPT_WAIT},
	.run = command_request_accept,
	.list = "requests",
	.help = "let someone become a contact",
	.text = "Let the one who asks become a contact. What was rejected "
		"may still be accepted until it expires.",
    },
    {
	.name = "request reject",
	.usage = "ID",
	.run = command_request_reject,
	.list = "requests",
	.help = "say no; nothing is sent",
	.text = "Say no. Nothing is sent: the other one cannot tell it "
		"from a request that nobody has looked at.",
    },
    {
	.name = "request delete",
	.usage = "ID",
	.run = command_take_away,
	.list = "requests",
	.help = "forget it, or stop asking",
	.text = "Forget a request, or stop asking.",
    },
    {
	.name = "contacts",
	.run = command_contacts,
	.help = "who is there",
	.text = "Show who is there, whether they are online, their ids, "
		"and whether they are verified, blocked or to be looked "
		"at.",
    },
    {
	.name = "contact show",
	.usage = "WHO",
	.run = command_contact_show,
	.help = "all that is known of one",
	.text = "Show all that is known of a contact.",
    },
    {
	.name = "contact alias",
	.usage = "WHO [NAME]",
	.run = command_contact_alias,
	.help = "what you call them",
	.text = "Say what you call a contact, whatever it calls itself. "
		"An empty NAME takes the alias away; without one it is "
		"printed.",
    },
    {
	.name = "contact note",
	.usage = "WHO [TEXT]",
	.run = command_contact_note,
	.help = "a note that only you see",
	.text = "The same for a note that only you see.",
    },
    {
	.name = "contact block",
	.usage = "WHO",
	.run = command_contact_block,
	.help = "be gone for them",
	.text = "Be gone for this contact: nothing is sent to it or taken "
		"from it. It cannot tell that from your being away.",
    },
    {
	.name = "contact unblock",
	.usage = "WHO",
	.run = command_contact_unblock,
	.help = "be there again",
	.text = "Be there again.",
    },
    {
	.name = "contact policy",
	.usage = "WHO POLICY",
	.run = command_contact_policy,
	.help = "visible, dial-only or mail-only",
	.text = "Say who may call whom. `visible`: each the other. "
		"`dial-only`: you this contact, which cannot see whether "
		"you are there. `mail-only`: neither.",
    },
    {
	.name = "contact privacy",
	.usage = "WHO",
	.takes = {OPT_RECEIPTS_OF, OPT_TYPING_OF},
	.run = command_contact_privacy,
	.help = "the same switches, for one contact",
	.text = "Print whether this contact is told what you have read, "
		"and that you are writing; change it with `--receipts` or "
		"`--typing`.",
    },
    {
	.name = "contact cover",
	.usage = "WHO on|off",
	.run = command_contact_cover,
	.help = "traffic at a constant rate",
	.text = "Send this contact traffic at a constant rate, so that "
		"nobody who watches the network sees when something is "
		"written.",
    },
    {
	.name = "contact introduce",
	.usage = "WHO TO",
	.run = command_contact_introduce,
	.help = "let two contacts meet",
	.text = "Introduce two contacts to each other. Both get a request "
		"that names you and the other one; they are contacts when "
		"both have accepted.",
    },
    {
	.name = "contact remove",
	.usage = "WHO",
	.run = command_contact_remove,
	.help = "and all of the conversation",
	.text = "Remove a contact and all messages of the conversation. "
		"It is not told.",
    },
    {
	.name = "safety",
	.usage = "WHO",
	.takes = {OPT_QR},
	.run = command_safety,
	.help = "the number to be compared with them",
	.text = "Print the safety number: 60 digits that are the same at "
		"both ends if nobody is between you. Compare them over a "
		"way where you know each other, such as a call.",
    },
    {
	.name = "contact verify",
	.usage = "WHO",
	.run = command_contact_verify,
	.help = "the safety numbers are the same",
	.text = "Say that you have compared the safety numbers, and that "
		"they are the same.",
    },
    {
	.name = "contact unverify",
	.usage = "WHO",
	.run = command_contact_unverify,
	.help = "they have to be compared again",
	.text = "Say that they have to be compared again.",
    },
    {
	.name = "contact alarm-seen",
	.usage = "WHO",
	.run = command_contact_alarm_seen,
	.help = "an alarm was looked into",
	.text = "Say that you have looked into the alarm of a contact. "
		"There is one if keys of the contact were seen elsewhere, "
		"or if its data went back to an older state.",
    },
};

const struct command_group table_people = {
    .heading = "People",
    .commands = commands,
    .count = ARRAY_SIZE(commands),
};
