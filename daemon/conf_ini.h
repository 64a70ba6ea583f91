/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_ini - the configuration file: [sections], `key = value`, and lines
 * that begin with # or ;.
 *
 * Strict: what is not known is an error, and so is the same key twice.
 */
#ifndef DAEMON_CONF_INI_H
#define DAEMON_CONF_INI_H

#include "conf.h"
#include "util/buf.h"
#include "util/err.h"

#define CONF_INI_FILE_MAX 65536 /* bytes */
#define CONF_INI_LINE_MAX 1024

/* Sets what the text says; name stands in front of errors.  ERR_SYNTAX, and
 * *error says "name:line: expected ...", at the first line that is wrong; c
 * then holds what came before it. */
enum err conf_ini_parse(struct bytes text, const char *name, struct conf *c,
			struct conf_error *error) MUST_CHECK;

#endif
