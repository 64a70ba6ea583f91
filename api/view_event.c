/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/view_event.h"

#include "api/state.h"
#include "api/views.h"

/* What the event is about may be gone by now: then only its id. */
static void put_gone(struct jout *j, enum id_kind kind, const struct uid *id)
{
	jout_open(j, NULL, '{');
	jout_id(j, "id", kind, id);
	jout_close(j, '}');
}

enum err view_event_data(struct jout *j, struct api *a, struct uid user,
			 const struct journal_info *row)
{
	struct store *s = api_store(a, user);
	enum id_kind kind = ID_MESSAGE;
	const struct uid *id = &row->object;
	enum err e = ERR_NOT_FOUND;

	switch (row->type) {
	case JOURNAL_NONE: break;
	case JOURNAL_FILE_STATE:
		return view_file_event(j, a, user, *id, row->state);
	case JOURNAL_PROFILE_UPDATED: return view_profile(j, a, user);
	case JOURNAL_MESSAGE_RECEIVED:
	case JOURNAL_MESSAGE_SENT:
	case JOURNAL_MESSAGE_STATE:
	case JOURNAL_MESSAGE_EDITED:
	case JOURNAL_MESSAGE_DELETED:
	case JOURNAL_MESSAGE_REACTION:
		e = view_message_of(j, NULL, a, user, *id, &row->state);
		break;
	case JOURNAL_CONVERSATION_CREATED:
	case JOURNAL_CONVERSATION_READ:
	case JOURNAL_CONVERSATION_UPDATED:
		kind = ID_CONVERSATION;
		id = &row->conversation_id;
		e = view_conversation_of(j, NULL, a, user, *id);
		break;
	case JOURNAL_CONTACT_ADDED:
	case JOURNAL_CONTACT_UPDATED:
	case JOURNAL_CONTACT_REMOVED:
		kind = ID_CONTACT;
		e = view_contact_of(j, NULL, a, user, *id);
		break;
	case JOURNAL_REQUEST_STATE:
	case JOURNAL_REQUEST_RECEIVED:
		kind = ID_REQUEST;
		e = view_request_of(j, NULL, s, *id, &row->state);
		break;
	case JOURNAL_INVITE_USED:
		kind = ID_INVITE;
		e = view_invite_of(j, NULL, s, *id);
		break;
	}
	if (e != ERR_NOT_FOUND)
		return e;
	put_gone(j, kind, id);
	return OK;
}

enum err view_event(struct jout *j, struct api *a, struct uid user,
		    const struct journal_info *row)
{
	struct jout data;
	enum err e;

	jout_init(&data);
	e = view_event_data(&data, a, user, row);
	if (e == OK) {
		jout_open(j, NULL, '{');
		jout_uint(j, "id", row->seq);
		jout_id(j, "user_id", ID_USER, &user);
		jout_str(j, "type", event_names[row->type]);
		jout_time(j, "at", row->at_ms);
		jout_raw(j, "data", buf_view(&data.out));
		jout_close(j, '}');
	}
	jout_clear(&data);
	return e;
}
