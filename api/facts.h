/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * facts - what the API is told of the world when it asks: users, tor,
 * settings, figures.
 */
#ifndef API_FACTS_H
#define API_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/probe_report.h"
#include "core/rows.h"
#include "util/buf.h"
#include "util/histogram.h"
#include "util/log.h"

enum { API_BRIDGES_MAX = 32, API_TRANSPORTS_MAX = 16 };

enum api_user_state {
	API_USER_LOCKED,
	API_USER_UNLOCKING,
	API_USER_UNLOCKED,
	API_USER_FAILED, /* its files are damaged; failure says what */
};

struct api_user {
	struct uid id;
	struct label name;
	enum api_user_state state;
	uint64_t created_ms; /* wall clock */
	const char *failure; /* FAILED: a sentence; may be NULL */
	/* His own, or KEYFILE_AS_SET; and what follows from it and from the
	 * settings.  0: never. */
	uint32_t auto_lock_minutes, lock_after_minutes;
};

/* What is in force, and what of it was set over the API: the rest is as the
 * configuration says. */
struct api_settings {
	bool has_log_level, has_auto_lock_minutes;
	enum log_level log_level;
	unsigned auto_lock_minutes; /* 0: never */
};

enum api_tor_state {
	API_TOR_STOPPED,
	API_TOR_STARTING,
	API_TOR_BOOTSTRAPPING,
	API_TOR_READY,
	API_TOR_FAILED,
};

/* Strings are borrowed for the length of the call; NULL: not known, none. */
struct api_tor {
	enum api_tor_state state;
	const char *version;
	unsigned percent;
	const char *tag, *summary, *warning;
	bool has_skew;
	int64_t skew_seconds;
};

/* Onion services of one unlocked user. */
struct api_services {
	size_t count, published_count;
	bool door_is_published;
	bool has_probes; /* or they are switched off */
	struct probe_report probes;
};

/* Borrowed for the length of a call. */
struct api_bridges {
	bool use;
	size_t count, transport_count;
	struct bytes lines[API_BRIDGES_MAX];
	struct bytes transports[API_TRANSPORTS_MAX]; /* that lines may name */
};

/* Figures of the process and of all users together, none of which tells of
 * one user or contact.  Those without "now" count from the start. */
struct api_measures {
	uint64_t messages_in, messages_out;
	uint64_t cancelled, too_late; /* messages of ours that were given up */
	uint64_t file_bytes_in, file_bytes_out;
	struct histogram commits;
	uint64_t peers_connected; /* now: contacts with a session */
	uint64_t send_queue;	  /* now: records that are not acknowledged */
	uint64_t resident_bytes, open_fds; /* now */
	uint64_t cpu_us;
	bool is_disk_full;
	unsigned damaged_users; /* FAILED */
	/* Unlocked ones who test whether they can be reached, by what that
	 * shows; and the tests themselves, and what was done about them. */
	uint64_t by_reach[PROBE_STATES];
	uint64_t self_tests[PROBE_RESULTS], repairs[PROBE_REPAIRS];
	unsigned failing_users; /* unlocked, and the disk cannot be read */
};

#endif
