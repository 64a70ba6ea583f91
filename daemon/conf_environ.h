/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_environ - the configuration as the environment has it: for each key of
 * the file a variable, UMBEL_DAEMON_LOG_LEVEL for log_level in [daemon].
 *
 * An empty one counts as none.  One that begins like these and is none of
 * them is an error, as a key that is unknown is in the file.
 */
#ifndef DAEMON_CONF_ENVIRON_H
#define DAEMON_CONF_ENVIRON_H

#include "conf.h"
#include "util/err.h"

/* Which file to read, unless a flag says it. */
#define CONF_ENVIRON_FILE "UMBEL_CONFIG"

/* vars: as environ.  ERR_SYNTAX, and *error names the variable and says what
 * was expected. */
enum err conf_environ_apply(char *const *vars, struct conf *c,
			    struct conf_error *error) MUST_CHECK;

#endif
