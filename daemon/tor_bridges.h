/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tor_bridges - the bridges of our own tor: those of a file that umbel.conf
 * names, or else those that somebody set over the API, kept in
 * DATA/tor/bridges.
 *
 * umbeld's side: what the core asks for is checked here once more, and only
 * then written; and refused if umbel.conf names a file.  One that cannot be
 * used ends the start: tor without its bridges would show that it is tor.
 */
#ifndef DAEMON_TOR_BRIDGES_H
#define DAEMON_TOR_BRIDGES_H

#include "tor/bridges.h"

struct tor_bridges {
	char *path;
	bool is_fixed; /* by umbel.conf */
	struct bridges now;
	struct transports known;
};

void tor_bridges_open(struct tor_bridges *t, const char *tor_data);
void tor_bridges_close(struct tor_bridges *t);
/* fixed: the file of umbel.conf, or NULL; one line a bridge, which may begin
 * with the word Bridge, comments begin with #.  extra: the lines that
 * umbel.conf adds to tor's configuration.  An error is logged as a sentence
 * that says what to do. */
enum err tor_bridges_read(struct tor_bridges *t, const char *fixed,
			  struct bytes extra) MUST_CHECK;
/* Durable after OK.  ERR_SYNTAX, ERR_STATE: refused; else nothing has
 * changed. */
enum err tor_bridges_set(struct tor_bridges *t, struct bytes text) MUST_CHECK;

#endif
