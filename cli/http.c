/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/http.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include <curl/curl.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/out.h"
#include "cli/stop.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/mem.h"

#define ANSWER_MAX_BYTES (64 << 20)
#define HEADER_MAX_BYTES 256
/* Longer than any unlock or long poll. */
#define LIMIT_SECONDS 180L
/* Of a flow: so long without a byte.  Longer than a slow disk syncs. */
#define STALL_SECONDS	  600L
#define FLOW_BUFFER_BYTES (256 * 1024L)
#define TOO_OFTEN_MS	  500

#define SYSTEM_RUN "/run/umbel"
#define HEADER	   "admin.header"

struct http {
	CURL *curl;
	char *run_dir;
	char *socket_path;
	char *why;	 /* the last call failed, if it did */
	json_t *refusal; /* its body; NULL: none */
	bool is_patient;
	long limit_seconds; /* of a call that is no flow */
	long status;
	int exit_code;
};

static void set_why(struct http *h, char *owned)
{
	free(h->why);
	h->why = owned;
}

/* The whole line of the header.  Read for each call, since a daemon that was
 * started again has another one; NULL: h->why tells. */
static char *read_header(struct http *h)
{
	char *path = xasprintf("%s/" HEADER, h->run_dir);
	struct buf b;
	char *line = NULL;
	enum err e;

	buf_init(&b, HEADER_MAX_BYTES);
	e = file_read(path, &b);
	if (e == OK && buf_put(&b, "", 1) == OK) {
		line = xstrdup((const char *)b.data);
		line[strcspn(line, "\r\n")] = '\0';
	} else if (e == ERR_NOT_FOUND) {
		set_why(h, xasprintf("No daemon runs at %s. Start umbeld, or "
				     "name its run folder with --run.",
				     h->run_dir));
	} else {
		set_why(h, xasprintf("%s cannot be read: the daemon is "
				     "another user's. To be let in by the "
				     "service of the machine: sudo adduser "
				     "NAME umbel, and log in again.",
				     path));
	}
	sodium_memzero(b.data, b.len);
	buf_clear(&b);
	free(path);
	return line;
}

static void free_secret(char *s)
{
	if (s)
		sodium_memzero(s, strlen(s));
	free(s);
}

void http_free(struct http *h)
{
	if (!h)
		return;
	if (h->curl) {
		curl_easy_cleanup(h->curl);
		curl_global_cleanup();
	}
	free(h->run_dir);
	free(h->socket_path);
	free(h->why);
	json_decref(h->refusal);
	free(h);
}

const char *http_run_dir(const struct http *h)
{
	return h->run_dir;
}

/* One's own daemon, or the system's, if there is no other and one is of its
 * administrators. */
static char *default_run_dir(void)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	char *own, *header;

	if (geteuid() == 0 || !xdg || xdg[0] != '/')
		return xstrdup(SYSTEM_RUN);
	own = xasprintf("%s/umbel", xdg);
	header = xasprintf("%s/" HEADER, own);
	if (access(header, F_OK) != 0 &&
	    access(SYSTEM_RUN "/" HEADER, R_OK) == 0) {
		free(own);
		own = xstrdup(SYSTEM_RUN);
	}
	free(header);
	return own;
}

struct http *http_new(const char *run_dir)
{
	struct http *h = xcalloc(1, sizeof(*h));
	char *line;

	h->limit_seconds = LIMIT_SECONDS;
	h->run_dir = run_dir ? xstrdup(run_dir) : default_run_dir();
	h->socket_path = xasprintf("%s/api.sock", h->run_dir);
	line = read_header(h);
	if (!line) {
		say("%s", h->why);
		http_free(h);
		return NULL;
	}
	free_secret(line);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	h->curl = curl_easy_init();
	if (!h->curl)
		abort();
	return h;
}

struct call {
	const char *method, *path, *auth;
	char *text; /* of the body, or NULL */
	const struct http_flow *flow;
	bool is_head;
};

/* What comes back. */
struct answer {
	CURL *curl;
	const struct http_flow *flow;
	struct buf body;
};

