/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_seen - collects what the lists of a store hand out.
 */
#ifndef TESTS_UNIT_STORE_SEEN_H
#define TESTS_UNIT_STORE_SEEN_H

#include "store_kit.h"

/* What came out of a list, in order. */
struct seen {
	size_t count, stop_at;
	struct uid id[64];
	struct contact_row contact;
	struct invite_row invite;
	struct request_row request;
	struct self_row self;
	size_t selves;
	struct message_info message;
	char body[64];
	struct journal_info journal[64];
	struct conversation_info conversation[8];
	struct file_info file; /* row.have in have */
	uint8_t have[64];
	size_t files; /* loaded */
};

bool see_contact(void *ctx, const struct contact_row *row);
bool see_invite(void *ctx, const struct invite_row *row);
bool see_request(void *ctx, const struct request_row *row);
bool see_message(void *ctx, const struct message_info *m);
bool see_conversation(void *ctx, const struct conversation_info *c);
bool see_file(void *ctx, const struct file_info *f);
bool see_journal(void *ctx, const struct journal_info *j);

struct seen load_all(struct kit *k);
struct seen read_journal(struct kit *k);

/* cmocka's fixture: a struct kit in *state. */
int start_kit(void **state);
int end_kit(void **state);

void assert_uid(struct uid a, struct uid b);
void assert_journal(const struct journal_info *j, enum journal_type type,
		    struct uid object);

#endif
