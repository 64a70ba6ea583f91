/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_hook - the sections [hook "NAME"] of the configuration: which program
 * is to be run for which events.  Used by conf_ini.
 *
 * A command is words, separated by spaces; those in double quotes may hold
 * spaces.  No shell sees them, and nothing in them is expanded.
 */
#ifndef DAEMON_CONF_HOOK_H
#define DAEMON_CONF_HOOK_H

#include "conf.h"

/* A new one, named by what stands between "hook" and the bracket.  Errors are
 * ERR_SYNTAX, and *error says what was expected, without the place. */
enum err conf_hook_start(struct conf *c, const char *quoted,
			 struct conf_hook **out,
			 struct conf_error *error) MUST_CHECK;
enum err conf_hook_set(struct conf_hook *h, const char *key, const char *value,
		       struct conf_error *error) MUST_CHECK;

#endif
