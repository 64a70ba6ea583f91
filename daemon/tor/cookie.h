/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cookie - reads tor's authentication cookie with the distrust it needs: a
 * path may be a link, a pipe, somebody else's file, or half written.
 */
#ifndef TOR_COOKIE_H
#define TOR_COOKIE_H

#include <stdint.h>
#include <sys/types.h>

#include "tor/control_msg.h"
#include "util/err.h"

/* ERR_NOT_FOUND if it is not there; ERR_AUTH if it is no regular file of
 * exactly 32 bytes, owned by us or uid, that nobody else can write and not
 * everyone can read; ERR_IO. */
enum err cookie_read(const char *path, uid_t uid,
		     uint8_t out[CONTROL_COOKIE_BYTES]) MUST_CHECK;

#endif
