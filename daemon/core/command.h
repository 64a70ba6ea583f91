/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * command - who acts on what a person asks for, or the shell answers.
 */
#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include "core/state.h"

/* EV_CMD_*, EV_DUE, EV_STAMPED. */
void command_step(struct step *st, const struct event *ev);

#endif
