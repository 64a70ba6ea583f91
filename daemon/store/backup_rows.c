/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backup_rows - one function for each record, which both writes and reads it.
 */
#include "store/backup_rows.h"

#include <string.h>

#include <sodium.h>

#include "core/file.h"
#include "core/message.h"
#include "util/text.h"

/* Fields in the order of their types, in one of both directions. */
struct codec {
	bool is_reading;
	struct wire_writer out;
	struct tlv_walk in;
	bool has; /* the field that comes next, if there is one */
	uint64_t type;
	struct bytes value;
	enum err err;
};

static void fail(struct codec *c)
{
	if (c->err == OK)
		c->err = ERR_CORRUPT;
}

static void advance(struct codec *c)
{
	c->has = tlv_walk_next(&c->in, &c->type, &c->value);
	if (c->in.rd.err != OK)
		fail(c);
}

/* Whether the field is there; fields that a later version may have added in
 * between are odd. */
static bool take(struct codec *c, uint64_t type, struct bytes *out)
{
	while (c->has && c->type < type) {
		if (c->type % 2 == 0)
			fail(c);
		advance(c);
	}
	if (!c->has || c->type != type || c->err != OK)
		return false;
	*out = c->value;
	advance(c);
	return true;
}

/* What is written, or what was read in its place. */
static uint64_t number(struct codec *c, uint64_t type, uint64_t v, uint64_t max)
{
	struct bytes b;
	uint64_t got = 0;

	if (!c->is_reading) {
		if (v)
			tlv_write_u64(&c->out, type, v);
		return v;
	}
	if (!take(c, type, &b))
		return 0;
	if (b.n == 8)
		got = be64_get(b.p);
	if (b.n != 8 || got > max) {
		fail(c);
		return 0;
	}
	return got;
}

static uint64_t wall(struct codec *c, uint64_t type, uint64_t v)
{
	return number(c, type, v, BACKUP_TIME_MAX_MS);
}

static bool flag(struct codec *c, uint64_t type, bool v)
{
	return number(c, type, v, 1) != 0;
}

/* Of one size: ids and keys; zeros are left out. */
static void fixed(struct codec *c, uint64_t type, uint8_t *p, size_t n)
{
	struct bytes b;

	if (!c->is_reading) {
		if (!sodium_is_zero(p, n))
			tlv_write(&c->out, type, bytes_of(p, n));
		return;
	}
	memset(p, 0, n);
	if (!take(c, type, &b))
		return;
	if (b.n == n)
		memcpy(p, b.p, n);
	else
		fail(c);
}

static void view(struct codec *c, uint64_t type, struct bytes *v, size_t max)
{
	struct bytes b = bytes_of(NULL, 0);

	if (!c->is_reading) {
		if (v->n)
			tlv_write(&c->out, type, *v);
		return;
	}
	if (take(c, type, &b) && b.n > max) {
		fail(c);
		b = bytes_of(NULL, 0);
	}
	*v = b;
}

enum text_rule { TEXT_ANY, TEXT_LABEL, TEXT_ASCII };

static bool is_text(struct bytes b, enum text_rule rule)
{
	switch (rule) {
	case TEXT_ANY: return utf8_is_valid(b.p, b.n);
	case TEXT_LABEL: return utf8_is_label(b.p, b.n);
	case TEXT_ASCII: return ascii_is_printable(b.p, b.n);
	}
	return false;
}

static void text(struct codec *c, uint64_t type, char *s, size_t size,
		 enum text_rule rule)
{
	struct bytes b = bytes_of(s, c->is_reading ? 0 : strlen(s));

	view(c, type, &b, size - 1);
	if (!c->is_reading)
		return;
	memset(s, 0, size);
	if (b.n > 0 && is_text(b, rule))
		memcpy(s, b.p, b.n);
	else if (b.n > 0)
		fail(c);
}

