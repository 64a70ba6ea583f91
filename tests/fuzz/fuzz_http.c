/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_http - the head of a request: found the same way in pieces as in one,
 * and what is accepted keeps its promises, looked at in another way.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/httpd/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum fault scan(const uint8_t *data, size_t size, size_t piece,
		       size_t *end)
{
	struct head_scan s = {0};
	enum fault f = FAULT_NONE;
	size_t have = 0;

	while (f == FAULT_NONE && s.end == 0 && have < size) {
		have += size - have < piece ? size - have : piece;
		f = head_scan(&s, data, have);
	}
	*end = s.end;
	return f;
}

static void must(int ok)
{
	if (!ok)
		abort();
}

static void must_be_text(struct bytes s, uint8_t least)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		must(s.p[i] >= least && s.p[i] <= 0x7e);
}

/* How many lines of the head begin with this name and a colon? */
static size_t count_lines(const uint8_t *p, size_t n, const char *name)
{
	size_t len = strlen(name), count = 0, i;

	for (i = 0; i + len < n; i++)
		if (i > 0 && p[i - 1] == '\n' && p[i + len] == ':' &&
		    strncasecmp((const char *)p + i, name, len) == 0)
			count++;
	return count;
}

static void check_head(const uint8_t *raw, size_t n, const struct head *h)
{
	must(count_lines(raw, n, "host") == 1);
	must(count_lines(raw, n, "transfer-encoding") == 0);
	must(count_lines(raw, n, "content-length") ==
	     (h->content_length >= 0 ? 1 : 0));
	must(count_lines(raw, n, "authorization") <= 1);
	must(count_lines(raw, n, "origin") == (h->has_origin ? 1 : 0));
	must(h->content_length >= -1 && h->content_length <= HEAD_UPLOAD_MAX);
	must(h->target.n > 0 && h->target.p[0] == '/');
	must(!memmem(h->path.p, h->path.n, "//", 2));
	must(!memmem(h->path.p, h->path.n, "/../", 4));
	must_be_text(h->target, 0x21);
	must_be_text(h->host, 0x20);
	must_be_text(h->origin, 0x20);
	must_be_text(h->authorization, 0x20);
	must_be_text(h->content_type, 0x20);
	must_be_text(h->accept, 0x20);
	must_be_text(h->last_event_id, 0x20);
	must_be_text(h->if_none_match, 0x20);
	must_be_text(h->range, 0x20);
	must_be_text(h->if_range, 0x20);
	must_be_text(h->upload_offset, 0x20);
	must_be_text(h->upload_complete, 0x20);
}

static void check_policy(const struct head *h)
{
	static struct policy policy;

	if (policy.count == 0)
		must(policy_init(&policy, 7766, NULL, 0) == OK);
	if (policy_check(&policy, GATE_UNIX, h) == FAULT_NONE)
		must(h->host.n == strlen("localhost"));
	if (policy_check(&policy, GATE_TCP, h) != FAULT_NONE)
		return;
	must(h->is_known && h->host.n >= strlen("[::1]:7766"));
	must(memcmp(h->host.p + h->host.n - 5, ":7766", 5) == 0);
	must(!h->has_origin || h->origin.n == h->host.n + strlen("http://"));
}

/* The first byte is the size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t end, end_of_pieces;
	enum fault f;
	struct head h;

	if (size < 2)
		return 0;
	f = scan(data + 1, size - 1, size, &end);
	must(f == scan(data + 1, size - 1, data[0] + 1u, &end_of_pieces));
	must(end == end_of_pieces);
	if (f != FAULT_NONE || end == 0)
		return 0;
	must(end <= HEAD_BYTES_MAX);
	if (head_parse(bytes_of(data + 1, end), &h) != FAULT_NONE)
		return 0;
	check_head(data + 1, end, &h);
	check_policy(&h);
	return 0;
}
