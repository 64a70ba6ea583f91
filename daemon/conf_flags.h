/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_flags - umbeld's command line: --flag VALUE or --flag=VALUE.
 */
#ifndef DAEMON_CONF_FLAGS_H
#define DAEMON_CONF_FLAGS_H

#include <stdbool.h>
#include <stdio.h>

#include "conf.h"
#include "util/err.h"

/* What the command line asks for beside values. */
struct conf_flags {
	bool help;
	bool version;
	bool check;
	bool print;
	int http; /* a listener that was handed over; -1: none.  Not ours to
		     scan */
	const char *units; /* the folder of their sockets; NULL: fork */
	const char *file;  /* --config; borrowed from argv; NULL: the default */
};

/* Checks that every flag is known and complete, and reads those that are no
 * values.  ERR_SYNTAX, and *error says what is wrong. */
enum err conf_flags_scan(int argc, char *const *argv, struct conf_flags *flags,
			 struct conf_error *error) MUST_CHECK;

/* Lets the values among the flags overrule what c holds: first
 * conf_flags_scan(), then conf_ini_parse(), conf_environ_apply(), then this. */
enum err conf_flags_apply(int argc, char *const *argv, struct conf *c,
			  struct conf_error *error) MUST_CHECK;

/* Writes the help, for the greater part from the table. */
void conf_flags_print_help(FILE *out);

void conf_flags_print_version(FILE *out);

#endif
