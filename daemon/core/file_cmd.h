/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file_cmd - what the user wants of a file: EV_CMD_FILE_SET and
 * EV_CMD_FILE_DELETE.
 */
#ifndef CORE_FILE_CMD_H
#define CORE_FILE_CMD_H

#include "core/state.h"

void file_cmd_set(struct step *st, const struct event *ev);
void file_cmd_delete(struct step *st, const struct event *ev);

#endif
