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

#include "app_config.h"
#include "util/err.h"

/* Runs until umbeld says stop or goes away.  ERR_IO and the like only if it
 * could not be started; the log says why. */
enum err app_run(const struct app_config *config) MUST_CHECK;

#endif
