/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "poster.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "api/webhook_url.h"
#include "util/list.h"
#include "util/log.h"
#include "util/mem.h"

#define CONNECT_MS	 5000L
#define WHOLE_MS	 30000L
#define TURN_MS		 60000 /* a turn without news; anything will do */
#define ANSWER_BYTES_MAX 65536 /* head and body */
#define WAITS_MAX	 4

struct flight {
	struct list_node node;
	struct poster *poster;
	uint64_t id;
	CURL *easy;
	struct curl_slist *headers;
	struct buf body;
	size_t answer_bytes;
};

struct poster {
	CURLM *multi;
	struct list flights;
	size_t count;
	poster_end_fn *fn;
	void *ctx;
};

struct poster *poster_new(poster_end_fn *fn, void *ctx)
{
	struct poster *p = xcalloc(1, sizeof(*p));

	list_init(&p->flights);
	p->fn = fn;
	p->ctx = ctx;
	/* No TLS: nothing of it is needed, and nothing of it is read. */
	if (curl_global_init(CURL_GLOBAL_NOTHING) == CURLE_OK)
		p->multi = curl_multi_init();
	if (p->multi)
		return p;
	free(p);
	return NULL;
}

static void land(struct flight *f)
{
	struct poster *p = f->poster;

	if (f->easy) {
		curl_multi_remove_handle(p->multi, f->easy);
		curl_easy_cleanup(f->easy);
	}
	curl_slist_free_all(f->headers);
	buf_clear(&f->body);
	list_take(&f->node);
	p->count--;
	free(f);
}

void poster_drop(struct poster *p, uint64_t id)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &p->flights) {
		struct flight *f = list_entry(n, struct flight, node);

		if (id == 0 || f->id == id)
			land(f);
	}
}

void poster_free(struct poster *p)
{
	poster_drop(p, 0);
	curl_multi_cleanup(p->multi);
	curl_global_cleanup();
	free(p);
}

static bool is_here(const struct curl_sockaddr *a)
{
	static const struct in6_addr one = IN6ADDR_LOOPBACK_INIT;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (a->family) {
	case AF_UNIX: return true;
	case AF_INET:
		memcpy(&v4, &a->addr, sizeof(v4));
		return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		memcpy(&v6, &a->addr, sizeof(v6));
		return memcmp(&v6.sin6_addr, &one, sizeof(one)) == 0;
	default: return false;
	}
}

/* The last word, whatever a URL was taken for before. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose,
			       struct curl_sockaddr *a)
{
	(void)ctx;
	if (purpose != CURLSOCKTYPE_IPCXN || a->socktype != SOCK_STREAM ||
	    !is_here(a)) {
		log_error("a webhook would have left this machine");
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* Taken for nothing: 0 ends it. */
static size_t on_answer(char *data, size_t size, size_t count, void *ctx)
{
	struct flight *f = ctx;

	(void)data;
	f->answer_bytes += size * count;
	return f->answer_bytes > ANSWER_BYTES_MAX ? 0 : size * count;
}

static bool add_header(struct flight *f, const char *name, struct bytes value)
{
	char *line =
	    xasprintf("%s: %.*s", name, (int)value.n, (const char *)value.p);
	struct curl_slist *more = curl_slist_append(f->headers, line);

	free(line);
	if (more)
		f->headers = more;
	return more != NULL;
}

static bool add_headers(struct flight *f, const struct parcel *p)
{
	static const char json[] = "application/json";
	static const char agent[] = "Umbel-Webhook";

	return add_header(f, "Content-Type", bytes_of(json, strlen(json))) &&
	       add_header(f, "User-Agent", bytes_of(agent, strlen(agent))) &&
	       add_header(f, "Webhook-Id", p->message_id) &&
	       add_header(f, "Webhook-Timestamp", p->timestamp) &&
	       add_header(f, "Webhook-Signature", p->signature) &&
	       /* Nobody is asked before the body goes. */
	       add_header(f, "Expect", bytes_of("", 0));
}

#define SET(option, value)                                                     \
	(curl_easy_setopt(f->easy, (option), (value)) == CURLE_OK)

