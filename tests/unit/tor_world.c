/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/tor_world.h"

#include <sodium.h>

#include "tests/unit/way_kit.h"
#include "util/log.h"

static void on_status(void *arg, const struct tor_status *st)
{
	struct world *w = arg;

	w->st = *st;
	w->st_count++;
}

static void on_service(void *arg, uint64_t id, enum service_event ev,
		       const char *reason)
{
	struct world *w = arg;

	assert_true(id < WORLD_SERVICES);
	if (ev == SERVICE_PUBLISHED) {
		w->published[id]++;
		return;
	}
	w->failed[id]++;
	snprintf(w->reason, sizeof(w->reason), "%s", reason);
}

static void make_spec(struct onion_service *s, unsigned i)
{
	uint8_t seed[32];

	randombytes_buf(seed, sizeof(seed));
	crypto_hash_sha512(s->key, seed, sizeof(seed));
	s->key[0] &= 248;
	s->key[31] = (uint8_t)((s->key[31] & 63) | 64);
	fake_onion_name(s->key, s->onion);
	s->has_client = i % 2 == 0;
	randombytes_buf(s->client_pk, sizeof(s->client_pk));
	snprintf(s->target, sizeof(s->target), "/run/c/%u", i);
	s->max_streams = 8;
}

void world_init(struct world *w)
{
	unsigned i;

	memset(w, 0, sizeof(*w));
	log_start("test", LOG_LEVEL_ERROR);
	loop_init(&w->l);
	fake_tor_init(&w->tor, &w->l);
	for (i = 0; i < WORLD_SERVICES; i++)
		make_spec(&w->spec[i], i);
}

void world_open(struct world *w, uint64_t reply_limit_ms)
{
	struct control_config cfg = {
	    .way = way_to_path(w->tor.control),
	    .cookie_path = w->tor.cookie_path,
	    .cookie_uid = geteuid(),
	    .reply_limit_ms = reply_limit_ms,
	    .retry_ms = 1,
	};
	struct control_handler h = {
	    .arg = w, .status = on_status, .service = on_service};

	w->c = control_new(w->l.base, &cfg, &h);
}

void world_clear(struct world *w)
{
	control_free(w->c);
	loop_settle(&w->l);
	fake_tor_clear(&w->tor);
	loop_clear(&w->l);
}

bool world_is_ready(void *arg)
{
	return ((struct world *)arg)->st.state == TOR_READY;
}

bool world_is_failed(void *arg)
{
	return ((struct world *)arg)->st.state == TOR_FAILED;
}

bool world_is_stopped(void *arg)
{
	return ((struct world *)arg)->st.state == TOR_STOPPED;
}

bool world_has_connected_twice(void *arg)
{
	return ((struct world *)arg)->tor.connects >= 2;
}

bool world_is_all_published(void *arg)
{
	struct world *w = arg;
	unsigned i;

	for (i = 0; i < WORLD_SERVICES; i++)
		if (!control_is_published(w->c, i))
			return false;
	return true;
}

bool world_is_first_published(void *arg)
{
	return control_is_published(((struct world *)arg)->c, 0);
}

bool world_is_first_failed(void *arg)
{
	return ((struct world *)arg)->failed[0] > 0;
}

void world_publish_all(struct world *w)
{
	unsigned i;

	for (i = 0; i < WORLD_SERVICES; i++)
		assert_ok(control_publish(w->c, i, &w->spec[i]));
}
