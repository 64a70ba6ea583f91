/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * form_list - values that are one of a few words, and arrays.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "api/form.h"

/* "one of a, b, c"; cut rather than too long. */
static void join_words(const char *const *words, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; words[i] && n < cap; i++)
		n += (size_t)snprintf(out + n, cap - n, "%s%s",
				      i ? ", " : "one of ", words[i]);
}

static bool find_word(const char *const *words, struct bytes text,
		      unsigned *out)
{
	for (unsigned i = 0; words[i]; i++) {
		if (!bytes_equal(text, bytes_of(words[i], strlen(words[i]))))
			continue;
		*out = i;
		return true;
	}
	return false;
}

static void say_unknown(struct form *f, const char *name,
			const char *const *words)
{
	char detail[80];

	join_words(words, detail, sizeof(detail));
	form_fault(f, name, "unknown_value", detail);
}

bool form_word(struct form *f, const char *name, enum form_need need,
	       const char *const *words, unsigned *out)
{
	struct bytes text;

	if (!form_get_text(f, name, need, &text))
		return false;
	if (find_word(words, text, out))
		return true;
	say_unknown(f, name, words);
	return false;
}

bool form_words(struct form *f, const char *name, const char *const *words,
		uint32_t *out)
{
	const json_t *v = form_value(f, name), *item;
	uint32_t bits = 0;
	size_t i;

	if (!v)
		return false;
	if (!json_is_array(v)) {
		form_fault(f, name, "wrong_type", "expected words in an array");
		return false;
	}
	json_array_foreach(v, i, item)
	{
		struct bytes text =
		    bytes_of(json_string_value(item), json_string_length(item));
		unsigned word;

		if (!json_is_string(item) || !find_word(words, text, &word)) {
			say_unknown(f, name, words);
			return false;
		}
		bits |= 1u << word;
	}
	*out = bits;
	return true;
}

void form_ids(struct form *f, const char *name, enum id_kind kind, size_t max,
	      struct uid *out, size_t *count)
{
	size_t faults = f->fault_count;
	const json_t *v;

	form_ids_or_none(f, name, kind, max, out, count);
	v = json_object_get(f->r->json, name);
	if (v && !json_is_null(v) && *count == 0 && f->fault_count == faults)
		form_fault(f, name, "wrong_type", "expected ids in an array");
}

void form_ids_or_none(struct form *f, const char *name, enum id_kind kind,
		      size_t max, struct uid *out, size_t *count)
{
	const json_t *v = form_value(f, name), *item;
	size_t i;

	*count = 0;
	if (!v)
		return;
	if (!json_is_array(v) || json_array_size(v) > max) {
		form_fault(f, name, "wrong_type", "expected ids in an array");
		return;
	}
	json_array_foreach(v, i, item)
	{
		const char *s = json_string_value(item);
		struct bytes text = bytes_of(s, s ? strlen(s) : 0);

		if (!s || id_decode(kind, text, &out[i]) != OK) {
			form_fault(f, name, "invalid_id", "not such an id");
			return;
		}
	}
	*count = i;
}
