/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/message.h"

#include <assert.h>
#include <string.h>

#include "core/file.h"
#include "core/kdf.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	FIELD_KIND = 1,
	FIELD_MID = 2,
	FIELD_CHAIN = 3,
	FIELD_AGE = 4,
	FIELD_BODY = 5,
	FIELD_REF = 6,
	FIELD_TTL = 7,
	FIELD_REPLY_TO = 9,
	FIELD_EMOJI = 10,
	FIELD_FILE_STATE = 11,
	FIELD_INVITE = 12,
	FIELD_NAME = 13,
	FIELD_SEED = 14,
	FIELD_STATUS = 15,
};

enum {
	KIND_AND_MID_BYTES = 4 + 18,
	CHAIN_AND_AGE_BYTES = 18 + 6,
	HEAD_BYTES = KIND_AND_MID_BYTES + CHAIN_AND_AGE_BYTES,
};

/* Places in the array of all fields that this version knows. */
enum {
	REF,
	TTL,
	REPLY_TO,
	EMOJI,
	FILE_STATE,
	INVITE,
	NAME,
	SEED,
	STATUS,
	EXTRAS,
};

#define BIT(place) (1u << (place))

/* What each kind has beside the head; body_max 0: no body. */
struct kind_rule {
	uint16_t kind;
	size_t body_min, body_max;
	bool is_text;
	unsigned required, optional; /* BIT() of places */
};

static const struct kind_rule rules[] = {
    {MESSAGE_TEXT, 1, TEXT_MAX, true, 0, BIT(TTL) | BIT(REPLY_TO)},
    {MESSAGE_EDIT, 1, TEXT_MAX, true, BIT(REF), 0},
    {MESSAGE_DELETE, 0, 0, false, BIT(REF), 0},
    {MESSAGE_REACTION, 0, 0, false, BIT(REF), BIT(EMOJI)},
    {MESSAGE_READ_UP_TO, 0, 0, false, BIT(REF), 0},
    {MESSAGE_FILE, 1, DESCRIPTOR_MAX_BYTES, false, 0, BIT(TTL) | BIT(REPLY_TO)},
    {MESSAGE_FILE_STATE, 0, 0, false, BIT(REF) | BIT(FILE_STATE), 0},
    {MESSAGE_TIMER, 0, 0, false, BIT(TTL), 0},
    {MESSAGE_PROFILE, 0, 0, false, 0, BIT(NAME) | BIT(STATUS)},
    {MESSAGE_INTRODUCTION, 0, 0, false, BIT(INVITE) | BIT(NAME), BIT(SEED)},
    {MESSAGE_WITHDRAWN, 32, 32, false, 0, 0},
};

static const struct kind_rule *rule_of(uint16_t kind)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].kind == kind)
			return &rules[i];
	return NULL;
}

bool message_kind_is_known(uint16_t kind)
{
	return rule_of(kind) != NULL;
}

/* PROTOCOL 6.1: A message of kind 2, 3, 4, 5, 7, 9, 10 or 14 is not shown
 * itself; it is numbered, acknowledged and sent again like any other. */
bool message_kind_is_shown(uint16_t kind)
{
	return kind == MESSAGE_TEXT || kind == MESSAGE_FILE ||
	       kind == MESSAGE_TIMER || !message_kind_is_known(kind);
}

bool message_text_is_valid(struct bytes text)
{
	return text.n >= 1 && text.n <= TEXT_MAX &&
	       utf8_is_valid(text.p, text.n);
}

/* PROTOCOL 6.1: A text that is not UTF-8, empty, or too long is not well
 * formed; a time to live other than 0 that is outside its limits neither. */
static bool ttl_is_valid(uint16_t kind, struct bytes value)
{
	uint32_t s = be32_get(value.p);

	if (s == 0)
		return kind == MESSAGE_TIMER;
	return s >= TTL_MIN_S && s <= TTL_MAX_S;
}

static bool is_label(const struct tlv *t)
{
	return !t->present || utf8_is_label(t->value.p, t->value.n);
}

static enum err check_values(const struct kind_rule *rule, struct bytes body,
			     const struct tlv extra[static EXTRAS])
{
	struct file_desc d;

	if (rule->is_text && !message_text_is_valid(body))
		return ERR_SYNTAX;
	if (rule->kind == MESSAGE_FILE && file_desc_read(body, &d) != OK)
		return ERR_SYNTAX;
	if (extra[TTL].present && !ttl_is_valid(rule->kind, extra[TTL].value))
		return ERR_RANGE;
	if (!is_label(&extra[EMOJI]) || !is_label(&extra[NAME]) ||
	    !is_label(&extra[STATUS]))
		return ERR_SYNTAX;
	return OK;
}

/* PROTOCOL 6.1: A receiver MUST end the link at a record that is not well
 * formed, lacks a field that its kind requires, or has one that its kind does
 * not list: but a field of an odd type that this table does not name is
 * skipped. */
