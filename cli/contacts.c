/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * contacts - who is there, and what is kept about each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/change.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/style.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/text.h"

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* Of an imported user: all is there but the connection. */
static bool is_detached(const json_t *c)
{
	return strcmp(out_string(c, "state"), "detached") == 0;
}

static void print_in_list(const json_t *c)
{
	const char *presence = out_string(c, "presence");
	bool is_online = strcmp(presence, "online") == 0;

	out_text(find_name(c), 20);
	putchar(' ');
	if (is_online)
		style_begin(STYLE_GOOD);
	printf("%-8s", presence);
	if (is_online)
		style_end();
	printf(" %s%s%s%s", out_string(c, "id"),
	       is_detached(c) ? "  detached" : "",
	       is_true(c, "verified") ? "  verified" : "",
	       is_true(c, "blocked") ? "  blocked" : "");
	if (is_true(c, "alarm"))
		style_print(STYLE_BAD, "  ALARM");
	putchar('\n');
}

int command_contacts(const struct command_args *a)
{
	int code;
	char *path = find_user_path(a, "/contacts", &code);
	json_t *contacts, *c;
	size_t i;

	if (!path)
		return code;
	contacts = find_all(a->http, path);
	free(path);
	json_array_foreach(contacts, i, c)
	{
		if (a->json)
			out_json(c);
		else
			print_in_list(c);
	}
	if (contacts && !a->json && json_array_size(contacts) == 0)
		fputs("No contacts yet: `umbel invite` makes a link for "
		      "someone, `umbel connect LINK` takes one.\n",
		      stderr);
	json_decref(contacts);
	return http_exit_code(a->http);
}

/* A line of our own, or what somebody wrote. */
static void print_field(const char *name, const char *text)
{
	if (!text[0])
		return;
	printf("%-10s ", name);
	out_lines(text, "           ");
	putchar('\n');
}

static void print_times(const json_t *c)
{
	const char *seen = out_string(c, "last_seen_at");

	printf("%-10s %s", "Presence:", out_string(c, "presence"));
	if (seen[0])
		printf(", last seen %s", out_time(seen));
	printf("\n%-10s %s\n", "Since:", out_time(out_string(c, "created_at")));
	if (is_true(c, "verified"))
		printf("%-10s since %s\n",
		       "Verified:", out_time(out_string(c, "verified_at")));
	else
		printf("%-10s no; `umbel safety` tells how to\n", "Verified:");
}

/* As it is typed: dial-only. */
static void print_policy(const json_t *c)
{
	const char *p = out_string(c, "policy");

	printf("%-10s ", "Policy:");
	for (; *p; p++)
		putchar(*p == '_' ? '-' : *p);
	putchar('\n');
}

static void print_mute(const char *until)
{
	char now[RFC3339_TEXT + 1];

	rfc3339_encode(clock_wall_ms(), now);
	if (strcmp(until, DURATION_FOR_EVER) == 0)
		printf("%-10s for ever\n", "Muted:");
	else if (strcmp(until, now) > 0)
		printf("%-10s until %s\n", "Muted:", out_time(until));
}

static void print_conversation(const json_t *c)
{
	char timer[DURATION_TEXT];

	duration_write((uint32_t)json_integer_value(
			   json_object_get(c, "disappearing_seconds")),
		       timer);
	printf("%-10s %s\n", "Timer:", timer);
	print_mute(out_string(c, "muted_until"));
	if (is_true(c, "pinned"))
		puts("Pinned");
	if (is_true(c, "archived"))
		puts("Archived");
}

static void print_contact(const json_t *c, const json_t *conversation)
{
	print_field("Alias:", out_string(c, "alias"));
	print_field("Name:", out_string(c, "display_name"));
	print_field("Status:", out_string(c, "status_text"));
	print_field("Note:", out_string(c, "note"));
	print_field("Id:", out_string(c, "id"));
	print_times(c);
	print_policy(c);
	print_field("Receipts:", out_string(c, "read_receipts"));
	print_field("Typing:", out_string(c, "typing"));
	print_conversation(conversation);
	if (is_true(c, "cover"))
		puts("Covered by traffic at a constant rate");
	if (is_true(c, "blocked"))
		puts("Blocked");
	if (is_detached(c))
		puts("Detached: nothing can be sent until it is connected "
		     "anew, by umbel invite or\nconnect with --for");
	if (!is_true(c, "alarm"))
		return;
	style_print(STYLE_BAD, "ALARM:");
	puts(" keys of this contact were seen elsewhere, or its "
	     "data went back to an\nolder state. Ask over another way "
	     "before you trust it; then: umbel contact alarm-seen");
}

int command_contact_show(const struct command_args *a)
{
	json_t *conversation;
	struct with w;
	char *path;
	int code;

	if (!find_with(a, a->argv[0], &w, &code))
		return code;
	if (a->json) {
		out_json(w.contact);
		with_clear(&w);
		return EXIT_OK;
	}
	path = xasprintf("%s/conversations/%s", w.user,
			 out_string(w.contact, "conversation_id"));
	conversation = http_call(a->http, "GET", path, NULL);
	if (conversation)
		print_contact(w.contact, conversation);
	json_decref(conversation);
	free(path);
	with_clear(&w);
	return http_exit_code(a->http);
}

