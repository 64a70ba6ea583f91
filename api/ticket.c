/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/ticket.h"

#include <string.h>

#include <sodium.h>

#include "api/state.h"

static struct hash32 hash_of(struct bytes secret)
{
	struct hash32 h;

	crypto_generichash(h.b, sizeof(h.b), secret.p, secret.n, NULL, 0);
	return h;
}

void ticket_new(struct request *r, char text[TICKET_TEXT + 1])
{
	struct api *a = r->api;
	struct ticket *t = &a->tickets[0];
	uint8_t random[32];

	for (size_t i = 1; i < TICKETS_MAX; i++)
		if (a->tickets[i].end_ms < t->end_ms)
			t = &a->tickets[i];
	api_random(a, random, sizeof(random));
	sodium_bin2base64(text, TICKET_TEXT + 1, random, sizeof(random),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	*t = (struct ticket){
	    .hash = hash_of(bytes_of(text, TICKET_TEXT)),
	    .end_ms = api_mono_ms(a) + TICKET_MS,
	    .caller = r->caller,
	    .user = request_user(r),
	    .file = r->path[ID_FILE],
	};
	sodium_memzero(random, sizeof(random));
}

static struct bytes text_of(const struct request *r)
{
	static const char name[] = "ticket";

	for (size_t i = 0; i < r->query_count; i++)
		if (bytes_equal(r->query[i].name,
				bytes_of(name, sizeof(name) - 1)))
			return r->query[i].value;
	return bytes_of(NULL, 0);
}

bool ticket_take(struct request *r)
{
	struct bytes text = text_of(r);
	const struct ticket *found = NULL;
	struct api *a = r->api;
	struct hash32 h;

	if (text.n == 0)
		return false;
	h = hash_of(text);
	/* All are compared: the time says nothing. */
	for (size_t i = 0; i < TICKETS_MAX; i++)
		if (a->tickets[i].end_ms > api_mono_ms(a) &&
		    sodium_memcmp(a->tickets[i].hash.b, h.b, sizeof(h.b)) == 0)
			found = &a->tickets[i];
	if (!found || !uid_is_equal(&found->user, &request_user(r)) ||
	    !uid_is_equal(&found->file, &r->path[ID_FILE]))
		return false;
	r->caller = found->caller;
	return true;
}
