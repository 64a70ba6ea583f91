/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/services.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "net/listener.h"
#include "util/mem.h"

static struct service *of_node(struct list_node *n)
{
	return list_entry(n, struct service, node);
}

void services_init(struct services *t)
{
	list_init(&t->all);
	t->last_serial = 0;
}

void services_drop(struct services *t, struct service *s)
{
	(void)t;
	list_take(&s->node);
	sodium_memzero(s, sizeof(*s));
	free(s);
}

void services_clear(struct services *t)
{
	while (!list_is_empty(&t->all))
		services_drop(t, of_node(t->all.head.next));
}

struct service *services_find(const struct services *t, uint64_t id)
{
	struct list_node *n;

	list_for_each (n, &t->all) {
		if (of_node(n)->id == id)
			return of_node(n);
	}
	return NULL;
}

struct service *services_find_serial(const struct services *t, uint64_t serial)
{
	struct list_node *n;

	list_for_each (n, &t->all) {
		if (of_node(n)->serial == serial)
			return of_node(n);
	}
	return NULL;
}

struct service *services_find_onion(const struct services *t, const char *onion)
{
	struct list_node *n;

	list_for_each (n, &t->all) {
		if (strcmp(of_node(n)->spec.onion, onion) == 0)
			return of_node(n);
	}
	return NULL;
}

void services_put(struct services *t, uint64_t id,
		  const struct onion_service *spec)
{
	struct service *s = xcalloc(1, sizeof(*s));

	s->id = id;
	s->serial = ++t->last_serial;
	s->spec = *spec;
	list_put_last(&t->all, &s->node);
}

static void set_state(struct service *s, enum service_state state,
		      uint64_t until_ms)
{
	s->state = state;
	s->until_ms = until_ms;
}

void services_reset(struct services *t)
{
	struct list_node *n;

	list_for_each (n, &t->all) {
		set_state(of_node(n), SERVICE_IS_WAITING, UINT64_MAX);
	}
}

static bool is_on_its_way(const struct service *s, uint64_t now_ms)
{
	return s->state == SERVICE_IS_ADDING ||
	       (s->state == SERVICE_IS_ADDED && s->until_ms > now_ms);
}

static bool is_due(const struct service *s, uint64_t now_ms)
{
	return s->state == SERVICE_IS_WAITING ||
	       (s->state == SERVICE_IS_RESTING && s->until_ms <= now_ms);
}

struct service *services_next(struct services *t, uint64_t now_ms)
{
	struct service *first = NULL;
	struct list_node *n;
	unsigned count = 0;

	list_for_each (n, &t->all) {
		struct service *s = of_node(n);

		if (is_on_its_way(s, now_ms))
			count++;
		if (!first && is_due(s, now_ms))
			first = s;
	}
	if (!first || count >= SERVICES_WINDOW)
		return NULL;
	set_state(first, SERVICE_IS_ADDING, UINT64_MAX);
	first->has_collided = false;
	first->asked = first->refused = 0;
	return first;
}

/* Past moments are done with: a full window is the only thing that keeps a
 * due service waiting, and its end is one of the moments to come. */
uint64_t services_deadline_ms(const struct services *t, uint64_t now_ms)
{
	uint64_t at_ms = UINT64_MAX;
	struct list_node *n;

	list_for_each (n, &t->all) {
		const struct service *s = of_node(n);

		if ((s->state == SERVICE_IS_ADDED ||
		     s->state == SERVICE_IS_RESTING) &&
		    s->until_ms > now_ms && s->until_ms < at_ms)
			at_ms = s->until_ms;
	}
	return at_ms;
}

void service_set_added(struct service *s, bool is_ready, uint64_t now_ms)
{
	set_state(s, SERVICE_IS_ADDED,
		  is_ready ? now_ms + SERVICES_PATIENCE_MS : UINT64_MAX);
}

void services_set_ready(struct services *t, uint64_t now_ms)
{
	struct list_node *n;

	list_for_each (n, &t->all) {
		struct service *s = of_node(n);

		if (s->state == SERVICE_IS_ADDED && s->until_ms == UINT64_MAX)
			s->until_ms = now_ms + SERVICES_PATIENCE_MS;
	}
}

void service_set_resting(struct service *s, uint64_t until_ms)
{
	set_state(s, SERVICE_IS_RESTING, until_ms);
}

bool service_on_uploaded(struct service *s)
{
	if (s->state != SERVICE_IS_ADDED)
		return false;
	set_state(s, SERVICE_IS_UP, UINT64_MAX);
	return true;
}

bool service_on_refused(struct service *s)
{
	if (s->state != SERVICE_IS_ADDED || ++s->refused < s->asked)
		return false;
	s->asked = s->refused = 0;
	return true;
}

enum err service_check(const struct onion_service *s)
{
	uint8_t pk[ONION_PK_BYTES], own[ONION_PK_BYTES];

	if (!onion_name_is_valid(s->onion, strnlen(s->onion, sizeof(s->onion)),
				 pk) ||
	    !listener_path_is_valid(s->target) || s->max_streams == 0 ||
	    s->max_streams > ONION_STREAMS_MAX)
		return ERR_RANGE;
	if (crypto_scalarmult_ed25519_base_noclamp(own, s->key) != 0 ||
	    memcmp(own, pk, sizeof(pk)) != 0)
		return ERR_AUTH;
	return OK;
}

bool service_is_same(const struct onion_service *a,
		     const struct onion_service *b)
{
	return sodium_memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	       strcmp(a->onion, b->onion) == 0 &&
	       a->has_client == b->has_client &&
	       (!a->has_client || memcmp(a->client_pk, b->client_pk,
					 sizeof(a->client_pk)) == 0) &&
	       a->has_test == b->has_test &&
	       (!a->has_test ||
		memcmp(a->test_pk, b->test_pk, sizeof(a->test_pk)) == 0) &&
	       a->has_pow == b->has_pow && strcmp(a->target, b->target) == 0 &&
	       a->max_streams == b->max_streams;
}
