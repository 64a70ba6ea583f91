/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * app_config - what umbel-core is told on its command line (core_args.h).
 */
#ifndef DAEMON_APP_CONFIG_H
#define DAEMON_APP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/limits.h"
#include "core/rows.h"
#include "store/file_limits.h"
#include "store/keyfile.h"
#include "util/log.h"

/* Bytes of a file with a passphrase, at most. */
#define PASSPHRASE_FILE_MAX 4096

struct api_hook;
struct folders;

struct app_unlock {
	struct label name;
	uint8_t *passphrase; /* sodium_malloc; owned by the app from here on */
	size_t len;
};

struct app_config {
	int ctl_fd;		/* to umbeld (doc/INTERNAL.md) */
	const char *data, *run; /* absolute, there */
	const struct folders *folders;
	uint16_t port;
	const char *tor_cookie;
	bool tor_is_foreign;	    /* is no child of umbeld */
	bool no_self_test;	    /* users do not dial themselves */
	bool tor_is_filtered;	    /* and asks for no cookie */
	uid_t tor_uid;		    /* under which it runs */
	enum log_level log_level;   /* unless DATA/api/settings has another */
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

#endif
