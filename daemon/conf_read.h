/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_read - the whole configuration, from wherever parts of it are: file,
 * environment, flags, and the folders of whoever runs umbeld.
 */
#ifndef DAEMON_CONF_READ_H
#define DAEMON_CONF_READ_H

#include "conf.h"
#include "conf_flags.h"
#include "util/err.h"

/* conf is one of conf_init().  Any error: *error says what is wrong, and
 * where. */
enum err conf_read(int argc, char *const *argv, const struct conf_flags *flags,
		   struct conf *conf, struct conf_error *error) MUST_CHECK;

#endif
