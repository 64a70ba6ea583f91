/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * door - our public address: when its service is there, and by which key
 * (PROTOCOL 9).
 */
#ifndef CORE_DOOR_H
#define CORE_DOOR_H

#include "core/state.h"

/* Tor has come, or gone (NEVER). */
void door_come_up(struct node *n, uint64_t at_ms);
/* The settings have changed: published, taken down, or another one. */
void door_changed(struct step *st);
/* EV_PUBLISHED */
void door_published(struct step *st);
/* Down and up again, by the same key; who is knocking stays. */
void door_publish_again(struct step *st);
void door_timers(struct step *st);
uint64_t door_deadline(const struct node *n);

#endif
