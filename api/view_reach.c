/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/views.h"

const char *view_reach(enum probe_state s)
{
	switch (s) {
	case PROBE_OFF: return "off";
	case PROBE_REACHABLE: return "reachable";
	case PROBE_CHECKING: return "checking";
	case PROBE_WAITING: return "waiting";
	case PROBE_UNREACHABLE: return "unreachable";
	}
	return "unknown";
}

const char *view_test_result(enum probe_result r)
{
	switch (r) {
	case PROBE_PASSED: return "passed";
	case PROBE_UNCLEAR: return "unclear";
	case PROBE_NO_DESCRIPTOR: return "no_descriptor";
	case PROBE_NO_ANSWER: return "no_answer";
	case PROBE_REFUSED: return "refused";
	case PROBE_NOT_US: return "not_us";
	}
	return "unknown";
}

const char *view_repair(enum probe_repair r)
{
	switch (r) {
	case REPAIR_NONE: break;
	case REPAIR_PUBLISH: return "published_again";
	case REPAIR_CIRCUITS: return "new_circuits";
	}
	return "none";
}

static const char *words_of(enum probe_result r)
{
	switch (r) {
	case PROBE_PASSED:
	case PROBE_UNCLEAR: break;
	case PROBE_NO_DESCRIPTOR:
		return "no directory of Tor knows the address";
	case PROBE_NO_ANSWER: return "Tor found no way to the address";
	case PROBE_REFUSED: return "the address was found, but let nobody in";
	case PROBE_NOT_US:
		return "the address answered, but what was sent did not arrive";
	}
	return NULL;
}

static void put_time(struct jout *j, const char *key, uint64_t at_ms)
{
	if (at_ms)
		jout_time(j, key, at_ms);
	else
		jout_null(j, key);
}

static void put_part(struct jout *j, const char *key,
		     const struct probe_part *p)
{
	bool has_failed = p->failed_ms != 0;

	jout_open(j, key, '{');
	jout_str(j, "state", view_reach(p->state));
	put_time(j, "last_success_at", p->passed_ms);
	put_time(j, "last_failure_at", p->failed_ms);
	jout_str(j, "last_failure",
		 has_failed ? view_test_result(p->failure) : NULL);
	jout_str(j, "last_failure_detail",
		 has_failed ? words_of(p->failure) : NULL);
	jout_uint(j, "failures", p->failures);
	jout_uint(j, "repairs", p->repairs);
	jout_str(j, "last_repair",
		 p->repairs > 0 ? view_repair(p->repair) : NULL);
	put_time(j, "last_repair_at", p->repaired_ms);
	jout_close(j, '}');
}

void view_self_test(struct jout *j, const char *key,
		    const struct api_services *n)
{
	if (!n->has_probes) {
		jout_null(j, key);
		return;
	}
	jout_open(j, key, '{');
	jout_str(j, "state", view_reach(probe_worst(&n->probes)));
	put_part(j, "address", &n->probes.door);
	put_part(j, "contacts", &n->probes.cells);
	jout_close(j, '}');
}