/* Where to: nothing but there. */
static bool set_target(struct flight *f, const struct webhook_url *url)
{
	return SET(CURLOPT_URL, url->http) &&
	       SET(CURLOPT_UNIX_SOCKET_PATH,
		   url->socket[0] ? url->socket : NULL) &&
	       SET(CURLOPT_OPENSOCKETFUNCTION, on_socket) &&
	       SET(CURLOPT_PROTOCOLS_STR, "http") &&
	       SET(CURLOPT_PATH_AS_IS, 1L) && SET(CURLOPT_PROXY, "") &&
	       SET(CURLOPT_NOPROXY, "*") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(CURLOPT_HTTP09_ALLOWED, 0L);
}

static bool set_limits(struct flight *f)
{
	return SET(CURLOPT_NOSIGNAL, 1L) &&
	       SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) &&
	       SET(CURLOPT_TIMEOUT_MS, WHOLE_MS) &&
	       SET(CURLOPT_WRITEFUNCTION, on_answer) &&
	       SET(CURLOPT_WRITEDATA, f) &&
	       SET(CURLOPT_HEADERFUNCTION, on_answer) &&
	       SET(CURLOPT_HEADERDATA, f) && SET(CURLOPT_PRIVATE, f);
}

static bool set_content(struct flight *f)
{
	return SET(CURLOPT_POST, 1L) && SET(CURLOPT_HTTPHEADER, f->headers) &&
	       SET(CURLOPT_POSTFIELDS, (const char *)f->body.data) &&
	       SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body.len);
}

enum err poster_post(struct poster *p, const struct parcel *parcel)
{
	struct webhook_url url;
	struct flight *f;
	enum err e = webhook_url_read(parcel->url, &url);

	if (e != OK)
		return e;
	if (p->count >= PARCEL_FLIGHTS_MAX)
		return ERR_FULL;
	f = xcalloc(1, sizeof(*f));
	f->poster = p;
	f->id = parcel->id;
	f->easy = curl_easy_init();
	buf_init(&f->body, PARCEL_BODY_MAX);
	list_put_last(&p->flights, &f->node);
	p->count++;
	e = buf_put(&f->body, parcel->body.p, parcel->body.n);
	if (e == OK &&
	    !(f->easy && add_headers(f, parcel) && set_target(f, &url) &&
	      set_limits(f) && set_content(f) &&
	      curl_multi_add_handle(p->multi, f->easy) == CURLM_OK))
		e = ERR_STATE;
	if (e != OK)
		land(f);
	return e;
}

static enum parcel_end end_of(CURLcode code, long status)
{
	switch ((int)code) {
	case CURLE_OK: return PARCEL_ANSWERED;
	case CURLE_COULDNT_CONNECT: return PARCEL_UNREACHABLE;
	case CURLE_OPERATION_TIMEDOUT:
		return status ? PARCEL_ANSWERED : PARCEL_LATE;
	/* Too long an answer, or one that ends early: its status was clear. */
	case CURLE_WRITE_ERROR:
	case CURLE_PARTIAL_FILE:
		return status ? PARCEL_ANSWERED : PARCEL_GARBLED;
	default: return PARCEL_GARBLED;
	}
}

static void finish(struct poster *p, const CURLMsg *m)
{
	CURLcode code = m->data.result;
	struct flight *f = NULL;
	uint64_t id;
	long status = 0;

	curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&f);
	curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	id = f->id;
	land(f);
	p->fn(p->ctx, id, end_of(code, status),
	      status > 0 && status <= 999 ? (unsigned)status : 0);
}

void poster_turn(struct poster *p, struct poster_wait *waits, size_t count)
{
	struct curl_waitfd fds[WAITS_MAX];
	unsigned used = 0;
	const CURLMsg *m;
	int running, left;
	size_t i;

	for (i = 0; i < count && i < WAITS_MAX; i++) {
		waits[i].is_ready = false;
		if (waits[i].fd >= 0)
			fds[used++] = (struct curl_waitfd){
			    .fd = waits[i].fd, .events = CURL_WAIT_POLLIN};
	}
	curl_multi_poll(p->multi, fds, used, TURN_MS, NULL);
	used = 0;
	for (i = 0; i < count && i < WAITS_MAX; i++)
		if (waits[i].fd >= 0)
			waits[i].is_ready = fds[used++].revents != 0;
	curl_multi_perform(p->multi, &running);
	while ((m = curl_multi_info_read(p->multi, &left)))
		if (m->msg == CURLMSG_DONE)
			finish(p, m);
}