#define FIXED(c, type, v)      fixed((c), (type), (v).b, sizeof((v).b))
#define LABEL(c, type, v)      text((c), (type), (v).s, sizeof((v).s), TEXT_LABEL)
#define TEXT(c, type, v, rule) text((c), (type), (v).s, sizeof((v).s), rule)

static void code_user(struct codec *c, struct backup_user *v)
{
	struct self_row *s = &v->self;

	LABEL(c, 1, v->name);
	v->created_ms = wall(c, 2, v->created_ms);
	v->has_self = flag(c, 4, v->has_self);
	LABEL(c, 6, s->name);
	LABEL(c, 8, s->status);
	s->mode = (enum presence_mode)number(c, 10, s->mode, PRESENCE_OFFLINE);
	s->receipts = flag(c, 12, s->receipts);
	s->typing = flag(c, 14, s->typing);
	s->door_on = flag(c, 16, s->door_on);
	s->difficulty = (uint8_t)number(c, 18, s->difficulty, DIFFICULTY_MAX);
	s->auto_accept_bytes =
	    number(c, 20, s->auto_accept_bytes, FILE_SIZE_MAX);
	s->auto_accept_kinds = (uint32_t)number(c, 22, s->auto_accept_kinds,
						(2u << FILE_VOICE) - 1);
	TEXT(c, 23, v->preferences, TEXT_ANY);
}

static void code_contact(struct codec *c, struct backup_contact *v)
{
	struct contact_row *r = &v->row;

	FIXED(c, 2, r->id);
	FIXED(c, 4, r->conversation_id);
	LABEL(c, 6, r->name);
	LABEL(c, 8, r->alias);
	LABEL(c, 10, r->status);
	TEXT(c, 12, r->note, TEXT_ANY);
	r->blocked = flag(c, 14, r->blocked);
	r->verified = flag(c, 16, r->verified);
	r->policy =
	    (enum contact_policy)number(c, 18, r->policy, POLICY_MAIL_ONLY);
	r->receipts = (enum choice)number(c, 20, r->receipts, CHOICE_OFF);
	r->typing = (enum choice)number(c, 22, r->typing, CHOICE_OFF);
	r->cover = flag(c, 24, r->cover);
	r->ttl_s = (uint32_t)number(c, 26, r->ttl_s, TTL_MAX_S);
	r->verified_ms = wall(c, 28, r->verified_ms);
	r->created_ms = wall(c, 30, r->created_ms);
	r->last_seen_ms = wall(c, 32, r->last_seen_ms);
	v->muted_until_ms = wall(c, 34, v->muted_until_ms);
	v->archived = flag(c, 36, v->archived);
	v->pinned = flag(c, 38, v->pinned);
	view(c, 40, &v->draft, TEXT_MAX);
	FIXED(c, 42, v->read_up_to);
}

static void code_message(struct codec *c, struct backup_message *v)
{
	struct message_row *r = &v->row;

	FIXED(c, 2, r->id);
	FIXED(c, 4, r->contact_id);
	FIXED(c, 6, r->client_id);
	r->dir = (enum message_dir)number(c, 8, r->dir, MESSAGE_OUT);
	r->state =
	    (enum message_state)number(c, 10, r->state, MESSAGE_RECEIVED);
	r->kind = (uint16_t)number(c, 12, r->kind, UINT16_MAX);
	FIXED(c, 14, r->mid);
	r->deleted = flag(c, 16, r->deleted);
	view(c, 18, &r->body, MESSAGE_BYTES_MAX);
	r->ttl_s = (uint32_t)number(c, 20, r->ttl_s, TTL_MAX_S);
	r->sent_ms = wall(c, 22, r->sent_ms);
	r->received_ms = wall(c, 24, r->received_ms);
	v->delivered_ms = wall(c, 26, v->delivered_ms);
	v->read_ms = wall(c, 28, v->read_ms);
	v->edited_ms = wall(c, 30, v->edited_ms);
	v->expires_ms = wall(c, 32, v->expires_ms);
	v->problem =
	    (enum message_problem)number(c, 34, v->problem, PROBLEM_DETACHED);
	FIXED(c, 36, v->reply_to);
	LABEL(c, 38, v->emoji[MESSAGE_IN]);
	v->emoji_ms[MESSAGE_IN] = wall(c, 40, v->emoji_ms[MESSAGE_IN]);
	LABEL(c, 42, v->emoji[MESSAGE_OUT]);
	v->emoji_ms[MESSAGE_OUT] = wall(c, 44, v->emoji_ms[MESSAGE_OUT]);
	v->timer_s = (uint32_t)number(c, 46, v->timer_s, TTL_MAX_S);
}

