/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fields.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/amount.h"
#include "cli/out.h"
#include "util/mem.h"

#define COLUMNS_MAX 8
#define KEY_BYTES   40

static bool ends_in(const char *key, const char *end)
{
	size_t n = strlen(key), m = strlen(end);

	return n >= m && strcmp(key + n - m, end) == 0;
}

static bool is_bytes(const char *key)
{
	return strcmp(key, "size") == 0 || ends_in(key, "_bytes") ||
	       strncmp(key, "bytes_", 6) == 0;
}

static char *text_of(const char *key, const json_t *value);

/* "a, b, c" */
static char *text_of_array(const char *key, const json_t *array)
{
	char *text = xstrdup(""), *one, *longer;
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value)
	{
		one = text_of(key, value);
		longer = xasprintf("%s%s%s", text, i > 0 ? ", " : "", one);
		free(one);
		free(text);
		text = longer;
	}
	return text;
}

/* Of a problem what it is; else all of it. */
static char *text_of_object(const json_t *object)
{
	const char *title = out_string(object, "title");
	char *dump, *text;

	if (title[0])
		return xstrdup(title);
	dump = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	text = xstrdup(dump ? dump : "");
	free(dump);
	return text;
}

/* As it is, not yet clean; "" for nothing.  free() it. */
static char *text_of(const char *key, const json_t *value)
{
	char amount[AMOUNT_TEXT];

	if (json_is_string(value))
		return xstrdup(ends_in(key, "_at") || ends_in(key, "_until")
				   ? out_time(json_string_value(value))
				   : json_string_value(value));
	if (json_is_boolean(value))
		return xstrdup(json_is_true(value) ? "yes" : "no");
	if (json_is_array(value))
		return text_of_array(key, value);
	if (json_is_object(value))
		return text_of_object(value);
	if (!json_is_integer(value))
		return xstrdup("");
	if (!is_bytes(key))
		return xasprintf("%lld", (long long)json_integer_value(value));
	amount_bytes((uint64_t)json_integer_value(value), amount);
	return xstrdup(amount);
}

/* "created_at" becomes "Created at:". */
static void write_label(const char *key, char out[static KEY_BYTES])
{
	size_t i;

	snprintf(out, KEY_BYTES - 1, "%s", key);
	for (i = 0; out[i]; i++)
		if (out[i] == '_')
			out[i] = ' ';
	out[0] = (char)toupper((unsigned char)out[0]);
	out[i] = ':';
	out[i + 1] = '\0';
}

static int label_columns(const json_t *object)
{
	const char *key;
	json_t *value;
	size_t most = 0;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		if (!json_is_null(value) && strlen(key) > most)
			most = strlen(key);
	}
	return (int)most + 2;
}

void fields_print(const json_t *object)
{
	int columns = label_columns(object);
	char label[KEY_BYTES], *indent = xasprintf("%*s", columns, "");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		char *text = text_of(key, value);

		if (text[0]) {
			write_label(key, label);
			printf("%-*s", columns, label);
			out_lines(text, indent);
			putchar('\n');
		}
		free(text);
	}
	free(indent);
}

/* What stands in a column of one object: clean, "-" for nothing. */
static char *cell_of(const json_t *item, const char *key)
{
	char *text = text_of(key, json_object_get(item, key));
	char *clean = out_clean(text[0] ? text : "-", false);

	free(text);
	return clean;
}

static int width_of(const char *clean)
{
	int columns = 0;

	for (; *clean; clean++)
		if (((unsigned char)*clean & 0xc0) != 0x80)
			columns++;
	return columns;
}

static int width_of_column(const json_t *items, const char *key)
{
	json_t *item;
	int most = 0;
	size_t i;

	json_array_foreach(items, i, item)
	{
		char *cell = cell_of(item, key);
		int width = width_of(cell);

		most = width > most ? width : most;
		free(cell);
	}
	return most;
}

static void print_row(const json_t *item, char *const *keys, const int *widths)
{
	size_t i;

	for (i = 0; keys[i]; i++) {
		char *cell = cell_of(item, keys[i]);
		int pad = keys[i + 1] ? widths[i] - width_of(cell) + 2 : 0;

		printf("%s%*s", cell, pad, "");
		free(cell);
	}
	putchar('\n');
}

void fields_print_rows(const json_t *items, const char *columns)
{
	char *words = xstrdup(columns), *rest = words, *word;
	char *keys[COLUMNS_MAX + 1] = {NULL};
	int widths[COLUMNS_MAX] = {0};
	size_t count = 0, i;
	json_t *item;

	while (count < COLUMNS_MAX && (word = strsep(&rest, " ")) != NULL) {
		widths[count] = width_of_column(items, word);
		keys[count++] = word;
	}
	json_array_foreach(items, i, item)
	{
		print_row(item, keys, widths);
	}
	free(words);
}