/* The body is taken over. */
static int patch(const struct command_args *a, json_t *body)
{
	int code;
	char *path = find_contact_path(a, a->argv[0], "", &code);

	if (path)
		return change(a, "PATCH", path, body);
	json_decref(body);
	return code;
}

/* Without a text it is shown; an empty one takes it away. */
static int text_of(const struct command_args *a, const char *key)
{
	struct with w;
	json_t *body;
	int code;

	if (a->argc > 1) {
		body = change_text(key, a->argv[1]);
		if (body && !a->argv[1][0])
			json_object_set_new(body, key, json_null());
		return body ? patch(a, body) : EXIT_USAGE;
	}
	if (!find_with(a, a->argv[0], &w, &code))
		return code;
	if (a->json) {
		out_json(w.contact);
	} else {
		out_lines(out_string(w.contact, key), "");
		putchar('\n');
	}
	with_clear(&w);
	return EXIT_OK;
}

int command_contact_alias(const struct command_args *a)
{
	return text_of(a, "alias");
}

int command_contact_note(const struct command_args *a)
{
	return text_of(a, "note");
}

int command_contact_block(const struct command_args *a)
{
	return patch(a, json_pack("{sb}", "blocked", 1));
}

int command_contact_unblock(const struct command_args *a)
{
	return patch(a, json_pack("{sb}", "blocked", 0));
}

int command_contact_policy(const struct command_args *a)
{
	char *word = xstrdup(a->argv[1]), *dash = strchr(word, '-');
	json_t *body;

	if (dash)
		*dash = '_';
	body = json_pack("{ss}", "policy", word);
	free(word);
	return patch(a, body);
}

int command_contact_privacy(const struct command_args *a)
{
	json_t *body = json_object();
	struct with w;
	int code;

	if (a->receipts)
		json_object_set_new(body, "read_receipts",
				    json_string(a->receipts));
	if (a->typing)
		json_object_set_new(body, "typing", json_string(a->typing));
	if (json_object_size(body) > 0)
		return patch(a, body);
	json_decref(body);
	if (!find_with(a, a->argv[0], &w, &code))
		return code;
	if (a->json)
		out_json(w.contact);
	else
		printf("receipts %s\ntyping %s\n",
		       out_string(w.contact, "read_receipts"),
		       out_string(w.contact, "typing"));
	with_clear(&w);
	return EXIT_OK;
}

int command_contact_cover(const struct command_args *a)
{
	return patch(a,
		     json_pack("{sb}", "cover", strcmp(a->argv[1], "on") == 0));
}

int command_contact_alarm_seen(const struct command_args *a)
{
	return patch(a, json_pack("{sb}", "alarm", 0));
}

int command_contact_remove(const struct command_args *a)
{
	int code;
	char *path = find_contact_path(a, a->argv[0], "", &code);

	return path ? change(a, "DELETE", path, NULL) : code;
}

int command_contact_introduce(const struct command_args *a)
{
	json_t *to;
	struct with w;
	char *path;
	int code;

	if (!find_with(a, a->argv[0], &w, &code))
		return code;
	to = find_contact(a, w.user, a->argv[1], &code);
	path = xasprintf("%s/contacts/%s/introduce", w.user,
			 out_string(w.contact, "id"));
	if (to)
		code = change(a, "POST", path,
			      change_text("to", out_string(to, "id")));
	else
		free(path);
	json_decref(to);
	with_clear(&w);
	return code;
}

static int set_verified(const struct command_args *a, bool verified)
{
	int code;
	char *path = find_contact_path(a, a->argv[0], "/verification", &code);

	if (!path)
		return code;
	return change(a, "PUT", path, json_pack("{sb}", "verified", verified));
}

int command_contact_verify(const struct command_args *a)
{
	return set_verified(a, true);
}

int command_contact_unverify(const struct command_args *a)
{
	return set_verified(a, false);
}

static const char compare_them[] =
    "Compare it with the number that the other one sees, over a way where you\n"
    "know each other: a call, or in person. If all digits are the same, "
    "nobody\n"
    "is between you: umbel contact verify. If one differs, trust nothing that\n"
    "this contact writes.\n";

/* Twelve groups, four in a line. */
static void print_digits(const char *digits)
{
	int groups = 0;

	for (; *digits; digits++)
		putchar(*digits == ' ' && ++groups % 4 == 0 ? '\n' : *digits);
	putchar('\n');
}

int command_safety(const struct command_args *a)
{
	int code;
	char *path = find_contact_path(a, a->argv[0], "/safety-number", &code);
	json_t *number;

	if (!path)
		return code;
	number = http_call(a->http, "GET", path, NULL);
	free(path);
	if (!number)
		return http_exit_code(a->http);
	if (a->json) {
		out_json(number);
	} else {
		print_digits(out_string(number, "digits"));
		puts(is_true(number, "verified") ? "You have compared it."
						 : "It is not compared yet.");
		if (a->qr && !out_qr(out_string(number, "link")))
			code = EXIT_REFUSED;
		fputs(compare_them, stdout);
	}
	json_decref(number);
	return code;
}
