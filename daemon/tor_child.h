/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tor_child - what umbeld does before it starts tor, or instead of it.
 */
#ifndef DAEMON_TOR_CHILD_H
#define DAEMON_TOR_CHILD_H

#include <sys/types.h>

#include "conf.h"
#include "tor_bridges.h"
#include "util/err.h"

/* Where the core finds tor, and how tor is called; all absolute. */
struct tor_child {
	char *control;
	char *socks;
	char *cookie;
	uid_t uid; /* under which it runs */
	/* Of ours: */
	const char *path; /* of the program, or NULL: the tor is not ours */
	char *data;	  /* its folders */
	char *run;
	int torrc;		    /* its configuration, as a descriptor */
	uint8_t digest[32];	    /* of that */
	struct buf extra;	    /* what the configuration adds to it */
	struct tor_bridges bridges; /* of ours */
};

/* Where it finds torrc, if that is its first descriptor. */
#define TOR_CHILD_TORRC "/proc/self/fd/3"

/* Asks the tor program for its version, makes its folders, DATA/tor and
 * RUN/tor, and its configuration: in memory, since the core may write to all
 * files below DATA; or finds the cookie of the tor
 * that is there.  An error is logged as a sentence: ERR_VERSION for a tor
 * that is missing or too old, ERR_SYNTAX for lines it must not be given,
 * else ERR_IO.  After any error tor_child_clear() is still to be called. */
enum err tor_child_prepare(struct tor_child *t,
			   const struct conf *conf) MUST_CHECK;
/* Whether it would do, with nothing made but a look at the program's version;
 * errors as above. */
enum err tor_child_check(const struct conf *conf) MUST_CHECK;
/* Reads again what conf names, and the bridges; *is_new: tor has to be started
 * again for it.  Errors as above; then what was is in force. */
enum err tor_child_configure(struct tor_child *t, const struct conf *conf,
			     bool *is_new) MUST_CHECK;
/* Other bridges, and nothing else, whatever has been written to what conf names
 * since; tor has them when it is started again.  ERR_SYNTAX: refused,
 * ERR_STATE: it is umbel.conf that names them, ERR_NO_SPACE, ERR_IO; then what
 * was is in force. */
enum err tor_child_set_bridges(struct tor_child *t, const struct conf *conf,
			       struct bytes text) MUST_CHECK;
void tor_child_clear(struct tor_child *t);

#endif
