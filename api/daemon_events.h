/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * daemon_events - what happens to the daemon as a whole: tor, users locked
 * and unlocked, the end; told to clients from the ring.
 */
#ifndef API_DAEMON_EVENTS_H
#define API_DAEMON_EVENTS_H

#include "core/types.h"
#include "util/err.h"

struct api;
struct jout;

void daemon_events_start(struct api *a);
void daemon_events_clear(struct api *a);
/* Each looks at what is, and tells it if it is new. */
void daemon_events_tor(struct api *a);
void daemon_events_user(struct api *a, struct uid user);
/* A job of that user began, or came to its end: told to who may see him. */
void daemon_events_job(struct api *a, struct uid user, struct jout *job OWNED);
void daemon_events_stopping(struct api *a);

#endif
