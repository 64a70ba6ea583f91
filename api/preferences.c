/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * preferences - how a user likes the programs he uses: they give the names,
 * and whatever one of them does not know stays for another.
 */
#include "store/preferences.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "api/form.h"
#include "api/handlers.h"
#include "util/text.h"

enum { KEYS_MAX = 32, KEY_MAX = 32, TEXT_MAX_BYTES = 64 };

/* What a client in JavaScript can tell apart. */
#define NUMBER_MAX ((INT64_C(1) << 53) - 1)

struct blame {
	const char *code, *detail;
};

static const struct blame fine = {NULL, NULL};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_key(const char *key)
{
	size_t n = strlen(key);

	if (n > KEY_MAX || !(key[0] >= 'a' && key[0] <= 'z'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_letter(key[i]) && !(key[i] >= '0' && key[i] <= '9') &&
		    key[i] != '_' && key[i] != '.')
			return false;
	return true;
}

static struct blame check_text(const json_t *v)
{
	size_t n = json_string_length(v);

	if (n > TEXT_MAX_BYTES)
		return (struct blame){"too_long", "at most 64 bytes"};
	if (!utf8_is_label((const uint8_t *)json_string_value(v), n))
		return (struct blame){"control_character",
				      "must not hold control or direction "
				      "characters"};
	return fine;
}

static struct blame check(const char *key, const json_t *v)
{
	if (!is_key(key))
		return (struct blame){"invalid_name",
				      "expected 1 to 32 letters, digits, '_' "
				      "and '.', first a small letter"};
	if (json_is_string(v))
		return check_text(v);
	if (json_is_integer(v) && (json_integer_value(v) > NUMBER_MAX ||
				   json_integer_value(v) < -NUMBER_MAX))
		return (struct blame){"out_of_range", "at most 53 bits"};
	if (!json_is_integer(v) && !json_is_boolean(v))
		return (struct blame){"wrong_type",
				      "expected a string, an integer, true or "
				      "false"};
	return fine;
}

static void put_value(struct jout *j, const char *key, const json_t *v)
{
	if (json_is_string(v))
		jout_text(
		    j, key,
		    bytes_of(json_string_value(v), json_string_length(v)));
	else if (json_is_boolean(v))
		jout_bool(j, key, json_is_true(v));
	else
		jout_int(j, key, json_integer_value(v));
}

static void put_all(struct jout *j, json_t *all)
{
	const char *key;
	json_t *v;

	jout_open(j, NULL, '{');
	json_object_foreach(all, key, v)
	{
		if (!check(key, v).code)
			put_value(j, key, v);
	}
	jout_close(j, '}');
}

/* Stored text may come from a file that was imported: what would not have been
 * taken is left out. */
struct reply *api_preferences_get(struct request *r)
{
	struct preferences p;
	json_t *all = NULL;
	enum err e = preferences_get(r->store, &p);

	if (e == OK)
		all = json_loads(p.s, JSON_REJECT_DUPLICATES, NULL);
	sodium_memzero(&p, sizeof(p));
	if (e != OK)
		return reply_err(r, e);
	if (!json_is_object(all)) {
		json_decref(all);
		all = json_object();
	}
	put_all(reply_body(r), all);
	json_decref(all);
	return reply_json(r, 200);
}

static struct reply *find_faults(struct request *r)
{
	struct blame b;
	struct form f;
	const char *key;
	json_t *v;

	if (json_object_size(r->json) > KEYS_MAX)
		return reply_error(r, PROBLEM_INVALID, "at most %d of them",
				   KEYS_MAX);
	form_of_body(&f, r);
	json_object_foreach(r->json, key, v)
	{
		b = check(key, v);
		if (b.code)
			form_fault(&f, key, b.code, b.detail);
	}
	return f.fault_count ? reply_faults(r, f.faults, f.fault_count) : NULL;
}

struct reply *api_preferences_put(struct request *r)
{
	struct reply *bad = find_faults(r);
	struct preferences p = {{0}};
	struct bytes text;
	enum err e;

	if (bad)
		return bad;
	put_all(reply_body(r), r->json);
	text = buf_view(&r->out.out);
	if (text.n > PREFERENCES_MAX)
		return reply_error(r, PROBLEM_TOO_LARGE, "at most %d bytes",
				   PREFERENCES_MAX);
	memcpy(p.s, text.p, text.n);
	e = preferences_put(r->store, &p);
	sodium_memzero(&p, sizeof(p));
	return e ? reply_err(r, e) : reply_json(r, 200);
}
