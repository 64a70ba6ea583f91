/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/option.h"

#include <string.h>

#include "cli/command.h"

/* Where the value goes; a member of another type does not compile. */
#define PLACE(member, type)                                                    \
	(offsetof(struct command_args, member) +                               \
	 0 * sizeof(&((struct command_args *)NULL)->member == (type *)NULL))

/* Name, letter or 0, value, member, help or NULL, text. */
#define VALUED(n, l, v, m, h, t)                                               \
	{                                                                      \
		.name = (n), .value = (v), .letter = (l),                      \
		.place = PLACE(m, const char *), .help = (h), .text = (t),     \
	}
#define SWITCH(n, l, m, h, t)                                                  \
	{                                                                      \
		.name = (n), .letter = (l), .place = PLACE(m, bool),           \
		.help = (h), .text = (t),                                      \
	}

static const struct option_row rows[OPTION_COUNT] = {
    [OPT_RUN] =
	VALUED("run", 0, "DIR", run_dir, "the daemon's run folder",
	       "The run folder of the daemon; by default "
	       "`$XDG_RUNTIME_DIR/umbel`, or `/run/umbel` for root, where that "
	       "variable is not set, and for an administrator of the system's "
	       "daemon who has none of his own."),
    [OPT_USER] =
	VALUED("user", 0, "USER", user, "which user, if there is more than one",
	       "Which user is meant, by name or id. Needed only where there "
	       "are several."),
    [OPT_JSON] =
	SWITCH("json", 0, json, "one JSON object a line, as the API gives it",
	       "Print JSON, one object a line, as the API gives it, in ASCII."),
    [OPT_HELP] =
	SWITCH("help", 'h', help, "this text; behind a command, what it takes",
	       "Print a short help; with a command, what that does and takes."),
    [OPT_VERSION] =
	SWITCH("version", 0, version, "the version", "Print the version."),
    [OPT_PASSPHRASE_FILE] =
	VALUED("passphrase-file", 0, "FILE", passphrase_file,
	       "take the passphrase from there",
	       "Take the passphrase from the first line of FILE, or of "
	       "standard input if it is `-`. Without it the terminal is "
	       "asked, or standard input where that is no terminal."),
    [OPT_PASSPHRASE_FILE_OLD] =
	VALUED("passphrase-file", 0, "FILE", passphrase_file, NULL,
	       "Take the present passphrase from the first line of FILE, or of "
	       "standard input if it is `-`."),
    [OPT_NEW_PASSPHRASE_FILE] =
	VALUED("new-passphrase-file", 0, "FILE", new_passphrase_file,
	       "and the one to come",
	       "The same for the new one. Where both come from standard input, "
	       "it is the second line."),
    [OPT_PRINT] = SWITCH("print", 0, print, "print the link, start no browser",
			 "Print the link and start no browser."),
    [OPT_ADMIN] = SWITCH("admin", 0, admin, "let the page do everything",
			 "Let the page do everything, as this command can: "
			 "change passphrases, make backups, let programs in."),
    [OPT_NAME] =
	VALUED("name", 0, "TEXT", name, "the name that others see",
	       "The name that contacts see; an empty one is the name of the "
	       "user here."),
    [OPT_NAME_FILE] =
	VALUED("name", 0, "TEXT", name, NULL,
	       "What the file is called there, in place of the last part of "
	       "its path."),
    [OPT_NAME_USER] =
	VALUED("name", 0, "TEXT", name, NULL,
	       "What the user is called here, in place of the name in the "
	       "file."),
    [OPT_STATUS] = VALUED("status", 0, "TEXT", status, "a line about you",
			  "A line about yourself, which contacts see."),
    [OPT_RECEIPTS] =
	VALUED("receipts", 0, "on|off", receipts, "tell what you have read",
	       "Whether it is told what you have read."),
    [OPT_RECEIPTS_OF] =
	VALUED("receipts", 0, "on|off|default", receipts, NULL,
	       "Whether this contact is told what you have read; `default` "
	       "means as in `privacy`."),
    [OPT_TYPING] =
	VALUED("typing", 0, "on|off", typing, "tell that you are writing",
	       "Whether it is told that you are writing."),
    [OPT_TYPING_OF] =
	VALUED("typing", 0, "on|off|default", typing, NULL,
	       "The same: whether it is told that you are writing."),
    [OPT_ACCEPT] = VALUED(
	"accept", 0, "none|KINDS", accept, "which files are taken unasked",
	"Which files are taken without asking, by what the sender says "
	"of them."),
    [OPT_UP_TO] = VALUED("up-to", 0, "SIZE", up_to, "and how large they may be",
			 "How large such a file may be."),
    [OPT_QR] =
	SWITCH("qr", 0, qr, "draw a QR code, too",
	       "Draw QR codes too, which a camera reads. They are black on "
	       "white on a terminal. Elsewhere no colours are set, and the "
	       "light parts are drawn: right where text is light on dark."),
    [OPT_LABEL] = VALUED("label", 0, "TEXT", label, "a note of your own",
			 "A note of your own, which nobody else sees."),
    [OPT_DAYS] =
	VALUED("days", 0, "N", days, "how long it may be used [7]",
	       "How long the link may be used, 7 days if nothing is said, at "
	       "most 30."),
    [OPT_ALIAS] = VALUED("alias", 0, "NAME", alias, "what you call the contact",
			 "What you call the contact."),
    [OPT_GREETING] =
	VALUED("greeting", 0, "TEXT", greeting, "what they read when you knock",
	       "What the other one reads before deciding; at most 500 bytes."),
    [OPT_WAIT] =
	SWITCH("wait", 0, wait, "until it is settled",
	       "Wait until the contact is there; at most ten minutes."),
    [OPT_WAIT_MESSAGE] =
	SWITCH("wait", 0, wait, NULL,
	       "Wait until the message is delivered; at most ten minutes."),
    [OPT_WAIT_FILE] =
	SWITCH("wait", 0, wait, NULL,
	       "Wait until the receiver has all of it, or it has ended "
	       "otherwise, and print which; without a limit, since a person "
	       "has to say yes."),
    [OPT_WAIT_GET] =
	SWITCH("wait", 0, wait, NULL,
	       "Accept the file, or let it go on, and wait until it is here."),
    [OPT_WAIT_READY] = SWITCH("wait", 0, wait, NULL,
			      "Wait until all is ready; at most ten minutes."),
    [OPT_COUNT] = VALUED("count", 'n', "N", count, "how many [20]",
			 "How many, 20 if nothing is said."),
    [OPT_FOLLOW] =
	SWITCH("follow", 'f', follow, "go on as more come",
	       "Go on, and print messages as they come. One that is edited, "
	       "deleted, reacted to, or that failed, is printed again. While "
	       "the daemon is away or the user is locked it waits, and prints "
	       "afterwards what has come meanwhile."),
    [OPT_FOLLOW_EXPORT] =
	SWITCH("follow", 'f', follow, NULL,
	       "Go on, and copy files as they come, also across restarts of "
	       "the daemon."),
    [OPT_FOLLOW_EVENTS] =
	SWITCH("follow", 'f', follow, NULL,
	       "Go on as they come, from now on unless something else is said. "
	       "Who is there, and who writes, is told in this way only."),
    [OPT_FOLLOW_LOG] =
	SWITCH("follow", 'f', follow, NULL,
	       "Go on as more is logged, also across restarts of the daemon."),
    [OPT_BEFORE] = VALUED("before", 0, "ID", before, "what is before it",
			  "The last ones before that message."),
    [OPT_AFTER] = VALUED("after", 0, "ID", after, "what is after it",
			 "The first ones after that message."),
    [OPT_AFTER_EVENT] = VALUED("after", 0, "PLACE", after, NULL,
			       "Those after the event with that number."),
    [OPT_AROUND] = VALUED("around", 0, "ID", around, "both, and itself",
			  "That message with those before and after it."),
    [OPT_IDS] = SWITCH("ids", 0, ids, "print ids, too",
		       "Print the ids of messages, too."),
    [OPT_IDS_SENT] =
	SWITCH("ids", 0, ids, NULL,
	       "Print the id of the message, before `--wait` waits."),
    [OPT_IDS_FILE] =
	SWITCH("ids", 0, ids, NULL,
	       "Print the ids of the files, before `--wait` waits."),
    [OPT_REPLY] = VALUED("reply", 0, "ID", reply, "which message it answers",
			 "Which message of the conversation it answers."),
    [OPT_WITHIN] = VALUED(
	"within", 0, "TIME", within, "give up if it is not delivered by then",
	"Give up if it is not delivered by then; it stays as failed."),
    [OPT_FOR_ALL] =
	SWITCH("for-all", 0, for_all, "at both ends",
	       "Delete an own message, within 7 days, at both ends; a mark "
	       "stays there."),
    [OPT_NONE] =
	SWITCH("none", 0, none, "take it back", "Take the own reaction back."),
    [OPT_NONE_DURESS] = SWITCH("none", 0, none, NULL, "Have none any more."),
    [OPT_TEXT] = VALUED("text", 0, "TEXT", text, "a caption",
			"A caption, of at most 2000 bytes."),
    [OPT_TYPE] =
	VALUED("type", 0, "TYPE", type, "its media type, such as image/png",
	       "The media type, such as `image/png`, by which the other side "
	       "knows a picture. Without it, it comes from the end of the name "
	       "if that is one of a few."),
    [OPT_KIND] = VALUED(
	"kind", 0, "file|image|voice", kind, "how the other side shows it",
	"How the other side shows it; without it, an image if the type "
	"says so."),
    [OPT_KIND_SEARCH] =
	VALUED("kind", 0, "text|file|image|voice", kind, NULL,
	       "Only messages of that kind; `file` is one of any kind."),
    [OPT_METADATA] =
	VALUED("metadata", 0, "keep|strip", metadata,
	       "what a picture tells beside itself",
	       "`keep` sends a picture as it is, with all that it tells; "
	       "`strip` refuses whatever it cannot free of that, which is all "
	       "but JPEG and PNG. Without it these two are freed, and all else "
	       "is sent as it is."),
    [OPT_STATE] = VALUED("state", 0, "STATE", state, "only those",
			 "Only those of that state."),
    [OPT_FORCE] = SWITCH("force", 0, force, "replace what is there",
			 "Replace what is there."),
    [OPT_THUMBNAIL] =
	SWITCH("thumbnail", 0, thumbnail, "the small picture alone",
	       "The small picture that the sender made of it, which is here "
	       "before the file is; its name begins with `thumbnail-`."),
    [OPT_TYPES] = VALUED("types", 0, "TYPES", types, "only events of these",
			 "Only events of these types."),
    [OPT_DAEMON] =
	SWITCH("daemon", 0, daemon, "events of the daemon",
	       "Those of the daemon in place of a user's: how far Tor is, who "
	       "was unlocked. The last 256 are kept."),
    [OPT_CONSUMER] =
	VALUED("consumer", 0, "CONSUMER", consumer, "go on where that one is",
	       "Go on where the consumer of that name is, and acknowledge what "
	       "was written, so that the next time it goes on from there; one "
	       "that is new begins with the oldest event there is."),
    [OPT_ALL] =
	SWITCH("all", 0, all, "events of all users",
	       "Those of the daemon and of all users who are unlocked, or "
	       "will be, with `--follow` or a consumer."),
    [OPT_SECRET_FILE] = VALUED(
	"secret-file", 0, "FILE", secret_file, "take the secret from there",
	"Take the secret from the first line of FILE, or of standard "
	"input if it is `-`; `whsec_` and base64. Without it one is "
	"made."),
    [OPT_WITH] = VALUED("with", 0, "WHO", with, "only with them",
			"Only in the conversation with that contact."),
    [OPT_WITH_TOKEN] =
	VALUED("with", 0, "CONTACTS", with, NULL,
	       "Only for the conversations with these contacts."),
    [OPT_NEWER] = VALUED("newer", 0, "TIME|DATE", newer, "no older than that",
			 "Only what is newer than that, such as 7d."),
    [OPT_OLDER] = VALUED("older", 0, "TIME|DATE", older, "no newer than that",
			 "Only what is older than that."),
    [OPT_USERS] = VALUED("users", 0, "USERS", users, "only for these users",
			 "Only for these users."),
    [OPT_EXPIRES] =
	VALUED("expires", 0, "TIME|DATE", expires, "when it ends by itself",
	       "When it ends by itself; never if nothing is said."),
    [OPT_RATE] = VALUED("rate", 0, "N", rate, "how often, in a minute",
			"How many calls it may make in a minute."),
    [OPT_LEVEL] = VALUED("level", 0, "LEVEL", level, "only this, or worse",
			 "Only lines of this level, or worse: `error`, "
			 "`warning`, `info` or `debug`."),
    [OPT_CONFIRM] =
	VALUED("confirm", 0, "NAME", confirm, "that it is really this one",
	       "The name of the user once more: without it nothing is done."),
    [OPT_NO_FILES] = SWITCH("no-files", 0, no_files, "leave the files out",
			    "Leave the content of files out."),
    [OPT_FOR] =
	VALUED("for", 0, "WHO", for_contact, "for a contact to be had anew",
	       "For a contact that is there already: the new connection takes "
	       "its place, with all its messages. For contacts of an imported "
	       "user, and for one in alarm. Whoever uses the link becomes that "
	       "contact, so the safety numbers have to be compared again."),
};

const struct option_row *option_row(enum option_id id)
{
	return &rows[id];
}

bool option_is_common(enum option_id id)
{
	return id != OPT_END && id <= OPT_VERSION;
}

enum option_id option_find(const char *name, size_t n)
{
	unsigned id;

	for (id = OPT_END + 1; id < OPTION_COUNT; id++)
		if (strlen(rows[id].name) == n &&
		    memcmp(rows[id].name, name, n) == 0)
			return (enum option_id)id;
	return OPT_END;
}

enum option_id option_find_letter(char letter)
{
	unsigned id;

	for (id = OPT_END + 1; id < OPTION_COUNT; id++)
		if (rows[id].letter == letter)
			return (enum option_id)id;
	return OPT_END;
}