static enum err check_kind(const struct kind_rule *rule, const struct tlv *body,
			   const struct tlv extra[static EXTRAS])
{
	unsigned there = 0;
	size_t i;

	for (i = 0; i < EXTRAS; i++)
		there |= extra[i].present ? BIT(i) : 0;
	if (body->present != (rule->body_max > 0) ||
	    (there & rule->required) != rule->required)
		return ERR_NOT_FOUND;
	if (there & ~(rule->required | rule->optional))
		return ERR_SYNTAX;
	if (body->value.n < rule->body_min || body->value.n > rule->body_max)
		return ERR_RANGE;
	return check_values(rule, body->value, extra);
}

#define HEAD_FIELDS                                                            \
	{.type = FIELD_KIND, .min = 2, .max = 2, .required = true},            \
	    {.type = FIELD_MID, .min = 16, .max = 16, .required = true},       \
	    {.type = FIELD_CHAIN, .min = 16, .max = 16, .required = true},     \
	    {.type = FIELD_AGE, .min = 4, .max = 4, .required = true},         \
	{                                                                      \
		.type = FIELD_BODY, .max = MESSAGE_BYTES_MAX                   \
	}

#define EXTRA_FIELDS                                                           \
	{.type = FIELD_REF, .min = 16, .max = 16},                             \
	    {.type = FIELD_TTL, .min = 4, .max = 4},                           \
	    {.type = FIELD_REPLY_TO, .min = 16, .max = 16},                    \
	    {.type = FIELD_EMOJI, .min = 1, .max = EMOJI_MAX_BYTES},           \
	    {.type = FIELD_FILE_STATE, .min = 1, .max = 1},                    \
	    {.type = FIELD_INVITE, .min = INVITE_BYTES, .max = INVITE_BYTES},  \
	    {.type = FIELD_NAME, .min = 1, .max = NAME_MAX_BYTES},             \
	    {.type = FIELD_SEED, .min = 32, .max = 32},                        \
	{                                                                      \
		.type = FIELD_STATUS, .min = 1, .max = STATUS_MAX_BYTES        \
	}

/* Places in HEAD_FIELDS. */
enum { KIND, MID, CHAIN, AGE, BODY, HEAD };

/* What stands behind the body, up to the last field that we know: what a later
 * version has to say stands behind that, and may be as long as it likes. */
static struct bytes extra_of(struct bytes in, const struct tlv *body,
			     const struct tlv extra[static EXTRAS])
{
	const uint8_t *from = in.p + HEAD_BYTES, *to;
	size_t i;

	if (body->present)
		from = body->value.p + body->value.n;
	to = from;
	for (i = 0; i < EXTRAS; i++)
		if (extra[i].present)
			to = extra[i].value.p + extra[i].value.n;
	return bytes_of(from, (size_t)(to - from));
}

static enum err read_known(struct bytes in, const struct kind_rule *rule,
			   struct message *m)
{
	struct tlv t[] = {
	    HEAD_FIELDS,
	    EXTRA_FIELDS,
	};
	enum err e = tlv_read(in, t, ARRAY_SIZE(t));

	if (e == OK)
		e = check_kind(rule, &t[BODY], t + HEAD);
	if (e != OK)
		return e;
	m->extra = extra_of(in, &t[BODY], t + HEAD);
	/* Number 11, which none of ours has, could stand among them. */
	return m->extra.n <= MESSAGE_EXTRA_MAX ? OK : ERR_RANGE;
}

enum err message_read(struct bytes in, struct message *m)
{
	struct tlv t[] = {
	    HEAD_FIELDS,
	};
	struct message got = {.raw = in};
	const struct kind_rule *rule;
	enum err e;

	if (in.n > MESSAGE_BYTES_MAX)
		return ERR_RANGE;
	/* PROTOCOL 6.1: A receiver MUST NOT refuse a record of an unknown
	 * kind for fields that it does not know. */
	e = tlv_scan(in, t, ARRAY_SIZE(t));
	if (e != OK)
		return e;
	got.kind = be16_get(t[KIND].value.p);
	memcpy(got.mid.b, t[MID].value.p, sizeof(got.mid.b));
	memcpy(got.chain.b, t[CHAIN].value.p, sizeof(got.chain.b));
	got.age_s = be32_get(t[AGE].value.p);
	got.body = t[BODY].value;
	rule = rule_of(got.kind);
	if (rule)
		e = read_known(in, rule, &got);
	if (e == OK)
		*m = got;
	return e;
}

static void put_text(struct wire_writer *w, uint64_t type, const char *s)
{
	if (s[0])
		tlv_write(w, type, bytes_of(s, strlen(s)));
}

