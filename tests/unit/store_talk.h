/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_talk - effects about the messages of contact 1, for tests of what a
 * message can go through.
 *
 * Numbers are those of kit_message_out() and kit_message_in().
 */
#ifndef TESTS_UNIT_STORE_TALK_H
#define TESTS_UNIT_STORE_TALK_H

#include "store_seen.h"

/* Saves number seq of contact 1. */
void talk_out(struct kit *k, uint64_t seq, const char *text);
void talk_in(struct kit *k, uint64_t seq, const char *text);
/* The same with a time to live. */
void talk_timed(struct kit *k, enum message_dir dir, uint64_t seq,
		uint32_t ttl_s);
/* A hidden one of ours about the message of that mid. */
struct effect talk_about(uint64_t seq, uint16_t kind, const struct mid *ref,
			 const char *text);

struct uid talk_id(enum message_dir dir, uint64_t seq);
struct mid talk_mid(uint64_t seq);

/* By whom, to number ref of either direction, at the time of sending plus
 * after_ms. */
struct effect talk_edit(enum message_dir by, uint64_t ref, const char *text,
			uint64_t after_ms);
struct effect talk_delete(enum message_dir by, uint64_t ref, uint64_t after_ms);
struct effect talk_react(enum message_dir by, uint64_t ref, const char *emoji);
struct effect talk_erase(enum message_dir dir, uint64_t seq,
			 enum erase_how how);
void talk_state(struct kit *k, uint64_t from, uint64_t to,
		enum message_state state);
void talk_read(struct kit *k, struct uid message_id);

/* What is shown of it; fails if it is not shown. */
struct seen talk_look(struct kit *k, enum message_dir dir, uint64_t seq);
bool talk_is_shown(struct kit *k, enum message_dir dir, uint64_t seq);
struct conversation_info talk_conversation(struct kit *k);
/* The row of ours as it would be sent; its body is gone. */
struct message_row talk_row(struct kit *k, uint64_t seq, char text[static 64]);
/* Fails unless one of ours, as it was sent, is withdrawn now. */
void talk_is_withdrawn(struct kit *k, const struct effect *sent);
/* Lines of that type. */
size_t talk_lines(struct kit *k, enum journal_type type);

#endif
