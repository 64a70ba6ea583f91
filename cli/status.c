/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/change.h"
#include "cli/command.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/reach.h"
#include "util/clock.h"
#include "util/mem.h"

#define READY_LIMIT_S UINT64_C(600)
#define READY_LOOK_MS 250

static void print_tor(const json_t *tor)
{
	const json_t *boot = json_object_get(tor, "bootstrap");

	fputs("Tor:     ", stdout);
	out_text(out_string(tor, "state"), 0);
	if (strcmp(out_string(tor, "state"), "bootstrapping") == 0) {
		printf(" %d %%: ", (int)json_integer_value(
				       json_object_get(boot, "percent")));
		out_text(out_string(boot, "summary"), 0);
	}
	if (out_string(tor, "version")[0]) {
		fputs(", version ", stdout);
		out_text(out_string(tor, "version"), 0);
	}
	if (out_number(tor, "bridges") > 0)
		fputs(", through bridges", stdout);
	putchar('\n');
	if (out_string(boot, "warning")[0]) {
		fputs("         ", stdout);
		out_text(out_string(boot, "warning"), 0);
		putchar('\n');
	}
}

static void print_users(const json_t *users, const json_t *tor)
{
	json_t *u;
	size_t i;

	if (json_array_size(users) == 0)
		puts("Users:   none yet; `umbel user add NAME` makes one");
	json_array_foreach(users, i, u)
	{
		json_int_t unread =
		    json_integer_value(json_object_get(u, "unread_count"));

		fputs(i == 0 ? "Users:   " : "         ", stdout);
		out_text(out_string(u, "name"), 16);
		printf(" %s", out_string(u, "state"));
		out_failure(u);
		if (unread > 0)
			printf(", %d unread", (int)unread);
		putchar('\n');
		reach_print(tor, out_string(u, "id"), "           ");
	}
}

int command_status(const struct command_args *a)
{
	json_t *daemon = http_call(a->http, "GET", "/v1/daemon", NULL);
	json_t *tor =
	    daemon ? http_call(a->http, "GET", "/v1/tor", NULL) : NULL;
	json_t *users = tor ? find_all(a->http, "/v1/users") : NULL;

	if (users && a->json) {
		json_t *all = json_pack("{sOsOsO}", "daemon", daemon, "tor",
					tor, "users", users);

		out_json(all);
		json_decref(all);
	} else if (users) {
		printf("umbeld:  version %s, running since %s\n",
		       out_string(daemon, "version"),
		       out_time(out_string(daemon, "started_at")));
		print_tor(tor);
		print_users(users, tor);
	}
	json_decref(daemon);
	json_decref(tor);
	json_decref(users);
	return http_exit_code(a->http);
}

int command_stop(const struct command_args *a)
{
	return change(a, "POST", xstrdup("/v1/daemon/shutdown"), NULL);
}

/* Who may not see the users sees tor alone. */
static void print_reach(const struct command_args *a, const json_t *tor)
{
	json_t *users = find_all(a->http, "/v1/users");
	json_t *u;
	size_t i;

	json_array_foreach(users, i, u)
	{
		if (strcmp(out_string(u, "state"), "unlocked") != 0)
			continue;
		out_text(out_string(u, "name"), 0);
		puts(":");
		reach_print(tor, out_string(u, "id"), "         ");
	}
	json_decref(users);
}

int command_tor(const struct command_args *a)
{
	json_t *tor = http_call(a->http, "GET", "/v1/tor", NULL);

	if (tor && a->json)
		out_json(tor);
	else if (tor)
		print_tor(tor);
	if (tor && !a->json)
		print_reach(a, tor);
	json_decref(tor);
	return http_exit_code(a->http);
}

/* "tor: bootstrapping 45%" */
static void print_checks(const json_t *health)
{
	const char *name;
	json_t *state;

	json_object_foreach(json_object_get(health, "checks"), name, state)
	{
		printf("%s: ", name);
		out_text(json_is_string(state) ? json_string_value(state) : "",
			 0);
		putchar('\n');
	}
}

/* What is not ready is answered with 503, which is what happens while it
 * starts, too. */
int command_ready(const struct command_args *a)
{
	uint64_t limit_ms = clock_mono_ms() + READY_LIMIT_S * 1000;
	const json_t *shown;
	json_t *health;

	for (;;) {
		health = http_try(a->http, "/readyz");
		if (health || !a->wait || !http_is_away(a->http) ||
		    clock_mono_ms() > limit_ms)
			break;
		poll(NULL, 0, READY_LOOK_MS);
	}
	shown = health ? health : http_refusal(a->http);
	if (shown && a->json)
		out_json(shown);
	else if (shown)
		print_checks(shown);
	if (!health)
		say("%s", http_status(a->http) == 503 ? "It is not ready."
						      : http_why(a->http));
	json_decref(health);
	if (!health && a->wait && clock_mono_ms() > limit_ms)
		return EXIT_TIMEOUT;
	return http_exit_code(a->http);
}