static void code_file(struct codec *c, struct backup_file *v)
{
	struct file_row *r = &v->row;

	FIXED(c, 2, r->id);
	FIXED(c, 4, r->fid);
	FIXED(c, 6, r->contact_id);
	FIXED(c, 8, r->message_id);
	FIXED(c, 10, r->mid);
	r->dir = (enum message_dir)number(c, 12, r->dir, MESSAGE_OUT);
	r->state = (enum file_state)number(c, 14, r->state, FILE_CANCELLED);
	r->problem = (enum file_problem)number(c, 16, r->problem, FILE_IO);
	r->kind = (enum file_kind)number(c, 18, r->kind, FILE_VOICE);
	r->size = number(c, 20, r->size, FILE_SIZE_MAX);
	FIXED(c, 22, r->key);
	r->chunk_log2 = (uint8_t)number(c, 24, r->chunk_log2, CHUNK_LOG2_MAX);
	FIXED(c, 26, r->root);
	LABEL(c, 28, r->name);
	TEXT(c, 30, r->media, TEXT_ASCII);
	r->created_ms = wall(c, 32, r->created_ms);
	FIXED(c, 34, v->client_id);
	view(c, 36, &v->preview, PREVIEW_MAX_BYTES);
	v->width = (uint16_t)number(c, 38, v->width, UINT16_MAX);
	v->height = (uint16_t)number(c, 40, v->height, UINT16_MAX);
	v->duration_ms = (uint32_t)number(c, 42, v->duration_ms, UINT32_MAX);
	FIXED(c, 44, v->sha256);
	v->blob_bytes = number(c, 46, v->blob_bytes, 2 * FILE_SIZE_MAX);
}

/* Writing. */

static uint8_t *begin(struct codec *c, struct buf *out)
{
	static const uint8_t room[RECORD_HEAD_BYTES + RECORD_BYTES_MAX];

	*c = (struct codec){.is_reading = false};
	out->len = 0;
	/* Any record of ours fits. */
	(void)!buf_put(out, room, sizeof(room));
	wire_write_init(&c->out, out->data + RECORD_HEAD_BYTES,
			RECORD_BYTES_MAX);
	return out->data;
}

static void end(struct codec *c, struct buf *out, enum record_type type)
{
	out->data[0] = (uint8_t)type;
	be32_put(out->data + 1, (uint32_t)c->out.len);
	out->len = RECORD_HEAD_BYTES + c->out.len;
}

void record_put_user(struct buf *out, const struct backup_user *v)
{
	struct backup_user copy = *v;
	struct codec c;

	begin(&c, out);
	code_user(&c, &copy);
	end(&c, out, RECORD_USER);
	sodium_memzero(&copy, sizeof(copy));
}

void record_put_contact(struct buf *out, const struct backup_contact *v)
{
	struct backup_contact copy = *v;
	struct codec c;

	begin(&c, out);
	code_contact(&c, &copy);
	end(&c, out, RECORD_CONTACT);
	sodium_memzero(&copy, sizeof(copy));
}

void record_put_message(struct buf *out, const struct backup_message *v)
{
	struct backup_message copy = *v;
	struct codec c;

	begin(&c, out);
	code_message(&c, &copy);
	end(&c, out, RECORD_MESSAGE);
	sodium_memzero(&copy, sizeof(copy));
}

