/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * event_names - what the events of a user are called.
 *
 * Apart from the rest of the API, because umbeld reads them too: it has to say
 * whether what a hook asks for is there.
 */
#ifndef API_EVENT_NAMES_H
#define API_EVENT_NAMES_H

#include "core/effect.h"

/* Numbers of types: those of enum journal_type, and then of what is told to
 * whoever listens and kept nowhere. */
enum {
	EVENT_PRESENCE = JOURNAL_FILE_STATE + 1,
	EVENT_TYPING,
	EVENT_PROGRESS,
	EVENT_TYPES,
	EVENT_KEPT = EVENT_PRESENCE, /* below this one */
};

/* "message.received" and so on, by number; NULL for JOURNAL_NONE. */
extern const char *const event_names[EVENT_TYPES];

/* Bits of the types that stand in a list, separated by spaces; only of what
 * is kept.  0: there is none, or one is not known. */
uint32_t event_names_read(const char *list);

#endif