static size_t on_bytes(char *p, size_t size, size_t n, void *ctx)
{
	struct answer *a = ctx;
	long status = 0;

	curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &status);
	if (a->flow && a->flow->take && status < 300)
		return a->flow->take(a->flow->ctx, p, size * n) ? size * n : 0;
	return buf_put(&a->body, p, size * n) == OK ? size * n : 0;
}

static size_t on_room(char *p, size_t size, size_t n, void *ctx)
{
	const struct http_flow *flow = ctx;
	ssize_t got = flow->give(flow->ctx, p, size * n);

	return got < 0 ? CURL_READFUNC_ABORT : (size_t)got;
}

static int on_progress(void *ctx, curl_off_t down, curl_off_t down_now,
		       curl_off_t up, curl_off_t up_now)
{
	(void)ctx, (void)down, (void)down_now, (void)up, (void)up_now;
	return stop_is_wanted();
}

static struct curl_slist *headers_of(const struct call *call)
{
	struct curl_slist *list = curl_slist_append(NULL, call->auth);
	size_t i;

	if (call->text)
		list =
		    curl_slist_append(list, "Content-Type: application/json");
	for (i = 0; call->flow && i < ARRAY_SIZE(call->flow->lines); i++)
		if (call->flow->lines[i])
			list = curl_slist_append(list, call->flow->lines[i]);
	return curl_slist_append(list, "Expect:");
}

static void set_flow(CURL *c, const struct http_flow *flow)
{
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, FLOW_BUFFER_BYTES);
	if (!flow->give)
		return;
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, FLOW_BUFFER_BYTES);
	curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE,
			 (curl_off_t)flow->give_bytes);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, on_room);
	curl_easy_setopt(c, CURLOPT_READDATA, flow);
}

/* Ctrl-C ends it, but not what is done because of one. */
static void set_limit(CURL *c, long limit_seconds)
{
	curl_easy_setopt(c, CURLOPT_TIMEOUT, limit_seconds);
	if (stop_is_wanted())
		return;
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
}

static void set_body(CURL *c, const struct call *call, long limit_seconds)
{
	if (call->flow)
		set_flow(c, call->flow);
	else
		set_limit(c, limit_seconds);
	if (call->text)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, call->text);
	else if (strcmp(call->method, "POST") == 0 &&
		 !(call->flow && call->flow->give))
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, "");
	if (call->is_head)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call->method);
}

static CURLcode perform(struct http *h, const struct call *call,
			struct answer *answer)
{
	struct curl_slist *headers = headers_of(call);
	char *url = xasprintf("http://localhost%s", call->path);
	CURL *c = h->curl;
	CURLcode rc;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, h->socket_path);
	/* An id that is typed as ".." shall not mean another object. */
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
	set_body(c, call, h->limit_seconds);
	rc = curl_easy_perform(c);
	curl_slist_free_all(headers);
	free(url);
	return rc;
}

int http_exit_code_of(long status)
{
	switch (status) {
	case 400:
	case 413:
	case 415:
	case 422: return EXIT_USAGE;
	case 401:
	case 403: return EXIT_DENIED;
	case 404: return EXIT_NOT_FOUND;
	case 423: return EXIT_LOCKED;
	case 502:
	case 503: return EXIT_NO_DAEMON;
	default: return EXIT_REFUSED;
	}
}

/* What was wrong with it, from the first fault: "text: 1 to 8192 bytes". */
static char *describe_fault(const json_t *fault)
{
	const char *where = out_string(fault, "pointer");
	const char *what = out_string(fault, "detail");

	if (where[0] == '/')
		where++;
	if (!where[0])
		where = out_string(fault, "parameter");
	if (!what[0])
		what = out_string(fault, "code");
	return xasprintf("Refused: %s: %s.", where, what);
}

static char *describe(long status, const json_t *problem)
{
	const json_t *errors = json_object_get(problem, "errors");
	const json_t *fault = json_array_get(errors, 0);
	const char *detail = out_string(problem, "detail");
	json_int_t ms =
	    json_integer_value(json_object_get(problem, "retry_after_ms"));
	size_t n;

	if (status == 423)
		return xstrdup("The user is locked: umbel user unlock.");
	if (status == 429)
		return xasprintf("Too often. Try again in %d s.",
				 (int)((ms + 999) / 1000));
	if (fault)
		return describe_fault(fault);
	if (!detail[0])
		detail = out_string(problem, "title");
	n = strlen(detail);
	if (n > 0)
		return xasprintf("Refused: %s%s", detail,
				 detail[n - 1] == '.' ? "" : ".");
	return xasprintf("Refused with HTTP status %ld.", status);
}

