/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * settings - what can be changed while the daemon runs, and what it tells of
 * itself.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/change.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/fields.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/raw.h"
#include "cli/secret.h"
#include "util/mem.h"

#define SECONDS_PER_MINUTE 60

int command_settings(const struct command_args *a)
{
	json_t *settings = http_call(a->http, "GET", "/v1/settings", NULL);

	if (settings && a->json)
		out_json(settings);
	else if (settings)
		fields_print(settings);
	json_decref(settings);
	return http_exit_code(a->http);
}

/* null: as the configuration says. */
static json_t *word_or_default(const char *text)
{
	return strcmp(text, "default") == 0 ? json_null() : json_string(text);
}

static json_t *minutes_of(const char *text)
{
	uint32_t seconds = 0;

	if (strcmp(text, "default") == 0)
		return json_null();
	if (strcmp(text, "never") == 0)
		return json_integer(0);
	/* It is right: the table asks for MINUTES. */
	(void)duration_read(text, &seconds);
	return json_integer(seconds / SECONDS_PER_MINUTE);
}

/* value: taken over. */
static int set(const struct command_args *a, const char *key, json_t *value)
{
	if (!value)
		return EXIT_USAGE;
	return change(a, "PATCH", xstrdup("/v1/settings"),
		      json_pack("{so}", key, value));
}

int command_settings_log_level(const struct command_args *a)
{
	return set(a, "log_level", word_or_default(a->argv[0]));
}

int command_settings_auto_lock(const struct command_args *a)
{
	return set(a, "auto_lock_minutes", minutes_of(a->argv[0]));
}

/* Of the user that the first word names; value: taken over. */
static int set_user(const struct command_args *a, const char *key,
		    json_t *value)
{
	json_t *user;
	int code = EXIT_USAGE;

	if (!value)
		return code;
	user = find_user(a, a->argv[0], &code);
	if (user)
		code = change(a, "PATCH",
			      xasprintf("/v1/users/%s", out_string(user, "id")),
			      json_pack("{so}", key, value));
	else
		json_decref(value);
	json_decref(user);
	return code;
}

int command_user_rename(const struct command_args *a)
{
	json_t *name = json_string(a->argv[1]);

	if (!name)
		say("A name must be UTF-8 text.");
	return set_user(a, "name", name);
}

int command_user_auto_lock(const struct command_args *a)
{
	return set_user(a, "auto_lock_minutes", minutes_of(a->argv[1]));
}

/* NULL after saying why not. */
static json_t *duress_body(const struct command_args *a)
{
	char *present, *duress = NULL;
	json_t *body = NULL;

	present = secret_read(a->passphrase_file, "The passphrase: ", false);
	if (present && !a->none)
		duress = secret_read(
		    a->new_passphrase_file,
		    "The one that destroys (it cannot be seen later): ", true);
	if (present && (duress || a->none)) {
		body = json_pack("{ssss?}", "passphrase", present,
				 "duress_passphrase", duress);
		if (!body)
			say("Passphrases must be UTF-8 text.");
	}
	secret_free(present);
	secret_free(duress);
	return body;
}

int command_user_duress(const struct command_args *a)
{
	json_t *user, *body;
	int code;

	user = find_user(a, a->argc > 0 ? a->argv[0] : a->user, &code);
	if (!user)
		return code;
	body = duress_body(a);
	code = EXIT_USAGE;
	if (body)
		code = change(
		    a, "PUT",
		    xasprintf("/v1/users/%s/duress", out_string(user, "id")),
		    body);
	json_decref(user);
	return code;
}

int command_metrics(const struct command_args *a)
{
	return raw_get(a, "/metrics");
}

int command_new_circuits(const struct command_args *a)
{
	return change(a, "POST", xstrdup("/v1/tor/new-circuits"), NULL);
}
