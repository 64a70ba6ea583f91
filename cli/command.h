/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * command - what every subcommand gets, and the codes it may exit with.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>

struct http;

enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1, /* the daemon said no */
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3, /* it does not run, or is not ready */
	EXIT_LOCKED = 4,    /* the user is locked */
	EXIT_DENIED = 5,    /* wrong passphrase or credential */
	EXIT_NOT_FOUND = 6, /* no such user, contact, ... */
	EXIT_TIMEOUT = 7,   /* --wait ran out */
};

struct command_args {
	struct http *http;
	int argc; /* what stands behind the command; the number is right */
	char **argv;
	bool json;
	bool follow, wait, print, qr;
	const char *user; /* --user, or NULL */
	const char *passphrase_file, *new_passphrase_file;
	const char *label, *alias;
	long count, days;
};

int command_status(const struct command_args *a);
int command_user_add(const struct command_args *a);
int command_user_list(const struct command_args *a);
int command_user_unlock(const struct command_args *a);
int command_user_passphrase(const struct command_args *a);
int command_user_lock(const struct command_args *a);
int command_invite(const struct command_args *a);
int command_invite_list(const struct command_args *a);
int command_invite_delete(const struct command_args *a);
int command_connect(const struct command_args *a);
int command_contacts(const struct command_args *a);
int command_send(const struct command_args *a);
int command_tail(const struct command_args *a);
int command_open(const struct command_args *a);

#endif