size_t message_fields_write(const struct message_fields *f,
			    uint8_t out[static MESSAGE_EXTRA_MAX])
{
	struct wire_writer w;

	wire_write_init(&w, out, MESSAGE_EXTRA_MAX);
	if (f->has_ref)
		tlv_write(&w, FIELD_REF, bytes_of(f->ref.b, sizeof(f->ref.b)));
	if (f->has_ttl)
		tlv_write_u32(&w, FIELD_TTL, f->ttl_s);
	if (f->has_reply_to)
		tlv_write(&w, FIELD_REPLY_TO,
			  bytes_of(f->reply_to.b, sizeof(f->reply_to.b)));
	put_text(&w, FIELD_EMOJI, f->emoji.s);
	if (f->has_file_state)
		tlv_write(&w, FIELD_FILE_STATE, bytes_of(&f->file_state, 1));
	if (f->has_invite)
		tlv_write(&w, FIELD_INVITE,
			  bytes_of(f->invite, sizeof(f->invite)));
	put_text(&w, FIELD_NAME, f->name.s);
	if (f->has_seed)
		tlv_write(&w, FIELD_SEED,
			  bytes_of(f->seed.b, sizeof(f->seed.b)));
	put_text(&w, FIELD_STATUS, f->status.s);
	return w.len;
}

/* Zeroed before: shorter ones end with a NUL. */
static void take(const struct tlv *t, void *out, bool *is_there)
{
	if (t->present)
		memcpy(out, t->value.p, t->value.n);
	if (is_there)
		*is_there = t->present;
}

void message_fields_read(struct bytes extra, struct message_fields *out)
{
	struct tlv t[] = {EXTRA_FIELDS};
	enum err e = tlv_read(extra, t, ARRAY_SIZE(t));

	assert(e == OK);
	memset(out, 0, sizeof(*out));
	take(&t[REF], out->ref.b, &out->has_ref);
	out->has_ttl = t[TTL].present;
	if (out->has_ttl)
		out->ttl_s = be32_get(t[TTL].value.p);
	take(&t[REPLY_TO], out->reply_to.b, &out->has_reply_to);
	take(&t[EMOJI], out->emoji.s, NULL);
	take(&t[FILE_STATE], &out->file_state, &out->has_file_state);
	take(&t[INVITE], out->invite, &out->has_invite);
	take(&t[NAME], out->name.s, NULL);
	take(&t[SEED], out->seed.b, &out->has_seed);
	take(&t[STATUS], out->status.s, NULL);
}

size_t message_bytes(const struct message *m)
{
	size_t head = m->body.n == 0 ? 0 : m->body.n < 0xfd ? 2 : 4;

	return HEAD_BYTES + head + m->body.n + m->extra.n;
}

void message_write(struct wire_writer *w, const struct message *m)
{
	assert(m->body.n <= TEXT_MAX && m->extra.n <= MESSAGE_EXTRA_MAX);
	tlv_write_u16(w, FIELD_KIND, m->kind);
	tlv_write(w, FIELD_MID, bytes_of(m->mid.b, sizeof(m->mid.b)));
	tlv_write(w, FIELD_CHAIN, bytes_of(m->chain.b, sizeof(m->chain.b)));
	tlv_write_u32(w, FIELD_AGE, m->age_s);
	if (m->body.n > 0)
		tlv_write(w, FIELD_BODY, m->body);
	wire_write_bytes(w, m->extra);
}

/* PROTOCOL 6.2: The content hash MUST cover every field of the record, as
 * encoded, but chain and age.  The required fields come first and have
 * fixed sizes, so the two that are left out stand at a fixed place. */
void message_content_hash(const struct message *m, struct hash32 *out)
{
	uint8_t mem[MESSAGE_WRITE_MAX];
	struct bytes raw = m->raw;
	struct wire_writer w;

	/* PROTOCOL 6.2: The content hash of a withdrawn message is its
	 * body. */
	if (m->kind == MESSAGE_WITHDRAWN) {
		assert(m->body.n == sizeof(out->b));
		memcpy(out->b, m->body.p, sizeof(out->b));
		return;
	}
	if (raw.n == 0) {
		wire_write_init(&w, mem, sizeof(mem));
		message_write(&w, m);
		raw = wire_written(&w);
	}
	assert(raw.n >= HEAD_BYTES);
	kdf_hash(LABEL_CONTENT, bytes_of(raw.p, KIND_AND_MID_BYTES),
		 bytes_of(raw.p + HEAD_BYTES, raw.n - HEAD_BYTES), out->b,
		 sizeof(out->b));
}

void message_chain(const struct chain *prev, const struct hash32 *content,
		   struct chain *out)
{
	struct chain next;

	kdf_hash(LABEL_CHAIN, bytes_of(prev->b, sizeof(prev->b)),
		 bytes_of(content->b, sizeof(content->b)), next.b,
		 sizeof(next.b));
	*out = next;
}
