/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel-api-manual DOCUMENT TEMPLATE - the manual umbel-api.7 to standard
 * output, at build time: the template with the operations of openapi.json in
 * place of its line @OPERATIONS@.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static const char *const methods[] = {"get",   "post",	 "put",
				      "patch", "delete", NULL};

static void die(const char *what)
{
	fprintf(stderr, "umbel-api-manual: %s\n", what);
	exit(1);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text)
		die(key);
	return text;
}

/* mdoc takes a word for a macro where its letters are those of one. */
static void put_text(const char *text)
{
	fputs("\\&", stdout);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
	putchar('\n');
}

static void put_operation(const char *method, const char *path,
			  const json_t *operation)
{
	const json_t *scope = json_object_get(operation, "x-scope");

	fputs(".It Li ", stdout);
	for (; *method; method++)
		putchar(toupper((unsigned char)*method));
	printf(" %s\n", path);
	put_text(text_of(operation, "summary"));
	printf(".Pq %s\n", scope ? json_string_value(scope) : "open");
}

static int is_tagged(const json_t *operation, const char *tag)
{
	const json_t *tags = json_object_get(operation, "tags");
	const char *first = json_string_value(json_array_get(tags, 0));

	return first && strcmp(first, tag) == 0;
}

static void put_group(json_t *document, const json_t *tag)
{
	const char *name = text_of(tag, "name"), *path;
	json_t *item, *operation;
	size_t i;

	fputs(".Ss ", stdout);
	put_text(text_of(tag, "description"));
	puts(".Bl -tag -width Ds");
	json_object_foreach(json_object_get(document, "paths"), path, item)
	{
		for (i = 0; methods[i]; i++) {
			operation = json_object_get(item, methods[i]);
			if (is_tagged(operation, name))
				put_operation(methods[i], path, operation);
		}
	}
	puts(".El");
}

static void put_operations(json_t *document)
{
	json_t *tags = json_object_get(document, "tags");
	size_t i;

	for (i = 0; i < json_array_size(tags); i++)
		put_group(document, json_array_get(tags, i));
}

int main(int argc, char **argv)
{
	json_t *document = argc == 3 ? json_load_file(argv[1], 0, NULL) : NULL;
	FILE *f = argc == 3 ? fopen(argv[2], "re") : NULL;
	char *line = NULL;
	size_t room = 0;

	if (!document || !f)
		die("umbel-api-manual DOCUMENT TEMPLATE");
	while (getline(&line, &room, f) > 0) {
		if (strcmp(line, "@OPERATIONS@\n") == 0)
			put_operations(document);
		else
			fputs(line, stdout);
	}
	free(line);
	json_decref(document);
	return fclose(f) || fflush(stdout) ? 1 : 0;
}
