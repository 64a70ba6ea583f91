/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * upload - brings a file to the daemon, with a bar on a terminal.
 *
 * It is announced, then its bytes follow; where that is cut, by a daemon that
 * is started anew or by Ctrl-C, it goes on where it was: the announcement has
 * an id that comes from the file itself (source.h), so that the same command
 * finds what it left.
 */
#ifndef CLI_UPLOAD_H
#define CLI_UPLOAD_H

#include "cli/command.h"

struct json_t;
struct source;

/* For the user at that path; context: what else makes two uploads of a file
 * one, such as for whom it is.  The whole file as the API shows it, not yet
 * offered to anybody; NULL after saying why not.  On Ctrl-C it does not come
 * back. */
struct json_t *upload(const struct command_args *a, const char *user,
		      const char *context, const struct source *source,
		      int *exit_code);

#endif
