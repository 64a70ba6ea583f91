/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * listed - what all lists of the API have in common: all that is in one is
 * shown in columns, and one of it whole, or taken away.  Which list, and which
 * columns, the row of the command says.
 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "cli/change.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/find.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/table.h"
#include "util/mem.h"

/* Of the list and what stands behind it; NULL after saying why not. */
static char *path_of(const struct command_args *a, const char *rest, int *code)
{
	const char *list = a->command->list;
	char *end, *path;

	*code = EXIT_OK;
	if (list[0] == '/')
		return xasprintf("%s%s", list, rest);
	end = xasprintf("/%s%s", list, rest);
	path = find_user_path(a, end, code);
	free(end);
	return path;
}

/* Of the one that the first word names. */
static char *path_of_one(const struct command_args *a, int *code)
{
	char *id = http_encode(a->http, a->argv[0]);
	char *rest = xasprintf("/%s", id);
	char *path = path_of(a, rest, code);

	free(rest);
	free(id);
	return path;
}

int command_list(const struct command_args *a)
{
	int code;
	char *path = path_of(a, "", &code);
	json_t *items, *item;
	size_t i;

	if (!path)
		return code;
	items = find_all(a->http, path);
	free(path);
	if (a->json) {
		json_array_foreach(items, i, item)
		{
			out_json(item);
		}
	} else if (json_array_size(items) > 0) {
		fields_print_rows(items, a->command->columns);
	} else if (items) {
		fputs("There are none.\n", stderr);
	}
	json_decref(items);
	return http_exit_code(a->http);
}

int command_show(const struct command_args *a)
{
	int code;
	char *path = path_of_one(a, &code);
	json_t *item;

	if (!path)
		return code;
	item = http_call(a->http, "GET", path, NULL);
	code = http_exit_code(a->http);
	free(path);
	if (item && a->json)
		out_json(item);
	else if (item)
		fields_print(item);
	if (item && a->qr && !out_qr(out_string(item, "link")))
		code = EXIT_REFUSED;
	json_decref(item);
	return code;
}

int command_take_away(const struct command_args *a)
{
	int code;
	char *path = path_of_one(a, &code);

	return path ? change(a, "DELETE", path, NULL) : code;
}
