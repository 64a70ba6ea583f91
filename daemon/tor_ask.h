/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tor_ask - what a tor says that is started for an answer only: its version,
 * and whether it would take a configuration.
 */
#ifndef DAEMON_TOR_ASK_H
#define DAEMON_TOR_ASK_H

#include <stdbool.h>
#include <stddef.h>

enum { TOR_ASK_WHY = 256 };

/* The first line of what `tor --version` prints; empty if there is none within
 * ten seconds. */
void tor_ask_version(const char *path, char *line, size_t cap);
/* Whether it takes what the descriptor has; nothing is made or opened.  Only a
 * tor that says no means no; why is then its last warning, without addresses.
 * Whose tor's folder is does not count: who looks may be root. */
bool tor_ask_takes(const char *path, int torrc, char why[TOR_ASK_WHY]);

#endif
