/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inherit - the listener that the service manager has opened for us, by the
 * protocol of sd_listen_fds(3).
 */
#ifndef DAEMON_INHERIT_H
#define DAEMON_INHERIT_H

#include "conf.h"
#include "util/err.h"

/* The descriptor that LISTEN_FDNAMES calls "http", or the only one there is
 * if that names none; -1: there is none for us.  Takes LISTEN_PID, LISTEN_FDS
 * and LISTEN_FDNAMES out of the environment.  To be called before anything is
 * opened or closed. */
int inherit_find(void);

/* What it listens on takes the place of what the configuration says; that the
 * two differ costs a warning, unless the latter is the default.  ERR_RANGE and
 * *error filled: it is no TCP listener, or not of this machine alone. */
enum err inherit_listen(int fd, struct conf *conf,
			struct conf_error *error) MUST_CHECK;

#endif
