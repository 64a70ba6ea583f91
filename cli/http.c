/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/http.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/out.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"

#define ANSWER_MAX_BYTES (64 << 20)
#define HEADER_MAX_BYTES 256
/* Longer than any unlock or long poll. */
#define LIMIT_SECONDS 180L

struct http {
	CURL *curl;
	char *socket_path;
	char *auth; /* the whole header line */
	int exit_code;
};

static char *read_header(const char *run_dir)
{
	char *path = xasprintf("%s/admin.header", run_dir);
	struct buf b;
	char *line = NULL;
	enum err e;

	buf_init(&b, HEADER_MAX_BYTES);
	e = file_read(path, &b);
	if (e == OK && buf_put(&b, "", 1) == OK) {
		line = xstrdup((const char *)b.data);
		line[strcspn(line, "\r\n")] = '\0';
	} else if (e == ERR_NOT_FOUND) {
		say("No daemon runs at %s. Start umbeld, or name its run "
		    "folder with --run.",
		    run_dir);
	} else {
		say("%s cannot be read: does the daemon belong to another "
		    "user?",
		    path);
	}
	buf_clear(&b);
	free(path);
	return line;
}

struct http *http_new(const char *run_dir)
{
	struct http *h;
	char *auth = read_header(run_dir);

	if (!auth)
		return NULL;
	h = xcalloc(1, sizeof(*h));
	h->auth = auth;
	h->socket_path = xasprintf("%s/api.sock", run_dir);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	h->curl = curl_easy_init();
	if (!h->curl)
		abort();
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	curl_global_cleanup();
	free(h->socket_path);
	free(h->auth);
	free(h);
}

static size_t on_bytes(char *p, size_t size, size_t n, void *ctx)
{
	return buf_put(ctx, p, size * n) == OK ? size * n : 0;
}

static CURLcode perform(struct http *h, const char *method, const char *path,
			const char *text, struct buf *answer)
{
	struct curl_slist *headers = curl_slist_append(NULL, h->auth);
	char *url = xasprintf("http://localhost%s", path);
	CURL *c = h->curl;
	CURLcode rc;

	if (text)
		headers = curl_slist_append(headers,
					    "Content-Type: application/json");
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, h->socket_path);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, LIMIT_SECONDS);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
	if (text)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, text);
	else if (strcmp(method, "POST") == 0)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, "");
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	rc = curl_easy_perform(c);
	curl_slist_free_all(headers);
	free(url);
	return rc;
}

static int exit_code_of(long status)
{
	switch (status) {
	case 401:
	case 403: return EXIT_DENIED;
	case 404: return EXIT_NOT_FOUND;
	case 423: return EXIT_LOCKED;
	case 503: return EXIT_NO_DAEMON;
	default: return EXIT_REFUSED;
	}
}

static void say_problem(long status, const json_t *problem)
{
	const char *detail = out_string(problem, "detail");
	const json_t *errors = json_object_get(problem, "errors");
	const json_t *first = json_array_get(errors, 0);

	if (!detail[0])
		detail = out_string(problem, "title");
	if (first && out_string(first, "detail")[0])
		say("Refused: %s: %s", out_string(first, "pointer"),
		    out_string(first, "detail"));
	else if (detail[0])
		say("Refused: %s", detail);
	else
		say("Refused with HTTP status %ld.", status);
}

json_t *http_call(struct http *h, const char *method, const char *path,
		  json_t *body)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct buf answer;
	json_t *parsed = NULL;
	long status = 0;
	CURLcode rc;

	json_decref(body);
	buf_init(&answer, ANSWER_MAX_BYTES);
	rc = perform(h, method, path, text, &answer);
	free(text);
	h->exit_code = EXIT_NO_DAEMON;
	if (rc != CURLE_OK) {
		say("The daemon does not answer: %s.", curl_easy_strerror(rc));
	} else {
		curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
		parsed = answer.len ? json_loadb((char *)answer.data,
						 answer.len, 0, NULL)
				    : json_null();
		h->exit_code =
		    status < 300 && parsed ? EXIT_OK : exit_code_of(status);
		if (h->exit_code != EXIT_OK) {
			say_problem(status, parsed);
			json_decref(parsed);
			parsed = NULL;
		}
	}
	buf_clear(&answer);
	return parsed;
}

int http_exit_code(const struct http *h)
{
	return h->exit_code;
}

char *http_encode(struct http *h, const char *s)
{
	char *quoted = curl_easy_escape(h->curl, s, 0);
	char *copy = xstrdup(quoted ? quoted : "");

	curl_free(quoted);
	return copy;
}
