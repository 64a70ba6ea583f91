/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bridges - ways into the Tor network that are in no list, as a bridge's
 * operator gives them out: a line each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/http.h"
#include "cli/out.h"
#include "util/mem.h"

/* The daemon has the real limit. */
#define LINES_MAX 256

/* Those that a file holds; empty lines, and what # begins, are none.  NULL
 * after saying why not. */
static json_t *read_lines(const char *path)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	json_t *lines = json_array();
	char *line = NULL;
	size_t room = 0;
	bool is_right = f != NULL;

	while (is_right && getline(&line, &room, f) > 0) {
		char *p = line + strspn(line, " \t");

		p[strcspn(p, "\r\n")] = '\0';
		if (*p && *p != '#')
			is_right =
			    json_array_append_new(lines, json_string(p)) == 0 &&
			    json_array_size(lines) <= LINES_MAX;
	}
	if (!f || ferror(f))
		say("%s cannot be read: %s.", path, strerror(errno));
	else if (!is_right)
		say("%s is no list of bridges.", path);
	if (!f || ferror(f) || !is_right) {
		json_decref(lines);
		lines = NULL;
	}
	if (f && f != stdin)
		fclose(f);
	free(line);
	return lines;
}

static void print(const json_t *bridges)
{
	json_t *line;
	size_t i;

	puts(json_is_true(json_object_get(bridges, "use"))
		 ? "Tor goes through bridges:"
		 : "Bridges are not used.");
	json_array_foreach(json_object_get(bridges, "lines"), i, line)
	{
		fputs("  ", stdout);
		out_text(json_string_value(line), 0);
		putchar('\n');
	}
}

/* The answer is taken over. */
static int show(const struct command_args *a, json_t *bridges)
{
	if (bridges && a->json)
		out_json(bridges);
	else if (bridges)
		print(bridges);
	json_decref(bridges);
	return http_exit_code(a->http);
}

int command_bridges(const struct command_args *a)
{
	const char *word = a->argc > 0 ? a->argv[0] : NULL;
	bool is_off = word && strcmp(word, "off") == 0;
	bool is_switch = word && (is_off || strcmp(word, "on") == 0);
	json_t *now = NULL, *lines;

	if (!word || is_switch) {
		now = http_call(a->http, "GET", "/v1/tor/bridges", NULL);
		if (!now || !word)
			return show(a, now);
	}
	lines = is_switch ? json_incref(json_object_get(now, "lines"))
			  : read_lines(word);
	json_decref(now);
	if (!lines)
		return EXIT_USAGE;
	return show(
	    a, http_call(a->http, "PUT", "/v1/tor/bridges",
			 json_pack("{sbso}", "use", !is_off, "lines", lines)));
}
