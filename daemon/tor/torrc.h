/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * torrc - the configuration of our own tor process, as text.
 *
 * Unix sockets only, onion traffic only, one circuit identity per SOCKS
 * user name, cookie authentication.  umbeld hands the text to tor, with
 * `--defaults-torrc /dev/null` before it, so that the system's tor
 * configuration has no part in it.
 */
#ifndef TOR_TORRC_H
#define TOR_TORRC_H

#include <sys/types.h>

#include "tor/bridges.h"
#include "util/buf.h"
#include "util/err.h"

/* Names inside run_dir. */
#define TORRC_SOCKS   "socks"
#define TORRC_CONTROL "control"
#define TORRC_COOKIE  "cookie"

#define TORRC_WHY 256

struct torrc_config {
	const char *data_dir; /* DATA/tor, absolute */
	const char *run_dir;  /* RUN/tor, absolute, 0700 */
	pid_t owner_pid;      /* tor exits when this process is gone */
	struct bytes extra;   /* lines added at the end; may be empty */
	const struct bridges *bridges; /* NULL: none */
};

/* Appends the text to out.  Otherwise why holds a sentence that names the
 * path or line: ERR_RANGE for a path that tor or a socket address cannot
 * take, ERR_SYNTAX for an extra line that would undo one of ours (another
 * port, another cookie, logging of addresses, an include), ERR_FULL. */
enum err torrc_put(struct buf *out, const struct torrc_config *cfg,
		   char why[TORRC_WHY]) MUST_CHECK;

#endif
