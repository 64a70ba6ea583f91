/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/httpd/policy.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define OWN_COUNT 3

enum err policy_init(struct policy *p, uint16_t port, char *const *hosts,
		     size_t count)
{
	static const char *const own[OWN_COUNT] = {"127.0.0.1", "localhost",
						   "[::1]"};
	size_t i;

	*p = (struct policy){.own_count = OWN_COUNT};
	for (i = 0; i < OWN_COUNT; i++)
		snprintf(p->hosts[p->count++], POLICY_HOST_LEN, "%s:%u", own[i],
			 (unsigned)port);
	if (count > POLICY_HOSTS_MAX)
		return ERR_FULL;
	for (i = 0; i < count; i++) {
		size_t n = strlen(hosts[i]);

		if (n == 0 || n >= POLICY_HOST_LEN)
			return ERR_RANGE;
		memcpy(p->hosts[p->count++], hosts[i], n + 1);
	}
	return OK;
}

static bool is_text(struct bytes s, const char *text)
{
	return bytes_equal(s, bytes_of(text, strlen(text)));
}

/* Is s made of scheme and host, and nothing else? */
static bool is_origin(struct bytes s, const char *scheme, struct bytes host)
{
	size_t n = strlen(scheme);

	return s.n == n + host.n && memcmp(s.p, scheme, n) == 0 &&
	       memcmp(s.p + n, host.p, host.n) == 0;
}

/* The page must come from the very name it speaks to: another of our names
 * with the same port may be someone else's socket ([::1] beside 127.0.0.1). */
static bool origin_is_ours(const struct head *h, bool is_own_host)
{
	if (is_origin(h->origin, "http://", h->host))
		return true;
	/* A configured name may be that of a proxy with TLS. */
	return !is_own_host && is_origin(h->origin, "https://", h->host);
}

static bool is_page(struct bytes path)
{
	return is_text(path, "/") || is_text(path, "/ui") ||
	       (path.n >= 4 && memcmp(path.p, "/ui/", 4) == 0);
}

static bool is_reading(const struct head *h)
{
	return h->is_known && (h->method == GATE_GET || h->method == GATE_HEAD);
}

/* A person who follows a link in another page, or in a file: there is nothing
 * in a page of ours that an address could set off.  Frames and whatever a
 * page fetches by itself go to other destinations. */
static bool is_visit(const struct head *h)
{
	return (is_text(h->fetch_site, "cross-site") ||
		is_text(h->fetch_site, "same-site")) &&
	       is_text(h->fetch_mode, "navigate") &&
	       is_text(h->fetch_dest, "document");
}

static bool fetch_site_is_ours(const struct head *h)
{
	if (!h->has_fetch_site || is_text(h->fetch_site, "same-origin"))
		return true;
	return (is_text(h->fetch_site, "none") || is_visit(h)) &&
	       is_reading(h) && is_page(h->path);
}

/* Index of the host among ours, or count. */
static size_t find_host(const struct policy *p, struct bytes host)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (is_text(host, p->hosts[i]))
			break;
	return i;
}

enum fault policy_check(const struct policy *p, enum gate_listener listener,
			const struct head *h)
{
	bool is_own_host = true;

	if (listener != GATE_TCP) {
		if (!is_text(h->host, "localhost"))
			return FAULT_HOST;
	} else {
		size_t i = find_host(p, h->host);

		if (i == p->count)
			return FAULT_HOST;
		is_own_host = i < p->own_count;
	}
	if (h->has_origin && !origin_is_ours(h, is_own_host))
		return FAULT_ORIGIN;
	if (!fetch_site_is_ours(h))
		return FAULT_FETCH_SITE;
	if (!h->is_known)
		return FAULT_METHOD;
	if (is_page(h->path) && !is_reading(h))
		return FAULT_METHOD_OF_PAGE;
	return FAULT_NONE;
}
