/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_check - what a configuration names, looked at before anything is
 * started: folders, programs, files.  For umbeld --check-config, and for a
 * configuration that is to be read again.
 */
#ifndef DAEMON_CONF_CHECK_H
#define DAEMON_CONF_CHECK_H

#include "conf.h"
#include "util/err.h"

/* All of it.  Each thing that is wrong is logged as a sentence that says where
 * it stands; nothing is made or changed. */
enum err conf_check(const struct conf *c) MUST_CHECK;
/* Programs of hooks that cannot be run, into the log: no reason not to start,
 * since a disk may come later, but events will be lost. */
void conf_check_tell_hooks(const struct conf *c);
/* The part of it that is not looked at when umbeld starts anyway: programs of
 * hooks, and files with passphrases. */
enum err conf_check_sections(const struct conf *c) MUST_CHECK;

#endif
