/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/reach.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/out.h"

static const struct {
	const char *key, *name;
} parts[] = {
    {"address", "own address"},
    {"contacts", "addresses for contacts"},
};

static const char *words_of(const char *state, bool is_ready)
{
	static const char *const words[][2] = {
	    {"waiting", "not there yet: Tor has not published it"},
	    {"checking", "published; whether that can be reached is being "
			 "checked"},
	    {"reachable", "can be reached"},
	    {"unreachable", "cannot be reached"},
	};
	size_t i;

	if (!is_ready)
		return "cannot be reached until Tor is ready";
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(state, words[i][0]) == 0)
			return words[i][1];
	return state;
}

static void print_repair(const json_t *part)
{
	const char *how = out_string(part, "last_repair");

	if (strcmp(how, "published_again") == 0)
		printf("; published again at %s",
		       out_time(out_string(part, "last_repair_at")));
	else if (strcmp(how, "new_circuits") == 0)
		printf("; new circuits taken at %s",
		       out_time(out_string(part, "last_repair_at")));
}

static void print_part(const json_t *part, const char *name, const char *indent,
		       bool is_ready)
{
	const char *state = out_string(part, "state");

	printf("%s%s: ", indent, name);
	out_text(words_of(state, is_ready), 0);
	if (is_ready && strcmp(state, "reachable") == 0) {
		printf(", last tried at %s",
		       out_time(out_string(part, "last_success_at")));
	} else if (is_ready && out_string(part, "last_failure_detail")[0] &&
		   out_number(part, "failures") > 0) {
		fputs(": ", stdout);
		out_text(out_string(part, "last_failure_detail"), 0);
		print_repair(part);
	}
	putchar('\n');
}

static const json_t *test_of(const json_t *tor, const char *user_id)
{
	const json_t *services = json_object_get(tor, "onion_services");
	json_t *entry;
	size_t i;

	json_array_foreach(services, i, entry)
	{
		if (strcmp(out_string(entry, "user_id"), user_id) == 0)
			return json_object_get(entry, "self_test");
	}
	return NULL;
}

void reach_print(const json_t *tor, const char *user_id, const char *indent)
{
	const json_t *test = test_of(tor, user_id);
	bool is_ready = strcmp(out_string(tor, "state"), "ready") == 0;
	size_t i;

	if (!json_is_object(test))
		return;
	if (strcmp(out_string(test, "state"), "off") == 0)
		printf("%spublishes nothing, and cannot be reached\n", indent);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const json_t *part = json_object_get(test, parts[i].key);

		if (strcmp(out_string(part, "state"), "off") != 0)
			print_part(part, parts[i].name, indent, is_ready);
	}
}
