/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * self - what a user tells of himself: address, profile, presence, privacy; and
 * how he likes his programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/amount.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/raw.h"
#include "util/mem.h"

/* The body is taken over. */
static json_t *call_own(const struct command_args *a, const char *method,
			const char *rest, json_t *body, int *code)
{
	char *path = find_user_path(a, rest, code);
	json_t *answer;

	if (!path) {
		json_decref(body);
		return NULL;
	}
	answer = http_call(a->http, method, path, body);
	*code = http_exit_code(a->http);
	free(path);
	return answer;
}

/* The answer is taken over, NULL too. */
static int show_address(const struct command_args *a, json_t *address, int code)
{
	bool enabled = json_is_true(json_object_get(address, "enabled"));
	bool published = json_is_true(json_object_get(address, "published"));

	if (!address)
		return code;
	if (a->json) {
		out_json(address);
		json_decref(address);
		return code;
	}
	out_text(out_string(address, "link"), 0);
	putchar('\n');
	if (a->qr && !out_qr(out_string(address, "link")))
		code = EXIT_REFUSED;
	if (!enabled)
		puts("It is switched off: nobody can knock.");
	else if (published)
		printf("It is published: whoever has it can ask to become a "
		       "contact.\nTo ask costs %d bits of work.\n",
		       (int)json_integer_value(
			   json_object_get(address, "difficulty")));
	else
		puts("It is not published now: Tor is not ready, or you are "
		     "offline.");
	json_decref(address);
	return code;
}

int command_address(const struct command_args *a)
{
	int code;
	json_t *address = call_own(a, "GET", "/address", NULL, &code);

	return show_address(a, address, code);
}

static int patch_address(const struct command_args *a, json_t *body)
{
	int code;
	json_t *address = call_own(a, "PATCH", "/address", body, &code);

	return show_address(a, address, code);
}

int command_address_on(const struct command_args *a)
{
	return patch_address(a, json_pack("{sb}", "enabled", 1));
}

int command_address_off(const struct command_args *a)
{
	return patch_address(a, json_pack("{sb}", "enabled", 0));
}

int command_address_difficulty(const struct command_args *a)
{
	/* How many there may be is the daemon's to say. */
	return patch_address(
	    a, json_pack("{sI}", "difficulty",
			 (json_int_t)strtol(a->argv[0], NULL, 10)));
}

int command_self_test(const struct command_args *a)
{
	int code;
	json_t *none = call_own(a, "POST", "/self-test", NULL, &code);

	if (code == 0 && !a->json)
		puts("It will be tried; `umbel tor` shows what comes of it.");
	json_decref(none);
	return code;
}

int command_address_rotate(const struct command_args *a)
{
	int code;
	json_t *address = call_own(a, "POST", "/address/rotate", NULL, &code);

	return show_address(a, address, code);
}

/* It is set as a whole: what is not given stays as it is. */
static json_t *set_profile(const struct command_args *a, json_t *profile,
			   int *code)
{
	json_t *body = json_pack(
	    "{ssss}", "display_name",
	    a->name ? a->name : out_string(profile, "display_name"),
	    "status_text",
	    a->status ? a->status : out_string(profile, "status_text"));

	json_decref(profile);
	if (body)
		return call_own(a, "PUT", "/profile", body, code);
	say("Name and status must be UTF-8 text.");
	*code = EXIT_USAGE;
	return NULL;
}

static void print_field(const char *name, const char *text)
{
	printf("%-9s ", name);
	out_lines(text, "          ");
	putchar('\n');
}

int command_profile(const struct command_args *a)
{
	int code;
	json_t *profile = call_own(a, "GET", "/profile", NULL, &code);

	if (profile && (a->name || a->status))
		profile = set_profile(a, profile, &code);
	if (!profile)
		return code;
	if (a->json) {
		out_json(profile);
	} else {
		print_field("Name:", out_string(profile, "display_name"));
		print_field("Status:", out_string(profile, "status_text"));
	}
	json_decref(profile);
	return code;
}

int command_presence(const struct command_args *a)
{
	json_t *body = NULL, *presence;
	int code;

	if (a->argc > 0)
		body = json_pack("{ss}", "mode", a->argv[0]);
	presence = call_own(a, body ? "PUT" : "GET", "/presence", body, &code);
	if (!presence)
		return code;
	if (a->json)
		out_json(presence);
	else
		puts(out_string(presence, "mode"));
	json_decref(presence);
	return code;
}

/* "image,voice" as an array. */
static json_t *kinds_of(const char *text)
{
	json_t *kinds = json_array();
	size_t n;

	if (strcmp(text, "none") == 0)
		return kinds;
	for (;; text += n + 1) {
		n = strcspn(text, ",");
		json_array_append_new(kinds, json_stringn(text, n));
		if (!text[n])
			return kinds;
	}
}

static json_t *privacy_body(const struct command_args *a)
{
	json_t *body = json_object();
	uint64_t bytes;

	if (a->receipts)
		json_object_set_new(body, "read_receipts",
				    json_boolean(!strcmp(a->receipts, "on")));
	if (a->typing)
		json_object_set_new(body, "typing",
				    json_boolean(!strcmp(a->typing, "on")));
	if (a->accept)
		json_object_set_new(body, "auto_accept_kinds",
				    kinds_of(a->accept));
	if (a->up_to && amount_read(a->up_to, &bytes))
		json_object_set_new(body, "auto_accept_bytes",
				    json_integer((json_int_t)bytes));
	return body;
}

static const char *on_off(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key)) ? "on" : "off";
}

static void print_accepted(const json_t *privacy)
{
	const json_t *kinds = json_object_get(privacy, "auto_accept_kinds");
	char bytes[AMOUNT_TEXT];
	json_t *kind;
	size_t i;

	fputs("accept", stdout);
	json_array_foreach(kinds, i, kind)
	{
		printf("%c%s", i == 0 ? ' ' : ',', json_string_value(kind));
	}
	if (json_array_size(kinds) == 0)
		fputs(" none", stdout);
	amount_bytes(out_number(privacy, "auto_accept_bytes"), bytes);
	printf(" up to %s\n", bytes);
}

int command_privacy(const struct command_args *a)
{
	bool is_change = a->receipts || a->typing || a->accept || a->up_to;
	json_t *privacy;
	int code;

	privacy = call_own(a, is_change ? "PATCH" : "GET", "/privacy",
			   is_change ? privacy_body(a) : NULL, &code);
	if (!privacy)
		return code;
	if (a->json) {
		out_json(privacy);
	} else {
		printf("receipts %s\ntyping %s\n",
		       on_off(privacy, "read_receipts"),
		       on_off(privacy, "typing"));
		print_accepted(privacy);
	}
	json_decref(privacy);
	return code;
}

int command_preferences(const struct command_args *a)
{
	json_t *body = NULL, *preferences;
	int code;

	if (a->argc > 0) {
		body = raw_read_body(a->argv[0]);
		if (!body)
			return EXIT_USAGE;
	}
	preferences =
	    call_own(a, body ? "PUT" : "GET", "/preferences", body, &code);
	if (!preferences)
		return code;
	if (a->json)
		out_json(preferences);
	else
		fields_print(preferences);
	json_decref(preferences);
	return code;
}
