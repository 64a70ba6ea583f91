/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tenant - whether a folder is ours alone.  DATA gets mode 0700, and RUN is
 * cleared of sockets: neither may be done to /etc or /run, which are one
 * mistyped word away.
 */
#ifndef DAEMON_TENANT_H
#define DAEMON_TENANT_H

#include "util/err.h"

/* ERR_STATE, and a sentence in the log, if there is something in it that is
 * not Umbel's; OK if it is not there, or cannot be read: whoever makes it
 * or opens it says so. */
enum err tenant_check_data(const char *path) MUST_CHECK;
enum err tenant_check_run(const char *path) MUST_CHECK;

#endif
