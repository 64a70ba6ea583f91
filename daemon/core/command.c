/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/command.h"

#include <assert.h>

#include "core/bulk.h"
#include "core/compose.h"
#include "core/eph.h"
#include "core/expiry.h"
#include "core/file_cmd.h"
#include "core/invitee.h"
#include "core/inviter.h"
#include "core/presence.h"
#include "core/receipts.h"
#include "core/relation.h"
#include "core/self.h"
#include "core/wishes.h"
#include "util/mem.h"

static void set_self(struct step *st, const struct event *ev)
{
	enum presence_mode was = st->node->self.mode;

	self_set(st, ev);
	if (st->node->self.mode != was)
		presence_changed(st);
}

static const struct {
	enum event_type type;
	void (*fn)(struct step *st, const struct event *ev);
} table[] = {
    {EV_DUE, expiry_take},
    {EV_STAMPED, wishes_stamped},
    {EV_BLOB, bulk_blob},
    {EV_CMD_SEND, compose_send},
    {EV_CMD_EDIT, compose_edit},
    {EV_CMD_DELETE, compose_delete},
    {EV_CMD_REACT, compose_react},
    {EV_CMD_READ, receipts_read},
    {EV_CMD_TIMER, compose_timer},
    {EV_CMD_TYPING, eph_typing},
    {EV_CMD_CONVERSATION_SET, relation_conversation_set},
    {EV_CMD_HISTORY_DELETE, relation_history_delete},
    {EV_CMD_INVITE_NEW, inviter_create},
    {EV_CMD_INVITE_DELETE, inviter_delete},
    {EV_CMD_CONNECT, invitee_create},
    {EV_CMD_KNOCK, wishes_knock},
    {EV_CMD_REQUEST_ACCEPT, wishes_accept},
    {EV_CMD_REQUEST_REJECT, wishes_reject},
    {EV_CMD_REQUEST_DELETE, invitee_delete},
    {EV_CMD_CONTACT_SET, relation_set},
    {EV_CMD_CONTACT_DELETE, relation_delete},
    {EV_CMD_INTRODUCE, wishes_introduce},
    {EV_CMD_SELF_SET, set_self},
    {EV_CMD_FILE_SET, file_cmd_set},
    {EV_CMD_FILE_DELETE, file_cmd_delete},
    {EV_CMD_SELF_TEST, presence_self_test},
};

void command_step(struct step *st, const struct event *ev)
{
	size_t i;

	for (i = 0; table[i].type != ev->type; i++)
		assert(i + 1 < ARRAY_SIZE(table));
	table[i].fn(st, ev);
}
