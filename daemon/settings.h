/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * settings - what can be changed while the daemon runs, and stays changed.
 *
 * One small text file, DATA/api/settings, written in one piece.  What is in it
 * goes before umbel.conf and the flags; what is not, they decide.
 */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include <stdbool.h>

#include "util/err.h"
#include "util/log.h"

struct settings {
	char *path;
	/* From the configuration. */
	enum log_level base_log_level;
	unsigned base_auto_lock_minutes;
	/* From the file. */
	bool has_log_level, has_auto_lock_minutes;
	enum log_level log_level;
	unsigned auto_lock_minutes;
};

/* Reads the file at path on top of what the configuration says; a file that
 * cannot be read or understood costs a line in the log, and is left alone
 * until something is set. */
void settings_open(struct settings *s, const char *path,
		   enum log_level log_level, unsigned auto_lock_minutes);
void settings_close(struct settings *s);

/* What the configuration says by now; in force unless the file goes before it.
 */
void settings_set_base(struct settings *s, enum log_level log_level,
		       unsigned auto_lock_minutes);

enum log_level settings_log_level(const struct settings *s);
unsigned settings_auto_lock_minutes(const struct settings *s); /* 0: never */

/* Durable after OK, and nothing is changed otherwise; ERR_NO_SPACE, ERR_IO.
 * Of fresh the second half counts. */
enum err settings_change(struct settings *s,
			 const struct settings *fresh) MUST_CHECK;

#endif
