/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * app - umbel-core put together: the loop, the API, the users, tor.
 *
 * Owns every object of the process and joins the layers, which know nothing
 * of each other: app -> users -> runtime -> node, store; users -> links ->
 * streams; app -> api, gate server, control, worker.
 */
#ifndef DAEMON_APP_H
#define DAEMON_APP_H

#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"
#include "core/rows.h"
#include "store/file_limits.h"
#include "store/keyfile.h"
#include "util/err.h"
#include "util/log.h"

struct api_hook;

struct app_unlock {
	struct label name;
	uint8_t *passphrase; /* sodium_malloc; owned by the app from here on */
	size_t len;
};

struct app_config {
	int ctl_fd;		/* to umbeld (doc/INTERNAL.md) */
	const char *data, *run; /* absolute, there */
	uint16_t port;
	const char *tor_cookie;
	bool tor_is_foreign;	    /* runs under another uid */
	bool no_self_test;	    /* users do not dial themselves */
	enum log_level log_level;   /* unless DATA/settings has another */
	unsigned auto_lock_minutes; /* the same; 0: never */
	struct kdf_params kdf;
	struct api_limits {
		unsigned calls_per_minute, sends_per_minute; /* 0: none */
	} limits;
	struct limits peers;	    /* what contacts may do */
	struct file_limits files;   /* of each user */
	struct app_unlock *unlocks; /* to be done at the start */
	size_t unlock_count;
	const struct api_hook *hooks; /* stay */
	size_t hook_count;
};

/* Runs until umbeld says stop or goes away.  ERR_IO and the like only if it
 * could not be started; the log says why. */
enum err app_run(const struct app_config *config) MUST_CHECK;

#endif
