/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_talk.h"

#include <stdio.h>

#include "check.h"
#include "core/message.h"

enum { NUMBERS = 1000000 };

void talk_out(struct kit *k, uint64_t seq, const char *text)
{
	struct effect e = kit_message_out(1, seq, text);

	kit_save(k, &e);
}

void talk_in(struct kit *k, uint64_t seq, const char *text)
{
	struct effect e = kit_message_in(1, seq, text);

	kit_save(k, &e);
}

void talk_timed(struct kit *k, enum message_dir dir, uint64_t seq,
		uint32_t ttl_s)
{
	struct effect e = dir == MESSAGE_IN ? kit_message_in(1, seq, "timed")
					    : kit_message_out(1, seq, "timed");

	e.message.ttl_s = ttl_s;
	kit_save(k, &e);
}

struct effect talk_about(uint64_t seq, uint16_t kind, const struct mid *ref,
			 const char *text)
{
	struct effect e = kit_message_out(1, seq, text);
	struct message_fields f = {.has_ref = true, .ref = *ref};

	if (kind == MESSAGE_REACTION)
		strcpy(f.emoji.s, "+1");
	e.journal = JOURNAL_NONE;
	e.message.kind = kind;
	e.message.hidden = true;
	e.message.client_id = (struct uid){{0}};
	e.message.extra_bytes = message_fields_write(&f, e.message.extra);
	return e;
}

struct uid talk_id(enum message_dir dir, uint64_t seq)
{
	return kit_uid(dir == MESSAGE_IN ? 'n' : 'o', NUMBERS + (uint32_t)seq);
}

struct mid talk_mid(uint64_t seq)
{
	struct uid id = kit_uid('d', NUMBERS + (uint32_t)seq);
	struct mid mid;

	memcpy(mid.b, id.b, sizeof(mid.b));
	return mid;
}

static struct effect change(enum message_dir by, uint64_t ref,
			    enum change_kind kind, enum journal_type journal)
{
	struct effect e = {.type = FX_SAVE_CHANGE, .journal = journal};

	e.change.contact_id = kit_uid('c', 1);
	e.change.kind = kind;
	e.change.by = by;
	e.change.ref = talk_mid(ref);
	e.change.at_ms = KIT_WALL + ref;
	return e;
}

struct effect talk_edit(enum message_dir by, uint64_t ref, const char *text,
			uint64_t after_ms)
{
	struct effect e = change(by, ref, CHANGE_EDIT, JOURNAL_MESSAGE_EDITED);

	e.change.body = bytes_of(text, strlen(text));
	e.change.at_ms += after_ms;
	return e;
}

struct effect talk_delete(enum message_dir by, uint64_t ref, uint64_t after_ms)
{
	struct effect e =
	    change(by, ref, CHANGE_DELETE, JOURNAL_MESSAGE_DELETED);

	e.change.at_ms += after_ms;
	return e;
}

struct effect talk_react(enum message_dir by, uint64_t ref, const char *emoji)
{
	struct effect e =
	    change(by, ref, CHANGE_REACTION, JOURNAL_MESSAGE_REACTION);

	snprintf(e.change.emoji.s, sizeof(e.change.emoji.s), "%s", emoji);
	return e;
}

struct effect talk_erase(enum message_dir dir, uint64_t seq, enum erase_how how)
{
	struct effect e = {.type = FX_SAVE_ERASE,
			   .journal = how == ERASE_FAIL
					  ? JOURNAL_MESSAGE_STATE
					  : JOURNAL_MESSAGE_DELETED};

	e.erase.contact_id = kit_uid('c', 1);
	e.erase.message_id = talk_id(dir, seq);
	e.erase.how = how;
	if (how == ERASE_FAIL)
		e.erase.problem = PROBLEM_TOO_LATE;
	return e;
}

void talk_state(struct kit *k, uint64_t from, uint64_t to,
		enum message_state state)
{
	struct effect e = {.type = FX_SAVE_STATE,
			   .journal = JOURNAL_MESSAGE_STATE,
			   .state = {.contact_id = kit_uid('c', 1),
				     .from_seq = from,
				     .to_seq = to,
				     .state = state,
				     .at_ms = KIT_WALL + 500}};

	kit_save(k, &e);
}

void talk_read(struct kit *k, struct uid message_id)
{
	struct effect e = {.type = FX_SAVE_READ,
			   .journal = JOURNAL_CONVERSATION_READ};

	e.read.contact_id = kit_uid('c', 1);
	e.read.message_id = message_id;
	kit_save(k, &e);
}

struct seen talk_look(struct kit *k, enum message_dir dir, uint64_t seq)
{
	struct seen s = {.count = 0};

	assert_ok(query_message(k->store, talk_id(dir, seq), see_message, &s));
	return s;
}

bool talk_is_shown(struct kit *k, enum message_dir dir, uint64_t seq)
{
	struct message_page page = {kit_uid('v', 1), PAGE_LATEST, {{0}}, 60};
	struct uid id = talk_id(dir, seq);
	struct seen s = {.count = 0};
	size_t i;

	assert_ok(query_messages(k->store, &page, see_message, &s));
	for (i = 0; i < s.count; i++)
		if (uid_is_equal(&s.id[i], &id))
			return true;
	return false;
}

struct conversation_info talk_conversation(struct kit *k)
{
	struct conversation_info c;

	assert_ok(query_conversation(k->store, kit_uid('v', 1), &c));
	return c;
}

struct message_row talk_row(struct kit *k, uint64_t seq, char text[static 64])
{
	struct message_list l;
	struct message_row row;

	assert_ok(store_fetch(k->store, kit_uid('c', 1), seq, 1, 1, &l));
	assert_int_equal(l.count, 1);
	row = l.rows[0];
	assert_int_equal(row.seq, seq);
	assert_true(row.body.n < 64);
	memset(text, 0, 64);
	if (row.body.n > 0)
		memcpy(text, row.body.p, row.body.n);
	message_list_clear(&l);
	row.body.p = NULL;
	return row;
}

void talk_is_withdrawn(struct kit *k, const struct effect *sent)
{
	const struct message_row *was = &sent->message;
	struct message m = {.kind = was->kind,
			    .mid = was->mid,
			    .body = was->body,
			    .extra = bytes_of(was->extra, was->extra_bytes)};
	struct hash32 want;
	struct message_row row;
	char text[64];

	message_content_hash(&m, &want);
	row = talk_row(k, was->seq, text);
	assert_true(row.withdrawn);
	assert_memory_equal(&row.content, &want, sizeof(want));
	assert_memory_equal(&row.chain, &was->chain, sizeof(row.chain));
}

size_t talk_lines(struct kit *k, enum journal_type type)
{
	struct seen s = read_journal(k);
	size_t i, n = 0;

	for (i = 0; i < s.count; i++)
		n += s.journal[i].type == type;
	return n;
}