static json_t *take_answer(struct http *h, const struct buf *answer)
{
	json_t *parsed =
	    answer->len ? json_loadb((char *)answer->data, answer->len, 0, NULL)
			: json_null();

	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &h->status);
	h->exit_code =
	    h->status < 300 && parsed ? EXIT_OK : http_exit_code_of(h->status);
	/* It is there, and there is nothing to wait for. */
	if (strcmp(out_string(parsed, "code"), "no_space") == 0)
		h->exit_code = EXIT_REFUSED;
	if (h->exit_code == EXIT_OK)
		return parsed;
	set_why(h, describe(h->status, parsed));
	h->refusal = parsed;
	return NULL;
}

static json_t *exchange_once(struct http *h, struct call *call)
{
	char *auth = read_header(h);
	struct answer answer = {.curl = h->curl, .flow = call->flow};
	json_t *parsed = NULL;
	CURLcode rc;

	h->exit_code = EXIT_NO_DAEMON;
	h->status = 0;
	json_decref(h->refusal);
	h->refusal = NULL;
	if (!auth)
		return NULL;
	call->auth = auth;
	buf_init(&answer.body, ANSWER_MAX_BYTES);
	rc = perform(h, call, &answer);
	if (rc == CURLE_OK)
		parsed = take_answer(h, &answer.body);
	else
		set_why(h, xasprintf("The daemon does not answer: %s.",
				     curl_easy_strerror(rc)));
	buf_clear(&answer.body);
	free_secret(auth);
	return parsed;
}

bool http_wait(const struct http *h)
{
	if (!h->is_patient || h->status != 429 || stop_is_wanted())
		return false;
	poll(NULL, 0, TOO_OFTEN_MS);
	return true;
}

static json_t *exchange(struct http *h, struct call *call)
{
	bool is_given = call->flow && call->flow->give;
	json_t *parsed;

	do
		parsed = exchange_once(h, call);
	while (!parsed && !is_given && http_wait(h));
	return parsed;
}

/* That goes without saying. */
static bool is_stopped(const struct http *h)
{
	return h->status == 0 && stop_is_wanted();
}

void http_hurry(struct http *h, long seconds)
{
	h->limit_seconds = seconds;
}

void http_be_patient(struct http *h)
{
	h->is_patient = true;
}

json_t *http_call(struct http *h, const char *method, const char *path,
		  json_t *body)
{
	struct call call = {.method = method, .path = path};
	json_t *parsed;

	if (body)
		call.text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	parsed = exchange(h, &call);
	free_secret(call.text);
	if (!parsed && !is_stopped(h))
		say("%s", h->why);
	return parsed;
}

json_t *http_try(struct http *h, const char *path)
{
	struct call call = {.method = "GET", .path = path};

	return exchange(h, &call);
}

bool http_flow(struct http *h, const char *method, const char *path,
	       const struct http_flow *flow)
{
	struct call call = {.method = method, .path = path, .flow = flow};
	json_t *parsed = exchange(h, &call);

	json_decref(parsed);
	return parsed != NULL;
}

bool http_head(struct http *h, const char *path)
{
	struct call call = {.method = "HEAD", .path = path, .is_head = true};
	json_t *parsed = exchange(h, &call);

	json_decref(parsed);
	return parsed != NULL;
}

const char *http_line(const struct http *h, const char *name)
{
	struct curl_header *line;

	if (curl_easy_header(h->curl, name, 0, CURLH_HEADER, -1, &line) !=
	    CURLHE_OK)
		return "";
	return line->value;
}

bool http_is_away(const struct http *h)
{
	/* 401: the header was read just before a new daemon wrote it. */
	return h->status == 0 || h->status == 401 || h->status == 423 ||
	       h->exit_code == EXIT_NO_DAEMON;
}

const char *http_why(const struct http *h)
{
	return h->why ? h->why : "";
}

const json_t *http_refusal(const struct http *h)
{
	return h->refusal;
}

long http_status(const struct http *h)
{
	return h->status;
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
