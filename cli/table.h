/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * table - every command: its words, what runs it, what it takes.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>

struct command_args;

/* Which options a command takes, beside those that all take. */
enum option_bit {
	BIT_PASSPHRASE = 1,
	BIT_NEW_PASSPHRASE = 2,
	BIT_INVITE = 4, /* --label, --days */
	BIT_ALIAS = 8,
	BIT_GREETING = 16,
	BIT_WAIT = 32,
	BIT_TAIL = 64, /* --count */
	BIT_PRINT = 128,
	BIT_QR = 256,
	BIT_STATUS = 512,
	BIT_PRIVACY = 1024, /* --receipts, --typing */
	BIT_SEND = 2048,    /* --reply, --within */
	BIT_FOR_ALL = 4096,
	BIT_NONE = 8192,
	BIT_IDS = 16384,
	BIT_NAME = 32768,
	BIT_FILE = 65536, /* --text, --type, --kind, --metadata */
	BIT_STATE = 131072,
	BIT_FORCE = 262144,
	BIT_ACCEPT = 524288, /* --accept, --up-to */
	BIT_FOLLOW = 1048576,
};

struct command {
	const char *name, *sub; /* "user", "add"; no name: a heading */
	int (*run)(const struct command_args *a);
	int args_min, args_max;
	unsigned bits;
	const char *usage, *help;
	/* Says what is wrong with the words; NULL: any will do. */
	bool (*is_right)(const struct command_args *a);
};

/* All commands under their headings. */
void table_print(void);
/* The command that the words begin with; NULL after saying what is wrong. */
const struct command *table_find(int argc, char **argv);

#endif
