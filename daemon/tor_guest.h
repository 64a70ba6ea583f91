/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tor_guest - a tor that is not ours, most often the system's, under a user of
 * its own: who that is, and how it gets at the sockets of our onion services.
 */
#ifndef DAEMON_TOR_GUEST_H
#define DAEMON_TOR_GUEST_H

#include <sys/types.h>

#include "conf.h"
#include "util/err.h"

/* It runs as the owner of the folder in which its cookie is.  If that is
 * somebody else, RUN may be passed through and RUN/c is of the folder's group,
 * which we have to be in.  An error is logged as a sentence that says what to
 * do. */
enum err tor_guest_prepare(const struct conf *conf, const char *cookie,
			   uid_t *uid) MUST_CHECK;

/* Only looks, as at the start. */
enum err tor_guest_check(const char *cookie) MUST_CHECK;

#endif
