/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "cli/command.h"
#include "cli/http.h"
#include "cli/out.h"
#include "util/file.h"
#include "util/mem.h"

#define PAGE	 "open.html" /* in the run folder; umbeld removes it */
#define OWN_PAGE "umbel-open.html"

/* What needs no escapes in a page. */
static bool is_plain(const char *url)
{
	static const char marks[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._:/#=";

	return strspn(url, marks) == strlen(url);
}

/* A page that leads on to the link.  What a program is started with everybody
 * on the machine can read, and the first to use the link is logged in; so the
 * browser is told of a file that is its owner's alone. */
static bool write_page(const char *path, const char *url)
{
	char *text;
	enum err e;

	if (!is_plain(url))
		return false;
	text = xasprintf("<!DOCTYPE html>\n"
			 "<meta charset=\"utf-8\">\n"
			 "<meta name=\"referrer\" content=\"no-referrer\">\n"
			 "<meta http-equiv=\"refresh\" content=\"0; url=%s\">\n"
			 "<title>Umbel</title>\n",
			 url);
	e = file_replace(path, text, strlen(text), 0600);
	sodium_memzero(text, strlen(text));
	free(text);
	return e == OK;
}

/* OWNED; NULL: nowhere.  The system's run folder is not an administrator's to
 * write to; his own is gone when he logs out. */
static char *find_place(const char *run_dir)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	char *folder = realpath(run_dir, NULL);
	char *path = NULL;

	if (folder && access(folder, W_OK) == 0)
		path = xasprintf("%s/" PAGE, folder);
	else if (xdg && xdg[0] == '/')
		path = xasprintf("%s/" OWN_PAGE, xdg);
	free(folder);
	return path;
}

/* Returns only if no browser could be started. */
static void start_browser(const char *run_dir, const char *url)
{
	char *path = find_place(run_dir);

	if (path && write_page(path, url)) {
		execlp("xdg-open", "xdg-open", path, (char *)NULL);
		unlink(path);
	}
	free(path);
}

int command_open(const struct command_args *a)
{
	json_t *t = http_call(a->http, "POST",
			      a->admin ? "/v1/login-tokens?rights=admin"
				       : "/v1/login-tokens",
			      NULL);
	const char *url;

	if (!t)
		return http_exit_code(a->http);
	url = out_string(t, "url");
	if (a->json) {
		out_json(t);
	} else if (a->print) {
		puts(url);
	} else {
		start_browser(http_run_dir(a->http), url);
		puts("No browser could be started here. Open this within a "
		     "minute, it works once:");
		puts(url);
	}
	json_decref(t);
	return EXIT_OK;
}
