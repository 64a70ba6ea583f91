/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * policy - may this request have come here at all?
 *
 * Against DNS rebinding and other people's pages: the Host must be one of
 * ours to the letter, Origin and Sec-Fetch-Site must speak of our own page.
 * Asked for every request, before anything else, whatever its path.  Pure.
 */
#ifndef HTTPD_POLICY_H
#define HTTPD_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "api/httpd/head.h"

#define POLICY_HOSTS_MAX 32 /* configured ones */
#define POLICY_HOST_LEN	 256

struct policy {
	char hosts[POLICY_HOSTS_MAX + 3][POLICY_HOST_LEN];
	size_t count;
	size_t own_count; /* the first ones: loopback names with the port */
};

/* hosts: more values of the Host header, with a port if it shows one.
 * ERR_FULL for too many, ERR_RANGE for one that is too long or empty. */
enum err policy_init(struct policy *p, uint16_t port, char *const *hosts,
		     size_t count) MUST_CHECK;

/* API 2.6: Host, Origin, Sec-Fetch-Site, method, in this order. */
enum fault policy_check(const struct policy *p, enum gate_listener listener,
			const struct head *h);

#endif
