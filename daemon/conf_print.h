/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf_print - the configuration that is in force, as a file that umbeld reads
 * again, with a comment above each value that says where it is from.
 */
#ifndef DAEMON_CONF_PRINT_H
#define DAEMON_CONF_PRINT_H

#include <stdio.h>

#include "conf.h"

void conf_print(const struct conf *c, FILE *out);
/* Gives the exit status of who has written to stdout: a script takes 0 for the
 * whole of it. */
int conf_print_end(void);

#endif
