/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/token_file.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "api/views.h"
#include "util/mem.h"
#include "util/text.h"

/* A line of its own: what it is, and a checksum of all that follows. */
#define TITLE "umbel tokens "
static const char title[] = TITLE "1 ";

enum {
	TITLE_TEXT = sizeof(title) - 1,
	CHECK_BYTES = 16,
	HEAD_TEXT = TITLE_TEXT + 2 * CHECK_BYTES + 1,
};

static void put_hex(struct jout *j, const char *key, const struct hash32 *h)
{
	char text[2 * sizeof(h->b) + 1];

	hex_encode(h->b, sizeof(h->b), text);
	jout_str(j, key, text);
}

static void put_token(struct jout *j, const struct token *one)
{
	struct grant g = token_grant(one);

	jout_open(j, NULL, '{');
	jout_id(j, "id", ID_TOKEN, &one->id);
	jout_id(j, "maker", ID_TOKEN, &one->maker);
	jout_str(j, "name", one->name.s);
	put_hex(j, "hash", &one->hash);
	view_scopes(j, g.scopes);
	view_ids(j, "users", ID_USER, g.users);
	view_ids(j, "conversations", ID_CONVERSATION, g.conversations);
	jout_uint(j, "created_ms", one->created_ms);
	jout_uint(j, "expires_ms", one->expires_ms);
	jout_uint(j, "used_ms", one->used_ms);
	jout_uint(j, "per_minute", one->per_minute);
	jout_close(j, '}');
}

static void checksum(struct bytes body, char out[2 * CHECK_BYTES + 1])
{
	uint8_t hash[CHECK_BYTES];

	crypto_generichash(hash, sizeof(hash), body.p, body.n, NULL, 0);
	hex_encode(hash, sizeof(hash), out);
}

void token_file_write(const struct tokens *t, struct buf *out)
{
	char check[2 * CHECK_BYTES + 1];
	struct jout whole, j;

	jout_init(&j);
	jout_open(&j, NULL, '[');
	for (size_t i = 0; i < t->count; i++)
		if (!t->list[i]->is_revoked)
			put_token(&j, t->list[i]);
	jout_close(&j, ']');
	jout_plain(&j, "\n");
	checksum(buf_view(&j.out), check);
	jout_init(&whole);
	jout_plain(&whole, title);
	jout_plain(&whole, check);
	jout_plain(&whole, "\n");
	jout_raw(&whole, NULL, buf_view(&j.out));
	jout_clear(&j);
	buf_clear(out);
	*out = whole.out;
}

static struct bytes text_of(const json_t *v)
{
	const char *s = json_string_value(v);

	return bytes_of(s ? s : "", s ? json_string_length(v) : 0);
}

static bool get_id(const json_t *o, const char *key, enum id_kind kind,
		   struct uid *out)
{
	return id_decode(kind, text_of(json_object_get(o, key)), out) == OK;
}

static bool get_number(const json_t *o, const char *key, uint64_t *out)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*out = (uint64_t)json_integer_value(v);
	return true;
}

static bool get_ids(const json_t *o, const char *key, enum id_kind kind,
		    struct uid **ids, size_t *count)
{
	const json_t *list = json_object_get(o, key), *item;
	size_t n = json_array_size(list), i;

	if (!json_is_array(list) || n > TOKEN_IDS_MAX)
		return false;
	*ids = xcalloc(n + 1, sizeof(**ids));
	json_array_foreach(list, i,
			   item) if (id_decode(kind, text_of(item),
					       &(*ids)[i]) != OK) return false;
	*count = n;
	return true;
}

static bool get_scopes(const json_t *o, unsigned *out)
{
	const json_t *list = json_object_get(o, "scopes"), *item;
	size_t i, k;

	json_array_foreach(list, i, item)
	{
		const char *word = json_string_value(item);

		for (k = 0; word && scope_words[k]; k++)
			if (strcmp(scope_words[k], word) == 0)
				break;
		if (!word || !scope_words[k])
			return false;
		*out |= (unsigned)SCOPE_ADMIN << k;
	}
	return json_is_array(list) && *out != 0;
}

static bool get_name(const json_t *o, struct label *out)
{
	struct bytes text = text_of(json_object_get(o, "name"));

	if (text.n == 0 || text.n > NAME_MAX_BYTES ||
	    !utf8_is_label(text.p, text.n))
		return false;
	memcpy(out->s, text.p, text.n);
	return true;
}

static bool get_token(const json_t *o, struct token *out)
{
	struct bytes hash = text_of(json_object_get(o, "hash"));
	bool by_admin = json_is_null(json_object_get(o, "maker"));
	uint64_t per_minute;

	if (hex_decode((const char *)hash.p, hash.n, out->hash.b,
		       sizeof(out->hash.b)) != OK ||
	    !get_number(o, "per_minute", &per_minute) ||
	    per_minute > TOKEN_RATE_MAX)
		return false;
	out->per_minute = (unsigned)per_minute;
	return get_id(o, "id", ID_TOKEN, &out->id) &&
	       (by_admin || get_id(o, "maker", ID_TOKEN, &out->maker)) &&
	       get_name(o, &out->name) && get_scopes(o, &out->scopes) &&
	       get_ids(o, "users", ID_USER, &out->users, &out->user_count) &&
	       get_ids(o, "conversations", ID_CONVERSATION, &out->conversations,
		       &out->conversation_count) &&
	       get_number(o, "created_ms", &out->created_ms) &&
	       get_number(o, "expires_ms", &out->expires_ms) &&
	       get_number(o, "used_ms", &out->used_ms);
}

static enum err read_list(struct bytes body, struct tokens *out)
{
	json_t *list = json_loadb((const char *)body.p, body.n,
				  JSON_REJECT_DUPLICATES, NULL),
	       *item;
	bool is_right = json_is_array(list);
	size_t i;

	json_array_foreach(list, i, item)
	{
		struct token *one = xcalloc(1, sizeof(*one));

		is_right = is_right && get_token(item, one);
		if (is_right && tokens_put(out, one))
			continue;
		token_free(one);
		is_right = false;
	}
	json_decref(list);
	if (is_right)
		return OK;
	tokens_clear(out);
	return ERR_CORRUPT;
}

enum err token_file_read(struct bytes text, struct tokens *out)
{
	char check[2 * CHECK_BYTES + 1];
	const char *s = (const char *)text.p;
	struct bytes body;

	if (text.n < HEAD_TEXT || memcmp(s, TITLE, sizeof(TITLE) - 1) != 0)
		return ERR_CORRUPT;
	if (memcmp(s, title, TITLE_TEXT) != 0)
		return ERR_VERSION;
	body = bytes_of(text.p + HEAD_TEXT, text.n - HEAD_TEXT);
	checksum(body, check);
	if (memcmp(s + TITLE_TEXT, check, 2 * CHECK_BYTES) != 0 ||
	    s[HEAD_TEXT - 1] != '\n')
		return ERR_CORRUPT;
	return read_list(body, out);
}
