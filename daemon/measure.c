/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure.h"

#include <string.h>

#include <sys/statvfs.h>

#include "api/api.h"
#include "process.h"
#include "tally.h"
#include "users.h"

/* Less than this, and soon no message can be stored. */
enum { FREE_MIN_BYTES = 4 << 20 };

static void add_user(const struct user *u, struct api_measures *out)
{
	struct probe_report probes;

	if (u->state == USER_FAILED)
		out->damaged_users++;
	if (!u->runtime)
		return;
	out->peers_connected += runtime_count_online(u->runtime);
	out->send_queue += runtime_count_queue(u->runtime);
	if (runtime_probes(u->runtime, &probes))
		out->by_reach[probe_worst(&probes)]++;
	if (u->state == USER_UNLOCKED && !runtime_is_loaded(u->runtime))
		out->failing_users++;
}

static bool is_full(const char *folder)
{
	struct statvfs st;

	return statvfs(folder, &st) == 0 &&
	       (uint64_t)st.f_bavail * st.f_frsize < FREE_MIN_BYTES;
}

void measure(struct users *us, const char *data, struct api_measures *out)
{
	const struct tally *t = users_tally(us);
	struct process_use use = {0};
	struct user *u;

	process_measure(&use);
	*out = (struct api_measures){
	    .messages_in = t->messages_in,
	    .messages_out = t->messages_out,
	    .cancelled = t->cancelled,
	    .too_late = t->too_late,
	    .file_bytes_in = t->file_bytes_in,
	    .file_bytes_out = t->file_bytes_out,
	    .commits = t->commits,
	    .resident_bytes = use.resident_bytes,
	    .open_fds = use.open_fds,
	    .cpu_us = use.cpu_us,
	    .is_disk_full = is_full(data),
	};
	memcpy(out->self_tests, t->self_tests, sizeof(out->self_tests));
	memcpy(out->repairs, t->repairs, sizeof(out->repairs));
	for (u = users_first(us); u; u = user_next(u))
		add_user(u, out);
}
