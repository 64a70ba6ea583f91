/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * views - the objects of the API as JSON, the same in answers and events.
 */
#ifndef API_VIEWS_H
#define API_VIEWS_H

#include "api/jout.h"
#include "store/query.h"

struct api;
struct api_user;
struct invite;

void view_user(struct jout *j, const char *key, struct api *a,
	       const struct api_user *u);
void view_tor(struct jout *j, const char *key, struct api *a);
void view_contact(struct jout *j, const char *key, struct api *a,
		  struct uid user, const struct contact_row *row);
/* What the link of an invite says; invite_clear() it. */
void view_link(const struct invite_row *row, struct invite *out);
void view_invite(struct jout *j, const char *key, const struct invite_row *row);
void view_request(struct jout *j, const char *key,
		  const struct request_row *row);
void view_message(struct jout *j, const char *key,
		  const struct message_info *m);

/* Look the object up and show it.  Nothing is written on an error. */
enum err view_contact_of(struct jout *j, const char *key, struct api *a,
			 struct uid user, struct uid id) MUST_CHECK;
enum err view_invite_of(struct jout *j, const char *key, struct store *s,
			struct uid id) MUST_CHECK;
/* as_of: a state that it had at some time, or NULL for the present one. */
enum err view_request_of(struct jout *j, const char *key, struct store *s,
			 struct uid id, const int *as_of) MUST_CHECK;
enum err view_message_of(struct jout *j, const char *key, struct store *s,
			 struct uid id, const int *as_of) MUST_CHECK;
/* With its last message. */
void view_conversation(struct jout *j, const char *key, struct store *s,
		       const struct conversation_info *c);
enum err view_conversation_of(struct jout *j, const char *key, struct store *s,
			      struct uid id) MUST_CHECK;

#endif
