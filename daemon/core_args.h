/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * core_args - the command line of umbel-core (doc/INTERNAL.md), and the part
 * of it that umbeld says again when its configuration has changed.
 */
#ifndef DAEMON_CORE_ARGS_H
#define DAEMON_CORE_ARGS_H

#include <stdbool.h>

#include "api/hook.h"
#include "app_config.h"
#include "util/buf.h"
#include "util/err.h"

#define CORE_UNLOCKS_MAX 64
/* umbeld's longest: a 'G' with all hooks that there may be. */
#define CORE_MESSAGE_MAX 49152

struct core_args {
	struct app_config app;
	struct app_unlock unlocks[CORE_UNLOCKS_MAX];
	const char *unlock_args[CORE_UNLOCKS_MAX]; /* NAME=PATH */
	struct api_hook hooks[PARCEL_HOOKS_MAX];
	bool list_routes;
};

/* False: it was not umbeld that wrote this. */
bool core_args_read(int argc, char **argv, struct core_args *a);

/* args.app is what is in force from now on; its hooks are in here. */
struct core_change {
	struct core_args args;
	char *text;
};

/* text: words with a NUL behind each, options and their values, of those that
 * can be changed.  A hook that is not in there is none any more; what else is
 * not stays as it is now.  ERR_SYNTAX. */
enum err core_change_read(struct bytes text, const struct app_config *now,
			  struct core_change **out) MUST_CHECK;
void core_change_free(struct core_change *c);

#endif