void record_put_file(struct buf *out, const struct backup_file *v)
{
	struct backup_file copy = *v;
	struct codec c;

	begin(&c, out);
	code_file(&c, &copy);
	end(&c, out, RECORD_FILE);
	sodium_memzero(&copy, sizeof(copy));
}

void record_put_end(struct buf *out)
{
	struct codec c;

	begin(&c, out);
	end(&c, out, RECORD_END);
}

/* Reading. */

static struct codec reader(struct bytes body)
{
	struct codec c = {.is_reading = true};

	tlv_walk_init(&c.in, body);
	advance(&c);
	return c;
}

static enum err done(struct codec *c)
{
	struct bytes rest;

	(void)take(c, UINT64_MAX, &rest);
	return c->err;
}

static enum err check(bool is_good)
{
	return is_good ? OK : ERR_CORRUPT;
}

enum err record_take_user(struct bytes body, struct backup_user *out)
{
	struct codec c = reader(body);
	enum err e;

	memset(out, 0, sizeof(*out));
	code_user(&c, out);
	e = done(&c);
	return e == OK ? check(out->name.s[0] && out->created_ms > 0) : e;
}

static bool is_ttl(uint32_t ttl_s)
{
	return ttl_s == 0 || ttl_s >= TTL_MIN_S;
}

enum err record_take_contact(struct bytes body, struct backup_contact *out)
{
	struct codec c = reader(body);
	enum err e;

	memset(out, 0, sizeof(*out));
	code_contact(&c, out);
	e = done(&c);
	if (e != OK)
		return e;
	return check(!uid_is_zero(&out->row.id) &&
		     !uid_is_zero(&out->row.conversation_id) &&
		     is_ttl(out->row.ttl_s) &&
		     utf8_is_valid(out->draft.p, out->draft.n));
}

static bool is_body_good(const struct message_row *r)
{
	struct file_desc d;
	bool is_good;

	if (r->deleted)
		return r->body.n == 0;
	switch (r->kind) {
	case MESSAGE_TEXT:
		return r->body.n > 0 && r->body.n <= TEXT_MAX &&
		       utf8_is_valid(r->body.p, r->body.n);
	case MESSAGE_FILE:
		is_good = file_desc_read(r->body, &d) == OK;
		sodium_memzero(&d, sizeof(d));
		return is_good;
	case MESSAGE_TIMER: return r->body.n == 0;
	default: return !message_kind_is_known(r->kind);
	}
}

enum err record_take_message(struct bytes body, struct backup_message *out)
{
	struct codec c = reader(body);
	struct message_row *r = &out->row;
	bool is_in;
	enum err e;

	memset(out, 0, sizeof(*out));
	code_message(&c, out);
	e = done(&c);
	if (e != OK)
		return e;
	is_in = r->dir == MESSAGE_IN;
	return check(
	    !uid_is_zero(&r->id) && is_ttl(r->ttl_s) && is_ttl(out->timer_s) &&
	    is_in == (r->state == MESSAGE_RECEIVED) &&
	    (!is_in || uid_is_zero(&r->client_id)) &&
	    (r->state == MESSAGE_FAILED) == (out->problem != PROBLEM_NONE) &&
	    is_body_good(r));
}

static bool is_name_good(const struct file_row *r)
{
	return r->name.s[0] != '\0' && r->state != FILE_UPLOADING &&
	       r->state != FILE_READY;
}

enum err record_take_file(struct bytes body, struct backup_file *out)
{
	struct codec c = reader(body);
	const struct file_row *r = &out->row;
	struct chunk_plan plan;
	enum err e;

	memset(out, 0, sizeof(*out));
	code_file(&c, out);
	e = done(&c);
	if (e != OK)
		return e;
	plan = (struct chunk_plan){r->fid, r->size, r->chunk_log2};
	return check(!uid_is_zero(&r->id) && is_name_good(r) &&
		     chunk_plan_is_valid(&plan) &&
		     (out->blob_bytes == 0 ||
		      out->blob_bytes == chunk_blob_bytes(&plan)));
}
