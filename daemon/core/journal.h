/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * journal - what is told to those who listen to a user's events.
 */
#ifndef CORE_JOURNAL_H
#define CORE_JOURNAL_H

/* What a SAVE effect adds to the user's journal if it changes anything;
 * the store writes it in the same transaction, FX_SAVE_STATE one for each
 * message that changed. */
enum journal_type {
	JOURNAL_NONE = 0,
	JOURNAL_MESSAGE_RECEIVED = 1,
	JOURNAL_MESSAGE_SENT = 2,
	JOURNAL_MESSAGE_STATE = 3,
	JOURNAL_CONVERSATION_CREATED = 4,
	JOURNAL_CONVERSATION_READ = 5,
	JOURNAL_CONTACT_ADDED = 6,
	JOURNAL_CONTACT_UPDATED = 7,
	JOURNAL_REQUEST_STATE = 8,
	JOURNAL_INVITE_USED = 9,
	JOURNAL_MESSAGE_EDITED = 10,
	JOURNAL_MESSAGE_DELETED = 11,
	JOURNAL_MESSAGE_REACTION = 12,
	JOURNAL_CONTACT_REMOVED = 13,
	JOURNAL_REQUEST_RECEIVED = 14,
	JOURNAL_CONVERSATION_UPDATED = 15,
	JOURNAL_PROFILE_UPDATED = 16, /* the user's own */
	JOURNAL_FILE_STATE = 17,
};

#endif
