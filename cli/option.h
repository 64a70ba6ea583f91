/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * option - every option: its name, its value, and what it means.
 *
 * One that means something else to another command has a row of its own for
 * that, with the same name behind it.
 */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

enum option_id {
	OPT_END, /* of a list */
	/* Taken by all commands. */
	OPT_RUN,
	OPT_USER,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION,
	/* Those of some. */
	OPT_PASSPHRASE_FILE,
	OPT_PASSPHRASE_FILE_OLD,
	OPT_NEW_PASSPHRASE_FILE,
	OPT_PRINT,
	OPT_ADMIN,
	OPT_NAME,
	OPT_NAME_FILE,
	OPT_NAME_USER,
	OPT_STATUS,
	OPT_RECEIPTS,
	OPT_RECEIPTS_OF,
	OPT_TYPING,
	OPT_TYPING_OF,
	OPT_ACCEPT,
	OPT_UP_TO,
	OPT_QR,
	OPT_LABEL,
	OPT_DAYS,
	OPT_ALIAS,
	OPT_GREETING,
	OPT_WAIT,
	OPT_WAIT_MESSAGE,
	OPT_WAIT_FILE,
	OPT_WAIT_GET,
	OPT_WAIT_READY,
	OPT_COUNT,
	OPT_FOLLOW,
	OPT_FOLLOW_EXPORT,
	OPT_FOLLOW_EVENTS,
	OPT_FOLLOW_LOG,
	OPT_BEFORE,
	OPT_AFTER,
	OPT_AFTER_EVENT,
	OPT_AROUND,
	OPT_IDS,
	OPT_IDS_SENT,
	OPT_IDS_FILE,
	OPT_REPLY,
	OPT_WITHIN,
	OPT_FOR_ALL,
	OPT_NONE,
	OPT_NONE_DURESS,
	OPT_TEXT,
	OPT_TYPE,
	OPT_KIND,
	OPT_KIND_SEARCH,
	OPT_METADATA,
	OPT_STATE,
	OPT_FORCE,
	OPT_THUMBNAIL,
	OPT_TYPES,
	OPT_DAEMON,
	OPT_CONSUMER,
	OPT_ALL,
	OPT_SECRET_FILE,
	OPT_WITH,
	OPT_WITH_TOKEN,
	OPT_NEWER,
	OPT_OLDER,
	OPT_USERS,
	OPT_EXPIRES,
	OPT_RATE,
	OPT_LEVEL,
	OPT_CONFIRM,
	OPT_NO_FILES,
	OPT_FOR,
	OPTION_COUNT,
};

struct option_row {
	const char *name;  /* without its dashes */
	const char *value; /* a spec, see value.h; NULL: a switch */
	char letter;	   /* or 0 */
	size_t place;	   /* in struct command_args: a bool of a switch, else
			    * a const char * */
	const char *help;  /* a few words; NULL: as of the row above it */
	const char *text;  /* all there is to say; see markup.h */
};

const struct option_row *option_row(enum option_id id);
/* Do all commands take it? */
bool option_is_common(enum option_id id);
/* The first row of that name; OPT_END if there is none. */
enum option_id option_find(const char *name, size_t n);
enum option_id option_find_letter(char letter);

#endif
