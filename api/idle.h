/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * idle - locks users whom nobody uses any more.
 *
 * Use is every call with the user in its path that its caller was allowed,
 * whoever he is, and each moment of an upload, a download or a job of his.
 * Listening to events is none: an open stream, or a poll for them, keeps nobody
 * unlocked.
 */
#ifndef API_IDLE_H
#define API_IDLE_H

#include <stdint.h>

#include "core/types.h"

struct api;

/* Somebody uses him. */
void idle_touch(struct api *a, const struct uid *user);
/* Users came or went, or their times are others. */
void idle_refresh(struct api *a);
uint64_t idle_deadline(const struct api *a);
void idle_tick(struct api *a);
void idle_clear(struct api *a);

#endif
