/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "util/mem.h"

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
	putchar('\n');
	if (out_string(boot, "warning")[0]) {
		fputs("         ", stdout);
		out_text(out_string(boot, "warning"), 0);
		putchar('\n');
	}
}

static void print_users(const json_t *users)
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
		print_users(users);
	}
	json_decref(daemon);
	json_decref(tor);
	json_decref(users);
	return http_exit_code(a->http);
}
