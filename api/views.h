/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * views - the objects of the API as JSON, the same in answers and events.
 */
#ifndef API_VIEWS_H
#define API_VIEWS_H

#include "api/api.h"
#include "api/grant.h"
#include "api/jout.h"
#include "core/address.h"
#include "store/query.h"

struct caller;
struct invite;
struct lookalikes;
struct token;

const char *view_user_state(enum api_user_state s);
void view_user(struct jout *j, const char *key, struct api *a,
	       const struct api_user *u);
/* What the tests of our own services have shown; null if there are none. */
void view_self_test(struct jout *j, const char *key,
		    const struct api_services *n);
/* Their words; "none" for REPAIR_NONE. */
const char *view_reach(enum probe_state s);
const char *view_test_result(enum probe_result r);
const char *view_repair(enum probe_repair r);
/* Of the services those of users that the caller may see; NULL: all. */
void view_tor(struct jout *j, struct api *a, const struct caller *c);
void view_contact(struct jout *j, const char *key, struct api *a,
		  struct uid user, const struct contact_row *row);
/* The invite that a row stands for; clear it. */
void view_link(const struct invite_row *row, struct invite *out);
void view_invite(struct jout *j, const char *key, const struct invite_row *row);
/* Did somebody else ask? */
bool request_is_in(const struct request_row *row);
void view_request(struct jout *j, const char *key,
		  const struct request_row *row, const struct lookalikes *l);
void view_message(struct jout *j, const char *key, struct api *a,
		  struct uid user, const struct message_info *m);
/* Of one: id, client_id and state alone. */
void view_receipt(struct jout *j, const struct message_info *m);
void view_file(struct jout *j, const char *key, struct api *a, struct uid user,
	       const struct file_info *f);
/* Those of a message: the value of its "files". */
enum err view_files_of(struct jout *j, struct api *a, struct uid user,
		       struct uid message) MUST_CHECK;

/* Look the object up and show it.  Nothing is written on an error. */
enum err view_contact_of(struct jout *j, const char *key, struct api *a,
			 struct uid user, struct uid id) MUST_CHECK;
enum err view_invite_of(struct jout *j, const char *key, struct store *s,
			struct uid id) MUST_CHECK;
/* as_of: a state that it had at some time, or NULL for the present one. */
enum err view_request_of(struct jout *j, const char *key, struct store *s,
			 struct uid id, const int *as_of) MUST_CHECK;
enum err view_message_of(struct jout *j, const char *key, struct api *a,
			 struct uid user, struct uid id,
			 const int *as_of) MUST_CHECK;
enum err view_file_of(struct jout *j, struct api *a, struct uid user,
		      struct uid id) MUST_CHECK;
/* state: what it became, FILE_STATE_DELETED too. */
enum err view_file_event(struct jout *j, struct api *a, struct uid user,
			 struct uid id, int state) MUST_CHECK;
/* How far a file of that size is. */
void view_progress(struct jout *j, uint64_t size,
		   const struct file_progress *p);
/* With its last message. */
void view_conversation(struct jout *j, const char *key, struct api *a,
		       struct uid user, const struct conversation_info *c);
enum err view_conversation_of(struct jout *j, const char *key, struct api *a,
			      struct uid user, struct uid id) MUST_CHECK;

/* Tokens: secret only in the answer that makes one. */
void view_token(struct jout *j, const struct token *one, const char *secret);
void view_scopes(struct jout *j, unsigned scopes);
void view_ids(struct jout *j, const char *key, enum id_kind kind,
	      struct grant_ids list);

/* The user himself. */
#define ONION_TEXT (ONION_NAME + 6) /* with ".onion" */
enum err view_onion(struct store *s,
		    char out[static ONION_TEXT + 1]) MUST_CHECK;
enum err view_address(struct jout *j, struct api *a,
		      struct uid user) MUST_CHECK;
enum err view_profile(struct jout *j, struct api *a,
		      struct uid user) MUST_CHECK;
enum err view_presence(struct jout *j, struct store *s) MUST_CHECK;
enum err view_privacy(struct jout *j, struct store *s) MUST_CHECK;

/* Words of the API for what is stored, by number, NULL at the end. */
extern const char *const words_mode[];	     /* enum presence_mode */
extern const char *const words_file_kind[];  /* enum file_kind */
extern const char *const words_file_state[]; /* enum file_state */
extern const char *const words_policy[];     /* enum contact_policy */
extern const char *const words_choice[];     /* enum choice */

#endif
