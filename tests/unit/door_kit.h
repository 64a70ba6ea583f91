/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * door_kit - what the tests of our door have in common: people who knock.
 */
#ifndef TESTS_UNIT_DOOR_KIT_H
#define TESTS_UNIT_DOOR_KIT_H

#include "tests/unit/check.h"

#include "core/invite.h"
#include "core/knock.h"
#include "tests/sim/puppet.h"

enum { DOOR_CHEAP = 2 /* bits of work, at the start */ };

/* A rig with its door published, and nothing saved yet. */
int door_set_up(void **state);
int door_tear_down(void **state);
enum err door_set_difficulty(struct rig *r, uint8_t bits);

/* An invite of somebody who may or may not exist. */
void door_draw_invite(struct rig *r, struct invite *inv);
/* A counter with exactly that much work, or any that is enough. */
uint64_t door_stamp(const struct puppet *p, unsigned work, bool exactly);
/* A knock that p may say. */
struct knock door_fill(struct rig *r, const struct puppet *p);
/* Somebody at the door who has said HELLO. */
struct puppet *door_arrive(struct rig *r);
/* The KNOCK, into p's next record. */
void door_put(struct puppet *p, const struct knock *k);
/* Says k; whether it was answered. */
bool door_say(struct rig *r, struct puppet *p, const struct knock *k);
/* One knock, from the first byte on, with that much work exactly. */
bool door_knock(struct rig *r, unsigned work);

/* Requests at the door, on the disk. */
size_t door_count(const struct rig *r, enum request_state s);
const struct request_row *door_newest(const struct rig *r);
/* EV_CMD_REQUEST_REJECT or _DELETE of the newest. */
enum err door_decide(struct rig *r, enum event_type what);

#endif
