/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The metrics, in the text format of Prometheus (version 0.0.4).
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/route.h"
#include "api/router.h"
#include "api/state.h"
#include "api/views.h"

enum { LINE_MAX_BYTES = 256 };

static void put(struct jout *j, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct jout *j, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	jout_plain(j, line);
}

static void put_head(struct jout *j, const char *name, const char *type,
		     const char *help)
{
	put(j, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_gauge(struct jout *j, const char *name, uint64_t value,
		      const char *help)
{
	put_head(j, name, "gauge", help);
	put(j, "%s %" PRIu64 "\n", name, value);
}

static void put_histogram(struct jout *j, const char *name,
			  const struct histogram *h, const char *help)
{
	uint64_t count = 0;

	put_head(j, name, "histogram", help);
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		count += h->count[i];
		put(j, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
		    histogram_bounds_ms[i] / 1000.0, count);
	}
	count += h->count[HISTOGRAM_BOUNDS];
	put(j, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
	put(j, "%s_sum %.6f\n%s_count %" PRIu64 "\n", name,
	    (double)h->sum_us / 1e6, name, count);
}

/* Two values of one label. */
static void put_pair(struct jout *j, const char *name, const char *label,
		     const char *const words[2], const uint64_t values[2])
{
	for (size_t i = 0; i < 2; i++)
		put(j, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, words[i],
		    values[i]);
}

static void put_row(struct jout *j, size_t number, const struct meter_row *row)
{
	const struct route *route = router_row(number);

	for (size_t i = 0; i < METER_STATUSES; i++)
		if (row->answers[i].count > 0)
			put(j,
			    "umbel_http_requests_total{method=\"%s\","
			    "route=\"%s\",code=\"%u\"} %" PRIu64 "\n",
			    route ? router_method(route) : "",
			    route ? route->pattern : "none",
			    row->answers[i].status, row->answers[i].count);
}

static void put_answers(struct jout *j, const struct meter *m)
{
	put_head(j, "umbel_http_requests_total", "counter",
		 "Answers, by operation and status");
	for (size_t i = 0; i < m->count; i++)
		put_row(j, i, &m->rows[i]);
}

struct user_count {
	uint64_t by_state[API_USER_FAILED + 1];
};

static bool count_user(void *ctx, const struct api_user *u)
{
	struct user_count *c = ctx;

	c->by_state[u->state]++;
	return true;
}

static void put_users(struct jout *j, struct api *a)
{
	struct user_count c = {{0}};

	a->ports.users_each(a->ports.ctx, count_user, &c);
	put_head(j, "umbel_users", "gauge", "Users of this daemon, by state");
	for (size_t i = 0; i <= API_USER_FAILED; i++)
		put(j, "umbel_users{state=\"%s\"} %" PRIu64 "\n",
		    view_user_state((enum api_user_state)i), c.by_state[i]);
}

static void put_tor(struct jout *j, struct api *a)
{
	struct api_tor t = {.state = API_TOR_STOPPED};

	a->ports.tor(a->ports.ctx, &t);
	put_gauge(j, "umbel_tor_bootstrap_percent", t.percent,
		  "How far tor is with its start");
	put_gauge(j, "umbel_tor_ready", t.state == API_TOR_READY,
		  "1 if tor can be used");
}

static void put_traffic(struct jout *j, const struct api_measures *m)
{
	static const char *const ways[] = {"in", "out"};
	static const char *const reasons[] = {"cancelled", "too_late"};

	put_head(j, "umbel_messages_total", "counter",
		 "Messages that were stored, of all users");
	put_pair(j, "umbel_messages_total", "direction", ways,
		 (const uint64_t[]){m->messages_in, m->messages_out});
	put_gauge(j, "umbel_send_queue", m->send_queue,
		  "What is to be delivered, receipts and changes too");
	put_head(j, "umbel_send_failures_total", "counter",
		 "Messages that were given up");
	put_pair(j, "umbel_send_failures_total", "reason", reasons,
		 (const uint64_t[]){m->cancelled, m->too_late});
	put_head(j, "umbel_files_bytes_total", "counter",
		 "Bytes of files that went to or came from contacts");
	put_pair(j, "umbel_files_bytes_total", "direction", ways,
		 (const uint64_t[]){m->file_bytes_in, m->file_bytes_out});
	put_gauge(j, "umbel_peers_connected", m->peers_connected,
		  "Contacts with a session");
	put_histogram(j, "umbel_db_seconds", &m->commits,
		      "Durable commits to the databases");
}

static void put_reach(struct jout *j, const struct api_measures *m)
{
	size_t i;

	put_head(j, "umbel_reach_users", "gauge",
		 "Unlocked users who test themselves, by what that shows");
	for (i = 0; i < PROBE_STATES; i++)
		put(j, "umbel_reach_users{state=\"%s\"} %" PRIu64 "\n",
		    view_reach((enum probe_state)i), m->by_reach[i]);
	put_head(j, "umbel_self_tests_total", "counter",
		 "Dials of own services, by what came of it");
	for (i = 0; i < PROBE_RESULTS; i++)
		put(j, "umbel_self_tests_total{result=\"%s\"} %" PRIu64 "\n",
		    view_test_result((enum probe_result)i), m->self_tests[i]);
	put_head(j, "umbel_self_test_repairs_total", "counter",
		 "What was done about own services that were not reached");
	for (i = REPAIR_PUBLISH; i < PROBE_REPAIRS; i++)
		put(j,
		    "umbel_self_test_repairs_total{repair=\"%s\"} %" PRIu64
		    "\n",
		    view_repair((enum probe_repair)i), m->repairs[i]);
}

static void put_process(struct jout *j, const struct api_measures *m)
{
	put_head(j, "process_cpu_seconds_total", "counter",
		 "Of umbel-core, as are the next two");
	put(j, "process_cpu_seconds_total %.6f\n", (double)m->cpu_us / 1e6);
	put_gauge(j, "process_resident_memory_bytes", m->resident_bytes,
		  "Memory in use");
	put_gauge(j, "process_open_fds", m->open_fds, "Open descriptors");
}

struct reply *api_metrics_get(struct request *r)
{
	struct api *a = r->api;
	struct jout *j = reply_body(r);
	struct api_measures m = {0};

	a->ports.measure(a->ports.ctx, &m);
	put_head(j, "umbel_build_info", "gauge", "1, with the version");
	put(j, "umbel_build_info{version=\"%s\"} 1\n", a->config.version);
	put_head(j, "umbel_uptime_seconds", "gauge", "Since the core started");
	put(j, "umbel_uptime_seconds %.3f\n",
	    (double)(api_mono_ms(a) - a->started_mono_ms) / 1000);
	put_answers(j, &a->meter);
	put_histogram(j, "umbel_http_request_seconds", &a->meter.times,
		      "From the head of a request to the head of its answer");
	put_gauge(j, "umbel_streams", a->feed_count,
		  "Open event streams and long polls at rest");
	put_users(j, a);
	put_tor(j, a);
	put_traffic(j, &m);
	put_reach(j, &m);
	put_process(j, &m);
	r->reply.media_type = "text/plain; version=0.0.4";
	r->reply.body = buf_view(&j->out);
	return reply_bytes(r, 200);
}
