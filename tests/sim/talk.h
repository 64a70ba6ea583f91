/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * talk - what people do with messages: commands as the API would make them
 * from what is on the disk, and what a puppet says of every kind.
 */
#ifndef TESTS_SIM_TALK_H
#define TESTS_SIM_TALK_H

#include "core/message.h"
#include "tests/sim/disk_changes.h"
#include "tests/sim/puppet.h"

/* --- commands, for a world's host or a rig --- */

struct event talk_edit(const struct message_row *m, const char *text);
struct event talk_delete(const struct message_row *m, enum delete_how how);
struct event talk_react(const struct message_row *m, const char *emoji);
/* Our user has read up to m. */
struct event talk_read(const struct disk *d, const struct message_row *m);
struct event talk_timer(const struct uid *contact_id, struct rng *rng,
			uint32_t ttl_s);
struct event talk_typing(const struct uid *contact_id, bool on);
struct event talk_send(const struct uid *contact_id, struct rng *rng,
		       const char *text);

/* --- a rig --- */

/* One command; the reply to it. */
enum err rig_cmd(struct rig *r, struct event ev);
/* A message of the rig's contact, either way: the i-th line or the i-th of
 * all. */
const struct message_row *rig_row(struct rig *r, enum message_dir dir,
				  size_t i);
/* A session on which both said HELLO; the puppet has all that the node
 * knows to be acknowledged. */
struct puppet *rig_session(struct rig *r);

/* The puppet says the next message, as it should be; its mid. */
struct mid puppet_say(struct rig *r, struct puppet *p, uint16_t kind,
		      const struct message_fields *f, const char *body);
struct mid puppet_say_bytes(struct rig *r, struct puppet *p, uint16_t kind,
			    const struct message_fields *f, struct bytes body);
/* The same, word for word. */
void puppet_record(struct rig *r, struct puppet *p, uint64_t seq,
		   struct bytes record);
/* The next message that the node sent, whatever else it sent before; the
 * views last until the next frame. */
bool puppet_heard(struct puppet *p, struct message *m);
/* Everything that the node sent so far is acknowledged. */
void puppet_ack_all(struct rig *r, struct puppet *p);

#endif
