/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/event_names.h"

#include <string.h>

const char *const event_names[EVENT_TYPES] = {
    [JOURNAL_MESSAGE_RECEIVED] = "message.received",
    [JOURNAL_MESSAGE_SENT] = "message.sent",
    [JOURNAL_MESSAGE_STATE] = "message.state",
    [JOURNAL_CONVERSATION_CREATED] = "conversation.created",
    [JOURNAL_CONVERSATION_READ] = "conversation.read",
    [JOURNAL_CONTACT_ADDED] = "contact.added",
    [JOURNAL_CONTACT_UPDATED] = "contact.updated",
    [JOURNAL_REQUEST_STATE] = "request.state",
    [JOURNAL_INVITE_USED] = "invite.used",
    [JOURNAL_MESSAGE_EDITED] = "message.edited",
    [JOURNAL_MESSAGE_DELETED] = "message.deleted",
    [JOURNAL_MESSAGE_REACTION] = "message.reaction",
    [JOURNAL_CONTACT_REMOVED] = "contact.removed",
    [JOURNAL_REQUEST_RECEIVED] = "request.received",
    [JOURNAL_CONVERSATION_UPDATED] = "conversation.updated",
    [JOURNAL_PROFILE_UPDATED] = "profile.updated",
    [JOURNAL_FILE_STATE] = "file.state",
    [EVENT_PRESENCE] = "presence",
    [EVENT_TYPING] = "typing",
    [EVENT_PROGRESS] = "file.progress",
};

static uint32_t bit_of(const char *word, size_t n)
{
	unsigned i;

	for (i = 0; i < EVENT_KEPT; i++)
		if (event_names[i] && strlen(event_names[i]) == n &&
		    memcmp(event_names[i], word, n) == 0)
			return UINT32_C(1) << i;
	return 0;
}

uint32_t event_names_read(const char *list)
{
	uint32_t bits = 0;

	while (*(list += strspn(list, " "))) {
		size_t n = strcspn(list, " ");
		uint32_t bit = bit_of(list, n);

		if (!bit)
			return 0;
		bits |= bit;
		list += n;
	}
	return bits;
}
