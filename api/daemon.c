/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include <sodium.h>

#include "api/document.h"
#include "api/handlers.h"
#include "api/request.h"
#include "api/state.h"
#include "api/views.h"
#include "util/text.h"

static void put_checks(struct jout *j, const struct api_tor *t,
		       const char *store, enum probe_state reach)
{
	char tor[48];

	switch (t->state) {
	case API_TOR_STOPPED: snprintf(tor, sizeof(tor), "stopped"); break;
	case API_TOR_STARTING: snprintf(tor, sizeof(tor), "starting"); break;
	case API_TOR_BOOTSTRAPPING:
		snprintf(tor, sizeof(tor), "bootstrapping %u%%", t->percent);
		break;
	case API_TOR_READY: snprintf(tor, sizeof(tor), "ok"); break;
	case API_TOR_FAILED: snprintf(tor, sizeof(tor), "failed"); break;
	}
	jout_open(j, "checks", '{');
	jout_str(j, "tor", tor);
	jout_str(j, "store", store);
	jout_str(j, "reach", view_reach(reach));
	jout_close(j, '}');
}

/* What is worst, in words that tell of no user. */
static const char *store_state(const struct api_measures *m)
{
	if (m->is_disk_full)
		return "disk full";
	if (m->failing_users)
		return "failing";
	return m->damaged_users ? "damaged" : NULL;
}

static enum probe_state reach_state(const struct api_measures *m)
{
	size_t i = PROBE_STATES;

	while (i-- > 1)
		if (m->by_reach[i] > 0)
			break;
	return (enum probe_state)i;
}

struct reply *api_healthz_get(struct request *r)
{
	struct jout *j = reply_body(r);

	jout_open(j, NULL, '{');
	jout_str(j, "status", "ok");
	jout_close(j, '}');
	return reply_json(r, 200);
}

struct reply *api_readyz_get(struct request *r)
{
	struct api_tor t = {.state = API_TOR_STOPPED};
	struct jout *j = reply_body(r);
	struct api_measures m = {0};
	enum probe_state reach;
	const char *wrong;
	bool ready;

	r->api->ports.measure(r->api->ports.ctx, &m);
	wrong = store_state(&m);
	reach = reach_state(&m);
	r->api->ports.tor(r->api->ports.ctx, &t);
	ready =
	    t.state == API_TOR_READY && !wrong && reach != PROBE_UNREACHABLE;
	jout_open(j, NULL, '{');
	jout_str(j, "status", ready ? "ok" : "degraded");
	put_checks(j, &t, wrong ? wrong : "ok", reach);
	jout_close(j, '}');
	return reply_json(r, ready ? 200 : 503);
}

void api_document_etag(char out[static 48])
{
	struct bytes text = api_document();
	uint8_t hash[16];

	crypto_generichash(hash, sizeof(hash), text.p, text.n, NULL, 0);
	out[0] = '"';
	hex_encode(hash, sizeof(hash), out + 1);
	out[33] = '"';
	out[34] = '\0';
}

struct reply *api_openapi_get(struct request *r)
{
	return reply_document(r, api_document(), r->api->document_etag);
}

struct reply *api_daemon_get(struct request *r)
{
	struct jout *j = reply_body(r);

	jout_open(j, NULL, '{');
	jout_str(j, "name", "umbel");
	jout_str(j, "version", r->api->config.version);
	jout_str(j, "api_version", API_VERSION);
	jout_time(j, "started_at", r->api->started_ms);
	jout_open(j, "features", '[');
	jout_close(j, ']');
	jout_open(j, "limits", '{');
	jout_uint(j, "message_text_bytes", TEXT_MAX);
	jout_uint(j, "json_body_bytes", API_BODY_MAX);
	jout_uint(j, "sse_streams", API_STREAMS_MAX);
	jout_close(j, '}');
	jout_close(j, '}');
	return reply_json(r, 200);
}

struct reply *api_daemon_shutdown(struct request *r)
{
	r->api->ports.shutdown(r->api->ports.ctx);
	return reply_empty(r, 202);
}
